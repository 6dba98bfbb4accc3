"""The table of hard cases: all of them are there, and its tests are the tests that there are."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent.parent
TABLE = ROOT / "docs" / "hard-cases.md"
CASES = range(1, 22)


class Row(NamedTuple):
    """One case: its number, and the files and tests that its row names."""

    number: int
    files: list[str]
    tests: list[str]


def rows() -> list[Row]:
    lines = re.findall(r"^\| (\d+) \|.*\| (.+) \| (.+) \|$", TABLE.read_text(), re.MULTILINE)
    return [
        Row(int(number), re.findall(r"`([^`]+)`", files), re.findall(r"`([^`]+)`", tests))
        for number, files, tests in lines
    ]


def numbered_tests() -> Iterator[str]:
    """Every test of the suite whose name has a case's number."""
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith(
                "test_case_"
            ):
                yield node.name


def test_every_case_is_in_the_table_once_and_in_order() -> None:
    assert [row.number for row in rows()] == list(CASES)


def test_every_case_has_a_file_and_a_test_of_its_number() -> None:
    for row in rows():
        assert row.files
        assert row.tests
        assert all(name.startswith(f"test_case_{row.number:02}_") for name in row.tests)
        assert all((ROOT / name).is_file() for name in row.files)


def test_the_table_names_every_such_test_and_no_other() -> None:
    named = sorted(name for row in rows() for name in row.tests)
    assert named == sorted(numbered_tests())
    assert len(named) == len(set(named))
