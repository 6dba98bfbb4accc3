"""The lines of a list: CSV that no spreadsheet takes for a formula (OWASP ASVS 5.0, 1.2.10).

Every field is quoted, and lines end with CRLF (RFC 4180). Names and addresses are what strangers typed. A
cell that begins with a sign of `FORMULA` would be run by the spreadsheet that opens it, so an apostrophe is
put before that sign; it can be seen there. Within a cell the same is done after a line end and after what
separates cells in other countries, because another program may begin a new cell there. Characters that
nobody can see become spaces, line ends become one kind; nothing else is changed.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

import phonenumbers

from service.exports.columns import Column

EXPORT: Final = "export"
"""The header of the last column. It says in each row of a list which one it is from."""

FORMULA: Final = "=+-@＝＋－＠﹦﹢﹣﹫"
"""What a formula may begin with: the signs, and their full-width and small forms."""

LINE_ENDS: Final = re.compile(r"\r\n?|[\n\v\f\x1c-\x1e\x85\u2028\u2029]")
# A tab separates cells too; in a name or an address it is a space.
UNSEEN: Final = re.compile(r"[\x00-\x09\x0e-\x1b\x1f\x7f-\x84\x86-\x9f\ufeff]")
# Programs skip spaces and quotes at the beginning of a cell, and what has no width looks like nothing.
BEGINS_A_FORMULA: Final = re.compile(
    rf"((?:^|[\n,;|])[\s\"'\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069]*)(?=[{re.escape(FORMULA)}])"
)
BRITISH_MOBILE: Final = re.compile(r"\+44(7\d{3})(\d{6})")


def header(columns: Sequence[Column]) -> bytes:
    """The first line: the names of the columns, and `export`."""
    return _line([*columns, EXPORT])


def line(columns: Sequence[Column], values: Mapping[Column, str], export_id: UUID) -> bytes:
    """One registration. A column without a value is an empty cell; a mobile number is in E.164."""
    cells = [
        mobile(value) if column is Column.MOBILE and value else without_formula(value)
        for column in columns
        for value in [values.get(column, "")]
    ]
    return _line([*cells, str(export_id)])


def without_formula(text: str) -> str:
    """`text` as a cell that is shown, and never run."""
    lines = LINE_ENDS.sub("\n", text)
    return BEGINS_A_FORMULA.sub(r"\1'", UNSEEN.sub(" ", lines).strip())


def mobile(e164: str) -> str:
    """`(+44) 7700 900123`: no spreadsheet takes it for a sum, or for a number to round."""
    if (british := BRITISH_MOBILE.fullmatch(e164)) is not None:
        return f"(+44) {british[1]} {british[2]}"
    try:
        number = phonenumbers.parse(e164)
    except phonenumbers.NumberParseException:
        return without_formula(e164)
    national = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    return f"(+{number.country_code}) {national.removeprefix(f'+{number.country_code}').strip()}"


def _line(cells: Sequence[str]) -> bytes:
    return (",".join('"' + cell.replace('"', '""') + '"' for cell in cells) + "\r\n").encode()
