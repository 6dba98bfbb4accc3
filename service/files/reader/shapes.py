"""What the parts of the reader hand each other."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from service.files.reader.codes import Odd, Refused


class NotRead(Exception):
    """The file is not read; `why` says so in a code."""

    def __init__(self, why: Refused) -> None:
        super().__init__(why.value)
        self.why = why


class Cell(NamedTuple):
    """One cell as text, and what is odd about it."""

    text: str
    odd: Odd | None = None


class Row(NamedTuple):
    """One row, by its number in a spreadsheet program; the first is 1."""

    line: int
    cells: list[Cell]
    hidden: bool = False


@dataclass(frozen=True)
class Sheet:
    """One sheet. What is hidden, merged or computed in it, where its format says so."""

    number: int
    name: str = field(repr=False)
    hidden: bool
    hidden_columns: frozenset[int] = frozenset()
    merged: bool = False


class Workbook(Protocol):
    """A file that was opened."""

    @property
    def format(self) -> str: ...

    def sheets(self) -> list[Sheet]: ...

    def rows(self, sheet: Sheet) -> Iterator[Row]: ...
