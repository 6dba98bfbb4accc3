"""What the processes say goes to files of their own, not to the terminal."""

from pathlib import Path
from typing import IO, Final

_LARGE: Final = 10 * 1024 * 1024
_TAIL: Final = 12
_TRACEBACK: Final = "Traceback (most recent call last):"


class Log:
    """One process's log under the data directory, and where its present run began in it."""

    def __init__(self, folder: Path, name: str) -> None:
        self.path = folder / f"{name.replace(' ', '-')}.log"
        self._start = 0

    def open(self) -> IO[bytes]:
        """For a new run of the process. A large one is put aside first; one earlier one is kept."""
        self.path.parent.mkdir(mode=0o700, exist_ok=True)
        if self.path.exists() and self.path.stat().st_size > _LARGE:
            self.path.replace(self.path.with_suffix(".log.1"))
        file = self.path.open("ab")
        self._start = file.tell()
        return file

    def lines(self) -> list[str]:
        """What the present run has said."""
        with self.path.open("rb") as file:
            file.seek(self._start)
            return file.read().decode(errors="replace").splitlines()

    def last_words(self) -> str:
        """The end of it, indented, for a message; of a traceback the last line: the file has the rest."""
        lines = [line for line in self.lines() if line.strip()]
        if _TRACEBACK in lines:
            lines = [*lines[: lines.index(_TRACEBACK)], lines[-1]]
        said = lines[-_TAIL:]
        return "\n".join(f"    {line}" for line in said) or "    (it said nothing)"

    def ends_with(self) -> str:
        """The same, naming the file."""
        return f"{self.path} ends with:\n{self.last_words()}"
