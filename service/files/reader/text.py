"""CSV: how it is encoded, what stands between its cells, and its rows."""

import csv
import encodings.cp1252
import encodings.utf_8_sig
import encodings.utf_16
import encodings.utf_16_be
import encodings.utf_16_le  # noqa: F401  # No file can be opened later on, for these either.
import io
from collections import Counter
from collections.abc import Iterator
from typing import Final

from service.files.reader.codes import Refused
from service.files.reader.shapes import Cell, NotRead, Row, Sheet

DELIMITERS: Final = (",", ";", "\t", "|")
SAMPLED_ROWS: Final = 50
LONGEST_FIELD: Final = 100_000


class Text:
    """A CSV file as a workbook of one sheet."""

    format = "csv"

    def __init__(self, data: bytes) -> None:
        self.encoding, self._text = _decoded(data)
        self._delimiter = _delimiter(self._text)
        csv.field_size_limit(LONGEST_FIELD)

    def sheets(self) -> list[Sheet]:
        return [Sheet(number=0, name="", hidden=False)]

    def rows(self, sheet: Sheet) -> Iterator[Row]:
        """Rows as a spreadsheet program numbers them, empty ones left out."""
        try:
            for line, cells in enumerate(self._reader(), start=1):
                if any(cell.strip() for cell in cells):
                    yield Row(line, [Cell(cell.strip()) for cell in cells])
        except csv.Error:
            raise NotRead(Refused.BROKEN) from None

    def _reader(self) -> Iterator[list[str]]:
        return csv.reader(io.StringIO(self._text, newline=""), delimiter=self._delimiter)


def _decoded(data: bytes) -> tuple[str, str]:
    """Its encoding and its text. Windows-1252 is what spreadsheet programs write where it is not Unicode."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        tried = ["utf-16"]
    elif (half := _half_empty(data)) is not None:
        tried = [half]
    else:
        tried = ["utf-8-sig", "cp1252"]
    for encoding in tried:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            break
        return encoding.removesuffix("-sig"), text
    raise NotRead(Refused.ENCODING)


def _half_empty(data: bytes) -> str | None:
    """UTF-16 without its mark: of what is mostly ASCII, every other byte is nothing."""
    begin = data[:2000]
    if len(begin) < 4 or len(data) % 2:
        return None
    if begin[1::2].count(0) > len(begin) // 4 and 0 not in begin[::2]:
        return "utf-16-le"
    if begin[::2].count(0) > len(begin) // 4 and 0 not in begin[1::2]:
        return "utf-16-be"
    return None


def _delimiter(text: str) -> str:
    """The sign that parts most rows into the same number of cells, and into the most."""
    sample = text[:200_000]

    def parted(delimiter: str) -> tuple[int, int]:
        counts: Counter[int] = Counter()
        try:
            for position, cells in enumerate(
                csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter)
            ):
                if position == SAMPLED_ROWS:
                    break
                if any(map(str.strip, cells)):
                    counts[len(cells)] += 1
        except csv.Error:
            return 0, 0
        most, rows = max(counts.items(), key=lambda item: (item[1], item[0]), default=(1, 0))
        return (rows, most) if most > 1 else (0, 0)

    return max(DELIMITERS, key=parted)
