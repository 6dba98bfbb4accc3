"""`python -I -m service.files.reader WHAT`: a file on standard input, JSON lines on standard output.

The first line says how it is confined. Then, for `survey`, the file and its sheets; for `rows N`, the rows of
the sheet with that number; for `probe`, what was refused. A file that is not read ends with why, in a code.
"""

import json
import re
import sys
from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

from service.files.reader.codes import Finding, Odd, Refused
from service.files.reader.confining import confine, tried
from service.files.reader.shapes import Cell, NotRead, Row, Sheet, Workbook
from service.files.reader.text import Text
from service.files.reader.workbooks import Book, packed

MOST_ROWS: Final = 300_000
MOST_COLUMNS: Final = 200
LONGEST_CELL: Final = 2_000
LONGEST_HEADER: Final = 80
FIRST_LINES: Final = 5
A_DETAIL: Final = re.compile(
    r"\S+@\S+|\+?(?:[\s()+.-]*\d){7,}\s*|.*\b[A-Z]{1,2}\d[A-Z\d]?\s?\d[A-Z]{2}\s*", re.IGNORECASE | re.DOTALL
)
"""A whole cell of a first row: then it is no header, and nothing of it is shown."""
DATE: Final = re.compile(r"\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}|\d{4}-\d{2}-\d{2}(?:[ T][\d:.]+)?")
FORMULA: Final = re.compile(r"=.*", re.DOTALL)


def opened(data: bytes) -> Workbook:
    """The file as what it is, whatever its name was. Raises `NotRead`."""
    if not data.strip():
        raise NotRead(Refused.EMPTY)
    if data.startswith(b"PK"):
        return packed(data)
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        return Book(data)
    begin = data.lstrip(b"\xef\xbb\xbf \t\r\n")[:200].lower()
    if begin.startswith((b"<", b"%pdf", b"{\\rtf", b"\x89png", b"\xff\xd8\xff", b"gif8", b"\x1f\x8b")):
        raise NotRead(Refused.NOT_A_LIST)
    return Text(data)


def prepared(rows: Iterator[Row]) -> Iterator[Row]:
    """Rows without the empty cells at their ends, with what is odd about the others."""
    for count, row in enumerate(rows, start=1):
        cells = row.cells
        while cells and not cells[-1].text and cells[-1].odd is None:
            cells.pop()
        if count > MOST_ROWS or len(cells) > MOST_COLUMNS:
            raise NotRead(Refused.TOO_LARGE)
        yield Row(row.line, list(map(_looked_at, cells)), row.hidden)


def _looked_at(cell: Cell) -> Cell:
    if len(cell.text) > LONGEST_CELL:
        return Cell("", Odd.TOO_LONG)
    if cell.odd is None and FORMULA.fullmatch(cell.text):
        return Cell("", Odd.FORMULA)
    if cell.odd is None and DATE.fullmatch(cell.text):
        return Cell(cell.text, Odd.DATE)
    # The value that a formula had when the file was saved is nobody's word.
    return Cell("", cell.odd) if cell.odd is Odd.FORMULA else cell


class Said:
    """Findings of one sheet: how many, and the first lines that have them."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._lines: dict[str, list[int]] = {}

    def add(self, code: Finding, line: int | None = None, count: int = 1) -> None:
        self._counts[code] += count
        lines = self._lines.setdefault(code, [])
        if line is not None and len(lines) < FIRST_LINES:
            lines.append(line)

    def as_json(self) -> list[dict[str, Any]]:
        return [
            {"code": code, "count": count, "lines": self._lines[code]}
            for code, count in sorted(self._counts.items())
        ]


def survey_of(book: Workbook, sheet: Sheet) -> dict[str, Any]:
    """What a person has to know of a sheet before they choose its columns. No cell but the header's."""
    said = Said()
    header: list[str] | None = None
    named = width = rows = 0
    for row in prepared(_noting_ends(book.rows(sheet), said)):
        if header is None:
            no_header = any(cell.odd or A_DETAIL.fullmatch(cell.text) for cell in row.cells)
            header = [] if no_header else [cell.text[:LONGEST_HEADER] for cell in row.cells]
            named = len(header)
            if no_header:
                said.add(Finding.NO_HEADER, row.line)
        else:
            rows += 1
        if row.hidden:
            said.add(Finding.HIDDEN_ROW, row.line)
        odd = {cell.odd for cell in row.cells}
        if Odd.FORMULA in odd:
            said.add(Finding.FORMULA, row.line)
        if Odd.MERGED in odd:
            said.add(Finding.MERGED, row.line)
        if named and len(row.cells) > named:
            said.add(Finding.TOO_MANY_CELLS, row.line)
        width = max(width, len(row.cells))
    for column in sheet.hidden_columns:
        if column < width:
            said.add(Finding.HIDDEN_COLUMN)
    columns = header if header else [""] * width
    return {
        "number": sheet.number,
        "name": sheet.name[:LONGEST_HEADER],
        "hidden": sheet.hidden,
        "rows": rows if header else rows + (1 if width else 0),
        "headed": bool(header),
        "columns": [
            {"number": number, "header": text, "hidden": number in sheet.hidden_columns}
            for number, text in enumerate(columns)
        ],
        "findings": said.as_json(),
    }


def _noting_ends(rows: Iterator[Row], said: Said) -> Iterator[Row]:
    """Rows as they come; those of text that end in empty cells, beyond the first one's, are counted."""
    width = None
    for row in rows:
        full = len([cell for cell in row.cells if cell.text])
        width = width if width is not None else max(full, 1)
        if len(row.cells) > width and not any(cell.text or cell.odd for cell in row.cells[width:]):
            said.add(Finding.TRAILING_COMMAS, row.line)
        yield row


def main(arguments: list[str]) -> int:
    levels = confine()
    write({"confined": levels})
    what, *rest = arguments
    if what == "probe":
        write({"refused": tried()})
        return 0
    try:
        book = opened(sys.stdin.buffer.read())
        if what == "survey":
            _survey(book)
        else:
            _rows(book, int(rest[0]))
    except NotRead as error:
        write({"not_read": error.why})
    except (MemoryError, RecursionError):
        write({"not_read": Refused.TOO_LARGE})
    except Exception as error:
        # Whatever a file does to a library. Its kind alone: a text could show a cell.
        write({"not_read": Refused.BROKEN, "error": type(error).__name__})
    return 0


def _survey(book: Workbook) -> None:
    sheets = book.sheets()
    said = Said()
    visible = [sheet for sheet in sheets if not sheet.hidden]
    for sheet in sheets:
        if sheet.hidden:
            said.add(Finding.HIDDEN_SHEET)
    if len(visible) > 1:
        said.add(Finding.SEVERAL_SHEETS, count=len(visible))
    if book.format == "xls":
        said.add(Finding.CANNOT_TELL)
    encoding = getattr(book, "encoding", None)
    if encoding not in (None, "utf-8"):
        said.add(Finding.NOT_UTF8)
    write({"file": {"format": book.format, "encoding": encoding, "findings": said.as_json()}})
    for sheet in sheets:
        write({"sheet": survey_of(book, sheet)})
    write({"end": len(sheets)})


def _rows(book: Workbook, number: int) -> None:
    sheet = book.sheets()[number]
    count = 0
    for row in prepared(book.rows(sheet)):
        count += 1
        odd = {str(column): cell.odd for column, cell in enumerate(row.cells) if cell.odd}
        write(
            {"line": row.line, "cells": [cell.text for cell in row.cells], "odd": odd, "hidden": row.hidden}
        )
    write({"end": count})


def write(said: dict[str, Any]) -> None:
    """One line of JSON, in ASCII."""
    sys.stdout.buffer.write(json.dumps(said).encode() + b"\n")


if __name__ == "__main__":
    code = main(sys.argv[1:])
    sys.stdout.buffer.flush()
    sys.exit(code)
