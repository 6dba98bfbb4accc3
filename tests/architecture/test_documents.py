"""Documents are part of the change: what they name exists, and what they draw is so."""

import re
import subprocess
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

import pytest

from service.deliveries.states import MOVES as DELIVERY_MOVES
from service.exports.states import MOVES as EXPORT_MOVES
from service.registrations.states import CONFIRMATION_MOVES
from service.updates.states import MOVES as UPDATE_MOVES

ROOT = Path(__file__).parent.parent.parent
ARCHITECTURE = (ROOT / "ARCHITECTURE.md").read_text()


def documents() -> list[Path]:
    tracked = subprocess.run(
        ["git", "ls-files", "*.md"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    return [ROOT / name for name in tracked]


def named_paths(document: Path) -> set[str]:
    """What looks like a path of ours in a document's code spans, and the targets of its links."""
    text = document.read_text()
    spans = re.findall(r"`([\w./-]+)`", text)
    ours = {span for span in spans if re.match(r"(service|workers|migrations|tests|deploy|docs)/", span)}
    links = re.findall(r"\]\(([^)#:\s]+)\)", text)
    return ours | {str((document.parent / link).resolve().relative_to(ROOT)) for link in links}


@pytest.mark.parametrize("document", documents(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_path_that_a_document_names_exists(document: Path) -> None:
    missing = {path for path in named_paths(document) if not (ROOT / path).exists()}
    assert missing == set()


def drawn(heading: str) -> set[tuple[str, str]]:
    """The arrows of the diagram that follows `heading` in ARCHITECTURE.md."""
    assert ARCHITECTURE.count(heading) == 1
    diagram = ARCHITECTURE.partition(heading)[2].partition("```mermaid")[2].partition("```")[0]
    first, *lines = diagram.split("\n")[1:-1]
    assert first == "stateDiagram-v2"
    # Each line is an arrow and nothing more: one written otherwise would be drawn, and not compared.
    arrows = [re.fullmatch(r"    (\w+) --> (\w+)", line) for line in lines]
    assert all(arrows), lines
    assert len(set(lines)) == len(lines)
    return {(arrow[1], arrow[2]) for arrow in arrows if arrow}


@pytest.mark.parametrize(
    ("heading", "moves"),
    [
        ("\nAn update (", UPDATE_MOVES),
        ("\nA delivery (", DELIVERY_MOVES),
        ("\nA confirmation (", CONFIRMATION_MOVES),
        ("\nA list (", EXPORT_MOVES),
    ],
    ids=["update", "delivery", "confirmation", "list"],
)
def test_the_state_diagrams_show_the_moves(heading: str, moves: Mapping[StrEnum, frozenset[StrEnum]]) -> None:
    assert drawn(heading) == {(old.value, new.value) for old, allowed in moves.items() for new in allowed}
