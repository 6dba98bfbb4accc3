"""What a finding is, and the error that carries those that block."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from service.errors import Conflict


@dataclass(frozen=True)
class Finding:
    """Something in an update that a person should look at. It never repeats what it found."""

    code: str
    where: str
    """`email.en.body`, and the line in it."""
    message: str
    blocks: bool = False
    wants_reason: bool = False
    """Whoever submits it says why it may stay, and the approver reads that."""
    reason: str | None = None
    """What was said when this version was submitted (`service.updates.reasons`)."""

    @property
    def key(self) -> str:
        """Its name among the findings of one version, by which a reason is given."""
        return f"{self.code}@{self.where}"

    def as_json(self) -> dict[str, Any]:
        return {"key": self.key, **asdict(self)}


class Blocked(Conflict):
    """Findings block this update. Change its words, or have the scheme's public list changed."""

    code = "findings"

    def __init__(self, findings: list[Finding]) -> None:
        super().__init__()
        self.findings = findings


def places(where: str, text: str, has: Callable[[str], bool]) -> list[str]:
    """The lines of `text` that have it, as places: `email.en.body, line 3`."""
    lines = [number for number, line in enumerate(text.splitlines(), start=1) if line.strip() and has(line)]
    if not lines and has(text):
        lines = [1]  # One that is broken over two lines.
    return [f"{where}, line {number}" for number in lines]
