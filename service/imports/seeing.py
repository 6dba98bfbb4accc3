"""What is kept of a file that was looked at: sheets and columns, what looks like a detail blacked out."""

from typing import Any, Final

from service.files.reading import Column, FileRead, Found, SheetRead
from service.imports.matching import guess
from service.notify.details import redact

NOTHING: Final[frozenset[str]] = frozenset()


def seen(file: FileRead) -> dict[str, Any]:
    """`file` as it is kept, in JSON. A header or a sheet's name may hold a detail, and is kept without it."""
    return {
        "format": file.format,
        "encoding": file.encoding,
        "findings": [_finding(each) for each in file.findings],
        "sheets": [_sheet(each) for each in file.sheets],
    }


def letter(column: int) -> str:
    """`A`, `Z`, `AA`: as spreadsheet programs call a column; the first is 0."""
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(ord("A") + rest) + name
    return name


def _sheet(sheet: SheetRead) -> dict[str, Any]:
    return {
        "number": sheet.number,
        "name": _shown(sheet.name),
        "hidden": sheet.hidden,
        "rows": sheet.rows,
        "headed": sheet.headed,
        "columns": [_column(each) for each in sheet.columns],
        "findings": [_finding(each) for each in sheet.findings],
    }


def _column(column: Column) -> dict[str, Any]:
    found = guess(column.header)
    return {
        "number": column.number,
        "letter": letter(column.number),
        "header": _shown(column.header),
        "hidden": column.hidden,
        "guess": found.value if found else None,
    }


def _finding(found: Found) -> dict[str, Any]:
    return {"code": found.code.value, "count": found.count, "lines": found.lines}


def _shown(text: str) -> str:
    return redact(text.replace("\0", ""), emails=NOTHING, phones=NOTHING)
