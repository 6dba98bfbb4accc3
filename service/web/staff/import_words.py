"""What the pages of lists in say: states, findings, and why a row cannot be used."""

from collections.abc import Mapping
from typing import Any, Final

from service.files.reader.codes import Finding, Odd, Refused
from service.imports.arriving import LARGEST
from service.imports.matching import ImportField
from service.imports.states import ImportState, Verdict
from service.web.staff.wording import counted

STATES: Final[Mapping[ImportState, tuple[str, str]]] = {
    ImportState.ARRIVING: ("On its way", "grey"),
    ImportState.ARRIVED: ("Being read", "purple"),
    ImportState.READ: ("Columns needed", "yellow"),
    ImportState.MATCHED: ("Being looked through", "purple"),
    ImportState.CHECKED: ("To be decided", "yellow"),
    ImportState.COMMITTED: ("Being registered", "orange"),
    ImportState.DONE: ("Brought in", "green"),
    ImportState.REFUSED: ("Cannot be used", "red"),
    ImportState.GIVEN_UP: ("Not brought in", "grey"),
}

FIELDS: Final[Mapping[ImportField, str]] = {
    ImportField.EMAIL: "Email address",
    ImportField.MOBILE: "Telephone number",
    ImportField.POSTAL_ADDRESS: "Postal address (or a part of it)",
    ImportField.NAME: "Name (or a part of it)",
    ImportField.ORGANISATION: "Organisation",
    ImportField.KIND: "Who they are: individual, organisation or representative",
    ImportField.RELATIONSHIP: "Relationship: family, estate, legal or helper",
    ImportField.LANGUAGE: "Language: English or Welsh",
    ImportField.TOPICS: "Topics",
}

VERDICTS: Final[Mapping[Verdict, str]] = {
    Verdict.NEW: "New: would be registered",
    Verdict.REGISTERED: "Registered",
    Verdict.KNOWN: "Known already: nothing changes",
    Verdict.ASKED: "Asked to confirm their address, and have not yet: nothing changes",
    Verdict.DUPLICATE: "Has an address of an earlier line: left out",
    Verdict.LEFT: "Has left: not brought back",
    Verdict.DO_NOT_CONTACT: "Not to be contacted: left out",
    Verdict.UNUSABLE: "Cannot be used: see below",
}

REFUSED: Final[Mapping[str, str]] = {
    Refused.NOT_A_LIST: "It is neither a CSV file nor a workbook (.xlsx, .ods or .xls).",
    Refused.EMPTY: "There is nothing in it.",
    Refused.BROKEN: "It is damaged, and cannot be read. Open it in your spreadsheet program and save it again.",
    Refused.BOMB: "Unpacked, it would be far larger than any list. It was not opened.",
    Refused.TOO_LARGE: "It has more than 300,000 rows, 200 columns or 50 sheets. Split it.",
    Refused.PASSWORD: "It is protected with a password. Save it without one, and bring it in again.",
    Refused.ENCODING: "It is text in an encoding that cannot be told. Save it as CSV UTF-8.",
    Refused.HOSTILE: "It holds declarations that no spreadsheet program writes. Tell an operator where it comes from.",
    Refused.NOT_CONFINED: "This machine cannot hold the program that reads files as safely as it has to. Tell an operator.",
}

_FINDINGS: Final[Mapping[str, tuple[str, str]]] = {
    Finding.HIDDEN_SHEET: ("sheet is hidden", "sheets are hidden"),
    Finding.HIDDEN_COLUMN: (
        "column is hidden: left out unless you choose it",
        "columns are hidden: left out unless you choose them",
    ),
    Finding.HIDDEN_ROW: (
        "row is hidden: left out unless you say otherwise",
        "rows are hidden: left out unless you say otherwise",
    ),
    Finding.MERGED: (
        "row has merged cells: it cannot be used",
        "rows have merged cells: they cannot be used",
    ),
    Finding.FORMULA: (
        "row has a formula, whose result is not taken",
        "rows have formulas, whose results are not taken",
    ),
    Finding.TRAILING_COMMAS: (
        "row ends in empty cells: these are ignored",
        "rows end in empty cells: these are ignored",
    ),
    Finding.TOO_MANY_CELLS: (
        "row has more cells than there are columns: it cannot be used",
        "rows have more cells than there are columns: they cannot be used",
    ),
}
_SAID_ONCE: Final[Mapping[str, str]] = {
    Finding.SEVERAL_SHEETS: "There are several sheets: one is brought in at a time.",
    Finding.NO_HEADER: "The first row looks like a person, and not like headings: it is taken as a person, and columns have letters only.",
    Finding.NOT_UTF8: "It is not encoded as UTF-8. Look whether names with accents are right.",
    Finding.CANNOT_TELL: "It is in the old .xls format, in which formulas and what is hidden cannot be seen. Save it as .xlsx if you can.",
}

RULES: Final[Mapping[str, str]] = {
    Odd.FORMULA: "a formula, whose result is not taken",
    Odd.MERGED: "merged cells",
    Odd.DATE: "a date",
    Odd.ERROR: "an error of the spreadsheet program",
    Odd.TOO_LONG: "longer than any of these is",
    Odd.HIDDEN_ROW: "a hidden row",
    Odd.TOO_MANY_CELLS: "more cells than there are columns: a comma too many?",
    "no-address": "no email address, telephone number or postal address",
    "two-addresses": "more than one in one cell",
    "not-an-address": "not in the right form",
    "not-a-mobile": "cannot get text messages",
    "not-a-choice": "not one of the words that are known",
    "no-end": "no postcode, or country, in its last line",
    "few-lines": "fewer than three lines",
    "many-lines": "more than seven lines",
    "no-room-for-the-name": "more than six lines, and a name",
    "begins-with-a-sign": "a line that begins with a sign",
    "nowhere": "no letter can be delivered there",
    "needed": "missing",
    "string_too_long": "too long",
    "cannot-open": "could not be opened any more",
}
_OTHER_RULE: Final = "breaks a rule"
_PLACES: Final[Mapping[str, str]] = {
    "row": "The row",
    "email": "Email address",
    "mobile": "Telephone number",
    "postal_address": "Postal address",
    "name": "Name",
    "organisation": "Organisation",
    "kind": "Who they are",
    "relationship": "Relationship",
    "language": "Language",
    "topics": "Topics",
}
LARGEST_IN_WORDS: Final = f"{LARGEST // (1024 * 1024)} MB"


def finding(found: Mapping[str, Any]) -> str:
    """One finding as a sentence, with the first lines that have it."""
    code, count = found["code"], found["count"]
    if code in _SAID_ONCE:
        return _SAID_ONCE[code]
    said = counted(count, *_FINDINGS[code])
    if found["lines"]:
        lines = ", ".join(str(line) for line in found["lines"])
        said += f" ({'line' if count == 1 else 'lines'} {lines}{' …' if count > len(found['lines']) else ''})"
    return f"{said}."


def rule(field: str, broken: str) -> str:
    """`Email address: a date`."""
    return f"{_PLACES.get(field, 'The row')}: {RULES.get(broken, _OTHER_RULE)}"
