"""Finding email addresses and telephone numbers in a text, also in the disguises that people use.

Used before approval (`service.updates.checks`) and on everything that leaves (`service.notify.guard`).
It would rather find one too many: what it finds stops an update, and a person looks.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, Literal

import phonenumbers

from service.notify.addresses import NotAnAddress, email_address

# No part is looked for beyond the length that an address can have, and no white space twice: else a long
# text without a space would be read once for each of its characters.
# Signs that markdown and sentences put around an address are no part of it, unless they stand at its @.
EMAIL: Final = re.compile(
    r"(?:[^\s@<>()\[\]{},;:\"|*#]{1,64}|[{}|*#]{1,64})@[^\s@<>()\[\]{},;:\"|*#]+\.[^\W\d_][\w-]+", re.UNICODE
)
SPELT: Final = re.compile(
    r"([\w.+'-]{1,64})\s*+[\[({<]?\s*+(?:\bat\b|@|\(a\)|\[a\])\s*+[\])}>]?\s*+"
    r"([\w-]{1,63}(?:\s*+[\[({<]?\s*+(?:\bdot\b|\.)\s*+[\])}>]?\s*+[\w-]{1,63})+)",
    re.IGNORECASE | re.UNICODE,
)
NAME_OF_A_MAILBOX: Final = re.compile(r"[^\W\d_][._+-]\w|\w[._+-][^\W\d_]")
"""`mary.jones at example.com` is somebody's address; `look at gov.uk` is none."""
DOTS: Final = re.compile(r"\s*+[\[({<]?\s*+(?:\bdot\b|\.)\s*+[\])}>]?\s*+", re.IGNORECASE)
DIGIT_RUN: Final = re.compile(r"\+?\d(?:[\s().\-/\u2010-\u2015\u2212·•_*]{0,3}\d)*")
"""Any dash: word processors make longer ones of hyphens. And what markdown puts around a part."""
DIGIT_GROUP: Final = re.compile(r"\+?\d+")
LONGEST_NUMBER: Final = 16
"""Characters: 15 digits of E.164 and a plus."""
DATE: Final = re.compile(
    r"(?<!\d)(?:(?:0?[1-9]|[12]\d|3[01])([/.-])(?:0?[1-9]|1[0-2])\1(?:19|20)\d\d"
    r"|(?:19|20)\d\d-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01]))(?!\d)"
)
"""01/02/2027 10:30 is no telephone number."""
WRITTEN_AS_NUMBER: Final = re.compile(r"(?:\+|00?)[1-9]\d{7,13}|(?:44)?7\d{9}")
"""With its prefix, or a British mobile without: other bare digits are dates, sums and references."""


@dataclass(frozen=True, slots=True)
class Details:
    """What was found, in index form. Its `repr` shows how many, and none."""

    emails: frozenset[str] = field(repr=False)
    phones: frozenset[str] = field(repr=False)

    def __bool__(self) -> bool:
        return bool(self.emails or self.phones)

    def without(self, emails: frozenset[str], phones: frozenset[str]) -> "Details":
        """What is left when these are allowed."""
        return Details(self.emails - emails, self.phones - phones)


REDACTED: Final = "█████"
"""What stands where a detail stood."""


@dataclass(frozen=True, slots=True)
class _Spot:
    """A detail, in index form, and where it stands in the folded text."""

    kind: Literal["email", "phone"]
    value: str = field(repr=False)
    start: int
    end: int


@lru_cache(maxsize=512)
def find_details(text: str) -> Details:
    """Every address and number in `text`.

    Remembered for the last texts: an update's words are the same for everyone once each person's own
    links are out, so that reading a hundred thousand messages costs a handful of readings.
    """
    spots = list(_spots(_fold(text)[0]))
    return Details(
        frozenset(spot.value for spot in spots if spot.kind == "email"),
        frozenset(spot.value for spot in spots if spot.kind == "phone"),
    )


def redact(text: str, *, emails: frozenset[str], phones: frozenset[str]) -> str:
    """`text` with `REDACTED` in the place of every address and number but these, in index form."""
    folded, origin = _fold(text)
    allowed = {"email": emails, "phone": phones}
    kept = list(text)
    for spot in _spots(folded):
        if spot.value not in allowed[spot.kind]:
            first, last = origin[spot.start], origin[spot.end - 1]
            kept[first : last + 1] = [REDACTED, *[""] * (last - first)]
    return "".join(kept)


def _fold(text: str) -> tuple[str, list[int]]:
    """`text` as it is looked through, and for each of its characters where it comes from."""
    pieces = [
        (_plain_digit(piece), position)
        for position, character in enumerate(text)
        for piece in unicodedata.normalize("NFKC", character)
        if unicodedata.category(piece) != "Cf"
    ]
    return "".join(piece for piece, _ in pieces), [position for _, position in pieces]


def _spots(folded: str) -> Iterator[_Spot]:
    yield from _emails(folded)
    yield from _phones(folded)


def _plain_digit(character: str) -> str:
    """A digit of any script as the one that telephones have."""
    return str(unicodedata.decimal(character)) if character.isdecimal() else character


def _emails(text: str) -> Iterator[_Spot]:
    for match in EMAIL.finditer(text):
        yield _Spot("email", _index_form(match.group().strip(".'’`*_")), match.start(), match.end())
    for match in SPELT.finditer(text):
        # "look at gov.uk" is no address: only what was joined up or bracketed on purpose is read.
        if "@" in match.group() or _spelt_out(match.group()) or NAME_OF_A_MAILBOX.search(match.group(1)):
            address = f"{match.group(1)}@{DOTS.sub('.', match.group(2))}"
            yield _Spot("email", _index_form(address), match.start(), match.end())


def _spelt_out(text: str) -> bool:
    """Whether the dot, too, was written as a word or in brackets."""
    return re.search(r"\bdot\b|[\[({<]\s*(?:at|a|@|\.)\s*[\])}>]", text, re.IGNORECASE) is not None


def _index_form(candidate: str) -> str:
    try:
        return email_address(candidate).index_form
    except NotAnAddress:
        # Not valid, and still somebody's address by the look of it.
        return candidate.lower()


def _phones(text: str) -> Iterator[_Spot]:
    # As long as it was, so that what follows keeps its place.
    without_dates = DATE.sub(lambda date: "d" * len(date.group()), text)
    for run in DIGIT_RUN.finditer(without_dates):
        groups = list(DIGIT_GROUP.finditer(run.group()))
        # From every group on: two numbers side by side must not hide each other.
        for first in range(len(groups)):
            longest: _Spot | None = None
            digits = ""
            for group in groups[first:]:
                digits += group.group()
                if len(digits) > LONGEST_NUMBER:
                    break
                if (number := _e164(digits)) is not None:
                    start, end = run.start() + groups[first].start(), run.start() + group.end()
                    longest = _Spot("phone", number, start, end)
            if longest is not None:
                yield longest


def _e164(digits: str) -> str | None:
    # "+44 (0)7700 900123" is how many write it.
    digits = re.sub(r"^(\+|00)440", r"\g<1>44", digits)
    if not WRITTEN_AS_NUMBER.fullmatch(digits):
        return None
    if digits.startswith("00"):
        digits = f"+{digits[2:]}"
    elif digits.startswith("447"):
        digits = f"+{digits}"
    try:
        number = phonenumbers.parse(digits, "GB")
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
