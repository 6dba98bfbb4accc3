"""What the reader says of a file, in codes: pages have the words for them, and none holds a detail."""

from enum import StrEnum


class Refused(StrEnum):
    """Why a file is not read at all."""

    NOT_A_LIST = "not-a-list"
    """Neither CSV nor a workbook of a kind that we read."""
    EMPTY = "empty"
    BROKEN = "broken"
    """It says that it is a workbook, and cannot be read as one."""
    BOMB = "bomb"
    """Unpacked it would be far larger than anybody's list."""
    TOO_LARGE = "too-large"
    """More rows, columns or sheets than we read."""
    PASSWORD = "password"  # noqa: S105
    ENCODING = "encoding"
    """Text of which nobody can say how it is encoded."""
    HOSTILE = "hostile"
    """XML with declarations of its own, which no spreadsheet program writes."""
    NOT_CONFINED = "not-confined"
    """This machine cannot hold the reader as the settings ask for."""


class Finding(StrEnum):
    """What a person should know of a file that was read."""

    SEVERAL_SHEETS = "several-sheets"
    HIDDEN_SHEET = "hidden-sheet"
    HIDDEN_COLUMN = "hidden-column"
    HIDDEN_ROW = "hidden-row"
    MERGED = "merged-cells"
    FORMULA = "formula"
    NO_HEADER = "no-header"
    TRAILING_COMMAS = "trailing-commas"
    TOO_MANY_CELLS = "too-many-cells"
    NOT_UTF8 = "not-utf-8"
    CANNOT_TELL = "cannot-tell"
    """The old .xls format: formulas, and hidden rows and columns, cannot be seen in it."""


class Odd(StrEnum):
    """Why one cell, or one row, cannot be taken as it is."""

    FORMULA = "formula"
    MERGED = "merged"
    DATE = "date"
    ERROR = "error-value"
    TOO_LONG = "too-long"
    HIDDEN_ROW = "hidden-row"
    TOO_MANY_CELLS = "too-many-cells"
