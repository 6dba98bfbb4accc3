"""The people of a CSV file, as bodies of registrations (contract.md, Commands).

What a row has to be is the API's business; only what is no row at all is refused here.
"""

import csv
import io
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple

from email_validator import EmailNotValidError, validate_email

from service.errors import Misconfigured

COLUMNS: Final = ("kind", "email", "mobile", "name", "organisation", "language", "topics")
RELATIONSHIP: Final = "relationship"
BETWEEN_TOPICS: Final = ";"

REPRESENTATIVE: Final = "representative"
FAMILY: Final = "family"
"""What a representative is where the file does not say."""


class BrokenRule(NamedTuple):
    """A field, or nothing for the whole row, and the rule that it breaks. Never its value."""

    field: str
    rule: str


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row that nobody could be registered from, by its line in the file."""

    line: int
    errors: Sequence[BrokenRule]


@dataclass(frozen=True, slots=True)
class Row:
    """One person: the line in the file, the registration to send, and the inbox that it should reach."""

    line: int
    form: Mapping[str, Any] = field(repr=False)
    inbox: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class People:
    """What a file holds."""

    rows: Sequence[Row]
    refused: Sequence[RefusedRow]


def read_people(path: Path) -> People:
    """Everybody in the file. Raises `Misconfigured`, which says what is wrong with it as a whole."""
    lines = _lines(path)
    records = _records(lines)
    header = next(records, None)
    if header is None:
        raise Misconfigured(f"--people: {path} is empty")
    names = header.fields or []
    if missing := [name for name in COLUMNS if name not in names]:
        raise Misconfigured(f"--people: {path}: its first line lacks the columns {', '.join(missing)}")
    if twice := [name for name in (*COLUMNS, RELATIONSHIP) if names.count(name) > 1]:
        raise Misconfigured(f"--people: {path}: its first line has these columns twice: {', '.join(twice)}")
    rows: list[Row] = []
    refused: list[RefusedRow] = []
    for record in records:
        if (wrong := _wrong_with(record, names)) is not None:
            refused.append(RefusedRow(record.line, (BrokenRule("", wrong),)))
        else:
            rows.append(_row(record, names))
    if not rows and not refused:
        raise Misconfigured(f"--people: {path}: nobody is in it, only its first line")
    return People(rows, refused)


@dataclass(frozen=True, slots=True)
class _Record:
    line: int
    fields: list[str] | None
    """None where the line cannot be read."""


def _lines(path: Path) -> list[str]:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise Misconfigured(f"--people: {path}: {error.strerror}") from None
    try:
        # Spreadsheets put a mark at the beginning of UTF-8.
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise Misconfigured(f"--people: {path}: line {line} is not UTF-8; save it as CSV UTF-8") from None
    return list(io.StringIO(text, newline=""))


def _records(lines: Sequence[str]) -> Iterator[_Record]:
    """The records that are not empty. A field in quotation marks may go over several lines."""
    width: int | None = None
    at = 0
    while at < len(lines):
        reader = csv.reader((lines[number] for number in range(at, len(lines))), strict=True)
        try:
            fields: list[str] | None = next(reader)
        except csv.Error:
            fields = None
        used = reader.line_num
        if fields is None or (used > 1 and width is not None and len(fields) != width):
            # A quotation mark that nobody closed would swallow the people below it: only this line is lost.
            fields, used = None, 1
        if fields is None or any(text.strip() for text in fields):
            yield _Record(at + 1, fields)
            width = width or len(fields or [])
        at += used


def _wrong_with(record: _Record, names: Sequence[str]) -> str | None:
    if record.fields is None:
        return "The line cannot be read as CSV; look at its quotation marks"
    if len(record.fields) < len(names):
        return f"It has {len(record.fields)} columns, and the first line has {len(names)}"
    if len(record.fields) > len(names):
        return f"It has {len(record.fields)} columns, and the first line has {len(names)}; look at its commas"
    return None


def _row(record: _Record, names: Sequence[str]) -> Row:
    said = {name: text.strip() for name, text in zip(names, record.fields or [], strict=True)}
    form: dict[str, Any] = {name: said[name] for name in ("kind", "language")}
    form |= {name: said[name] for name in ("email", "mobile", "name", "organisation") if said[name]}
    relationship = said.get(RELATIONSHIP) or (FAMILY if said["kind"] == REPRESENTATIVE else "")
    if relationship:
        form[RELATIONSHIP] = relationship
    topics = (topic.strip() for topic in said["topics"].split(BETWEEN_TOPICS))
    form |= {"topics": [topic for topic in topics if topic], "contact_by": ["email"], "consent": True}
    # Without an address there is no inbox to share with another row.
    return Row(record.line, form, inbox_of(said["email"]) or f"line {record.line}")


def inbox_of(address: str) -> str:
    """The stand-in's name of the inbox that the service will write to."""
    typed = "".join(each for each in address if unicodedata.category(each) not in {"Cf", "Cc"}).strip()
    try:
        found = validate_email(typed, check_deliverability=False)
    except EmailNotValidError:
        return typed.lower()  # The API will refuse it, and say why.
    return f"{found.local_part}@{found.ascii_domain or found.domain}".lower()
