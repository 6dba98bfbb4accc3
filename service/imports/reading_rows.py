"""A row as the form that it would have been, had the person registered. Only workers have one."""

import re
from collections.abc import Mapping
from typing import Any, Final

from pydantic import ValidationError

from service.files.reader.codes import Odd
from service.files.reading import ReadRow
from service.imports.matching import ImportField, Matching
from service.notify.addresses import NotAnAddress, mobile_number
from service.registrations.form import RegistrationForm
from service.registrations.words import ContactBy, Kind, Language, Relationship
from service.schemes.reading import SchemeView

ROW: Final = "row"
"""What is wrong with a row as a whole."""
BETWEEN_NUMBERS: Final = re.compile(r"[/;,\n|&]|\bor\b|\band\b|\bneu\b", re.IGNORECASE)
DIGITS_OF_A_NUMBER: Final = 7
NO_RULE: Final = "wrong"

KINDS: Final[Mapping[str, Kind]] = {
    **{kind.value: kind for kind in Kind},
    "person": Kind.INDIVIDUAL,
    "self": Kind.INDIVIDUAL,
    "organization": Kind.ORGANISATION,
    "org": Kind.ORGANISATION,
    "rep": Kind.REPRESENTATIVE,
    "unigolyn": Kind.INDIVIDUAL,
    "sefydliad": Kind.ORGANISATION,
    "cynrychiolydd": Kind.REPRESENTATIVE,
}
LANGUAGES: Final[Mapping[str, Language]] = {
    "en": Language.ENGLISH,
    "english": Language.ENGLISH,
    "saesneg": Language.ENGLISH,
    "cy": Language.WELSH,
    "welsh": Language.WELSH,
    "cymraeg": Language.WELSH,
}


class Unusable(Exception):
    """The row cannot be used: which field, and the code of the rule that it breaks. Never the value."""

    def __init__(self, field: str, rule: str) -> None:
        super().__init__(f"{field}: {rule}")
        self.field = field
        self.rule = rule


def form_of(row: ReadRow, matching: Matching, scheme: SchemeView, *, width: int | None) -> RegistrationForm:
    """The row as a form. `width`: how many columns have a header. Raises `Unusable`.

    They are told by the addresses that the list has: email first, then texts (or a call, where it is no
    mobile), then letters.
    """
    if row.hidden and not matching.hidden_rows:
        raise Unusable(ROW, Odd.HIDDEN_ROW)
    if width is not None and len(row.cells) > width:
        # Everything after a comma too many is in the wrong column.
        raise Unusable(ROW, Odd.TOO_MANY_CELLS)
    said = {field: _said(row, field, numbers) for field, numbers in matching.columns.items()}
    email, mobile = said.get(ImportField.EMAIL, ""), said.get(ImportField.MOBILE, "")
    post = said.get(ImportField.POSTAL_ADDRESS, "")
    _refuse_two(email, mobile)
    kind = _word(ImportField.KIND, said, KINDS) or matching.kind
    relationship = _word(ImportField.RELATIONSHIP, said, {each.value: each for each in Relationship})
    ways = [
        *([ContactBy.EMAIL] if email else []),
        *([_by_number(mobile)] if mobile else []),
        *([ContactBy.LETTER] if post else []),
    ]
    if not ways:
        raise Unusable(ROW, "no-address")
    try:
        return RegistrationForm.model_validate(
            {
                "kind": kind,
                "email": email,
                "mobile": mobile,
                "postal_address": post,
                "name": said.get(ImportField.NAME),
                "organisation": said.get(ImportField.ORGANISATION),
                "relationship": (relationship or matching.relationship)
                if kind is Kind.REPRESENTATIVE
                else None,
                "language": _word(ImportField.LANGUAGE, said, LANGUAGES) or matching.language,
                "topics": _topics(said, scheme) or matching.topics,
                "contact_by": ways,
                # Whoever kept the list answers for it: the notice says so to each person.
                "consent": True,
            }
        )
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        raise Unusable(str(first["loc"][0]) if first["loc"] else ROW, first["type"] or NO_RULE) from None


def _said(row: ReadRow, field: ImportField, numbers: list[int]) -> str:
    """What the columns of one field say together. Raises `Unusable` where a cell cannot be taken as it is."""
    for number in numbers:
        if number in row.odd:
            raise Unusable(field.value, row.odd[number].value)
    parts = [row.cells[number].strip() for number in numbers if number < len(row.cells)]
    between = "\n" if field is ImportField.POSTAL_ADDRESS else " "
    text = between.join(part for part in parts if part)
    if "\0" in text:
        raise Unusable(field.value, "not_text")
    return text


def _refuse_two(email: str, mobile: str) -> None:
    if email.count("@") > 1:
        raise Unusable(ImportField.EMAIL.value, "two-addresses")
    numbers = [
        part for part in BETWEEN_NUMBERS.split(mobile) if len(re.sub(r"\D", "", part)) >= DIGITS_OF_A_NUMBER
    ]
    if len(numbers) > 1:
        raise Unusable(ImportField.MOBILE.value, "two-addresses")


def _by_number(text: str) -> ContactBy:
    try:
        mobile_number(text)
    except NotAnAddress as error:
        # What is no number at all, the form refuses.
        return ContactBy.PHONE if error.name == "not-a-mobile" else ContactBy.SMS
    return ContactBy.SMS


def _word(field: ImportField, said: Mapping[ImportField, str], words: Mapping[str, Any]) -> Any:
    """What a word of the list means; None where the cell is empty. Raises `Unusable`."""
    text = said.get(field, "").casefold()
    if not text:
        return None
    if text not in words:
        raise Unusable(field.value, "not-a-choice")
    return words[text]


def _topics(said: Mapping[ImportField, str], scheme: SchemeView) -> list[str]:
    text = said.get(ImportField.TOPICS, "")
    codes = {
        name.casefold(): topic.code for topic in scheme.topics for name in (topic.code, topic.en, topic.cy)
    }
    parts = [part.strip().casefold() for part in re.split(r"[;,|\n]", text) if part.strip()]
    if not set(parts) <= codes.keys():
        raise Unusable(ImportField.TOPICS.value, "not-a-choice")
    return [codes[part] for part in parts]
