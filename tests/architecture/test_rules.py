"""The rules of ARCHITECTURE.md and CONTRIBUTING.md that a machine can read off the code."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
CODE = ("service", "workers", "migrations", "deploy")
EDGES = ("service/web/", "service/cli/", "workers/", "service/database.py")
LONGEST = 350
SAYS_NOTHING = {"utils", "helpers", "manager", "common", "misc", "service"}


def sources() -> Iterator[Path]:
    for folder in CODE:
        yield from sorted((ROOT / folder).rglob("*.py"))


def calls(path: Path, method: str) -> list[int]:
    """The lines on which something's `method` is called."""
    return [
        node.lineno
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == method
    ]


def test_transactions_are_opened_at_the_edges_only() -> None:
    inside = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in sources()
        if path.is_relative_to(ROOT / "service") or path.is_relative_to(ROOT / "workers")
        for opening in ("begin", "begin_for_one_statement")
        for line in calls(path, opening)
        if not str(path.relative_to(ROOT)).startswith(EDGES)
    ]
    assert inside == []


def test_nothing_commits_by_hand() -> None:
    commits = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in sources()
        if path.is_relative_to(ROOT / "service") or path.is_relative_to(ROOT / "workers")
        for line in calls(path, "commit")
    ]
    assert commits == []


def test_no_module_has_a_name_that_says_nothing() -> None:
    assert [path.name for path in sources() if path.stem in SAYS_NOTHING] == []


def test_no_module_is_longer_than_a_reader_can_hold() -> None:
    versions = ROOT / "migrations" / "versions"
    long = {
        str(path.relative_to(ROOT)): length
        for path in sources()
        if not path.is_relative_to(versions) and (length := len(path.read_text().splitlines())) > LONGEST
    }
    assert long == {}


@pytest.mark.parametrize("word", ["smtplib", "email.mime", "pickle", "unittest.mock"])
def test_02_the_code_never_imports(word: str) -> None:
    importing = [
        str(path.relative_to(ROOT))
        for path in sources()
        if re.search(rf"^\s*(import|from) {re.escape(word)}\b", path.read_text(), re.MULTILINE)
    ]
    assert importing == []


def test_02_no_message_takes_a_file() -> None:
    """Notify would send a link to it, to whoever has the message."""
    attaching = [
        str(path.relative_to(ROOT))
        for path in sources()
        if re.search(r"prepare_upload|link_to_file|is_csv", path.read_text())
    ]
    assert attaching == []


def test_every_check_that_is_due_has_a_test_of_its_number() -> None:
    """security.md, Checks to be able to run."""
    due = {*range(1, 7), *range(8, 12), 15, *range(18, 30), *range(30, 37), 37, 38}
    tests = "\n".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))
    there = {int(number) for number in re.findall(r"def test_(\d\d)_", tests)}
    assert due <= there
