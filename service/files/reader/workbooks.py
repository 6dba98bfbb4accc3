"""Workbooks: xlsx and ods, whose structure is read beside their values, and the old xls.

The values are calamine's. What it does not say (formulas, hidden rows and columns, merged cells) is read from
the XML itself, once for each sheet.
"""

import datetime
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import python_calamine as calamine

from service.files.reader.codes import Odd, Refused
from service.files.reader.packed import Archive, local
from service.files.reader.shapes import Cell, NotRead, Row, Sheet

MOST_SHEETS: Final = 50
MOST_REPEATED: Final = 2_000_000
"""Cells that one repeated row or cell of an ods may stand for."""
REFERENCE: Final = re.compile(r"([A-Z]{1,3})(\d{1,7})")
ERROR: Final = re.compile(r"#(?:N/A|REF!|VALUE!|DIV/0!|NAME\?|NUM!|NULL!)|Err:\d+")


@dataclass
class Structure:
    """What one sheet's XML says beside values. Rows and columns are counted from 0."""

    name: str = ""
    hidden: bool = False
    hidden_columns: set[int] = field(default_factory=set)
    hidden_rows: set[int] = field(default_factory=set)
    formulas: dict[int, set[int]] = field(default_factory=dict)
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)
    """First row, first column, last row, last column."""

    def merged_by_row(self) -> dict[int, set[int]]:
        found: dict[int, set[int]] = {}
        for top, left, bottom, right in self.merged:
            if (bottom - top + 1) * (right - left + 1) > MOST_REPEATED:
                raise NotRead(Refused.TOO_LARGE)
            for row in range(top, bottom + 1):
                found.setdefault(row, set()).update(range(left, right + 1))
        return found


class Book:
    """A workbook of any of the three kinds."""

    def __init__(self, data: bytes, kind: str = "xls", structures: list[Structure] | None = None) -> None:
        self.format = kind
        self._structures = dict(enumerate(structures or []))
        try:
            self._book = calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
        except calamine.PasswordError:
            raise NotRead(Refused.PASSWORD) from None
        except Exception:
            # Whatever a library makes of a file that somebody broke.
            raise NotRead(Refused.BROKEN) from None
        if len(self._book.sheet_names) > MOST_SHEETS:
            raise NotRead(Refused.TOO_LARGE)

    def sheets(self) -> list[Sheet]:
        visible = calamine.SheetVisibleEnum.Visible
        found = []
        for number, each in enumerate(self._book.sheets_metadata):
            structure = self._structure(number, each.name)
            found.append(
                Sheet(
                    number=number,
                    name=each.name,
                    hidden=each.visible != visible or structure.hidden,
                    hidden_columns=frozenset(structure.hidden_columns),
                    merged=bool(structure.merged),
                )
            )
        return found

    def rows(self, sheet: Sheet) -> Iterator[Row]:
        """Rows as a spreadsheet program numbers them, empty ones left out."""
        try:
            read = self._book.get_sheet_by_index(sheet.number)
            begins = read.start or (0, 0)
            merges = read.merged_cell_ranges if self.format == "xls" else None
            rows = iter(read.to_python(skip_empty_area=True)) if self.format == "xls" else read.iter_rows()
        except Exception:
            raise NotRead(Refused.BROKEN) from None
        structure = self._structure(sheet.number, sheet.name)
        structure.merged += [(*first, *last) for first, last in merges or []]
        merged = structure.merged_by_row()
        skipped = begins if self.format == "xls" else (0, 0)
        for index, values in enumerate(rows, start=skipped[0]):
            padded = [""] * skipped[1] + values
            if not any(value not in ("", None) for value in padded):
                continue
            formulas, joined = structure.formulas.get(index, ()), merged.get(index, ())
            cells = [
                Cell(cell.text, Odd.FORMULA)
                if column in formulas
                else Cell(cell.text, Odd.MERGED)
                if column in joined
                else cell
                for column, cell in enumerate(map(_cell, padded))
            ]
            yield Row(index + 1, cells, hidden=index in structure.hidden_rows)

    def _structure(self, number: int, name: str) -> Structure:
        found = self._structures.get(number, Structure(name))
        if found.name != name:
            # Else what is hidden in one sheet would be said of another.
            raise NotRead(Refused.BROKEN)
        return found


def packed(data: bytes) -> Book:
    """A workbook that is a zip archive, once that was looked at. Raises `NotRead`."""
    archive = Archive(data)
    if "xl/workbook.xml" in archive.names:
        archive.refuse_declarations()
        return Book(data, "xlsx", _of_xlsx(archive))
    if "mimetype" in archive.names and b"opendocument.spreadsheet" in b"".join(archive.pieces("mimetype")):
        archive.refuse_declarations()
        return Book(data, "ods", _of_ods(archive))
    raise NotRead(Refused.NOT_A_LIST)


def _cell(value: Any) -> Cell:
    match value:
        case None:
            return Cell("")
        case bool():
            return Cell("TRUE" if value else "FALSE")
        case float() if value.is_integer() and abs(value) < 1e16:
            return Cell(str(int(value)))
        case datetime.datetime() | datetime.date() | datetime.time() | datetime.timedelta():
            return Cell(str(value), Odd.DATE)
        case str() if ERROR.fullmatch(value.strip()):
            return Cell("", Odd.ERROR)
        case _:
            return Cell(str(value).strip())


def _position(reference: str) -> tuple[int, int]:
    """`C7` as row 6, column 2."""
    found = REFERENCE.fullmatch(reference)
    if found is None:
        raise NotRead(Refused.BROKEN)
    column = 0
    for letter in found[1]:
        column = column * 26 + ord(letter) - ord("A") + 1
    return int(found[2]) - 1, column - 1


def _number(text: str | None, otherwise: int) -> int:
    if text is None:
        return otherwise
    if not text.isdecimal() or len(text) > 8:
        raise NotRead(Refused.BROKEN)
    return int(text)


def _of_xlsx(archive: Archive) -> list[Structure]:
    """The sheets in the workbook's order."""
    named: list[tuple[str, str, bool]] = []
    targets: dict[str, str] = {}

    def in_workbook(tag: str, attributes: dict[str, str]) -> None:
        if local(tag) == "sheet":
            link = next((value for key, value in attributes.items() if key.endswith("relationships id")), "")
            named.append((attributes.get("name", ""), link, attributes.get("state", "visible") != "visible"))

    def in_links(tag: str, attributes: dict[str, str]) -> None:
        if local(tag) == "Relationship":
            targets[attributes.get("Id", "")] = attributes.get("Target", "")

    archive.parse("xl/workbook.xml", in_workbook)
    archive.parse("xl/_rels/workbook.xml.rels", in_links)
    found = []
    for name, link, hidden in named[: MOST_SHEETS + 1]:
        target = targets.get(link, "")
        path = target.removeprefix("/") if target.startswith("/") else f"xl/{target}"
        found.append(_xlsx_sheet(archive, path, Structure(name, hidden)))
    return found


def _xlsx_sheet(archive: Archive, path: str, sheet: Structure) -> Structure:
    row = column = -1

    def begins(tag: str, attributes: dict[str, str]) -> None:
        nonlocal row, column
        match local(tag):
            case "col" if attributes.get("hidden") in ("1", "true") or attributes.get("width") == "0":
                first, last = _number(attributes.get("min"), 1), _number(attributes.get("max"), 1)
                sheet.hidden_columns.update(range(first - 1, min(last, 16_384)))
            case "row":
                row = _number(attributes.get("r"), row + 2) - 1
                column = -1
                if attributes.get("hidden") in ("1", "true"):
                    sheet.hidden_rows.add(row)
            case "c":
                column += 1
                if "r" in attributes:
                    row, column = _position(attributes["r"])
            case "f":
                sheet.formulas.setdefault(row, set()).add(column)
            case "mergeCell":
                first_cell, _, last_cell = attributes.get("ref", "").partition(":")
                sheet.merged.append((*_position(first_cell), *_position(last_cell or first_cell)))

    archive.parse(path, begins)
    return sheet


def _of_ods(archive: Archive) -> list[Structure]:
    """The tables in order. Rows and cells may be repeated, which is how ods leaves most of a sheet empty."""
    sheets: list[Structure] = []
    hiding: set[str] = set()
    styles: list[str] = []
    row = column = columns = 0
    repeated = 1

    def begins(tag: str, attributes: dict[str, str]) -> None:
        nonlocal row, column, columns, repeated
        said = {local(key): value for key, value in attributes.items()}
        match local(tag):
            case "style":
                styles.append(said.get("name", ""))
            case "table-properties" if said.get("display") == "false" and styles:
                hiding.add(styles[-1])
            case "table":
                sheets.append(Structure(said.get("name", ""), said.get("style-name") in hiding))
                row = columns = 0
            case "table-column":
                count = _number(said.get("number-columns-repeated"), 1)
                if said.get("visibility", "visible") != "visible":
                    sheets[-1].hidden_columns.update(range(columns, min(columns + count, 16_384)))
                columns += count
            case "table-row":
                column, repeated = 0, _number(said.get("number-rows-repeated"), 1)
                if said.get("visibility", "visible") != "visible":
                    sheets[-1].hidden_rows.update(range(row, min(row + repeated, 1_048_576)))
            case "table-cell" | "covered-table-cell":
                count = _number(said.get("number-columns-repeated"), 1)
                wide = _number(said.get("number-columns-spanned"), 1)
                high = _number(said.get("number-rows-spanned"), 1)
                if "formula" in said:
                    if repeated * count > MOST_REPEATED:
                        raise NotRead(Refused.TOO_LARGE)
                    for each in range(row, row + repeated):
                        sheets[-1].formulas.setdefault(each, set()).update(range(column, column + count))
                if wide > 1 or high > 1:
                    sheets[-1].merged.append((row, column, row + high - 1, column + wide - 1))
                if "value-type" in said and repeated * count > MOST_REPEATED:
                    raise NotRead(Refused.TOO_LARGE)
                column += count

    def ends(tag: str) -> None:
        nonlocal row
        if local(tag) == "table-row":
            row += repeated
        elif local(tag) == "style" and styles:
            styles.pop()

    archive.parse("content.xml", begins, ends)
    return sheets
