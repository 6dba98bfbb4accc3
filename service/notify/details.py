"""Finding email addresses and telephone numbers in a text, also in the disguises that people use.

Used before approval (`service.updates.checks`) and on everything that leaves (`service.notify.guard`).
It would rather find one too many: what it finds stops an update, and a person looks.
"""

import re
import unicodedata
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import accumulate, takewhile
from typing import Final

import phonenumbers

from service.notify.addresses import NotAnAddress, email_address

# Signs that markdown and sentences put around an address are no part of it, unless they stand at its @.
EMAIL: Final = re.compile(
    r"(?:[^\s@<>()\[\]{},;:\"|*#]+|[{}|*#]+)@[^\s@<>()\[\]{},;:\"|*#]+\.[^\W\d_][\w-]+", re.UNICODE
)
SPELT: Final = re.compile(
    r"([\w.+'-]+)\s*[\[({<]?\s*(?:\bat\b|@|\(a\)|\[a\])\s*[\])}>]?\s*"
    r"([\w-]+(?:\s*[\[({<]?\s*(?:\bdot\b|\.)\s*[\])}>]?\s*[\w-]+)+)",
    re.IGNORECASE | re.UNICODE,
)
NAME_OF_A_MAILBOX: Final = re.compile(r"[^\W\d_][._+-]\w|\w[._+-][^\W\d_]")
"""`mary.jones at example.com` is somebody's address; `look at gov.uk` is none."""
DOTS: Final = re.compile(r"\s*[\[({<]?\s*(?:\bdot\b|\.)\s*[\])}>]?\s*", re.IGNORECASE)
DIGIT_RUN: Final = re.compile(r"\+?\d(?:[\s().\-/\u2010-\u2015\u2212·•_*]{0,3}\d)*")
"""Any dash: word processors make longer ones of hyphens. And what markdown puts around a part."""
DIGIT_GROUP: Final = re.compile(r"\+?\d+")
LONGEST_NUMBER: Final = 16
"""Characters: 15 digits of E.164 and a plus."""
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


@lru_cache(maxsize=512)
def find_details(text: str) -> Details:
    """Every address and number in `text`.

    Remembered for the last texts: an update's words are the same for everyone once each person's own
    links are out, so that reading a hundred thousand messages costs a handful of readings.
    """
    folded = unicodedata.normalize("NFKC", text)
    folded = "".join(_plain_digit(c) for c in folded if unicodedata.category(c) != "Cf")
    return Details(frozenset(_emails(folded)), frozenset(_phones(folded)))


def _plain_digit(character: str) -> str:
    """A digit of any script as the one that telephones have."""
    return str(unicodedata.decimal(character)) if character.isdecimal() else character


def _emails(text: str) -> set[str]:
    found = {match.group().strip(".'’`*_") for match in EMAIL.finditer(text)}
    for match in SPELT.finditer(text):
        domain = DOTS.sub(".", match.group(2))
        # "look at gov.uk" is no address: only what was joined up or bracketed on purpose is read.
        if "@" in match.group() or _spelt_out(match.group()) or NAME_OF_A_MAILBOX.search(match.group(1)):
            found.add(f"{match.group(1)}@{domain}")
    return {_index_form(candidate) for candidate in found}


def _spelt_out(text: str) -> bool:
    """Whether the dot, too, was written as a word or in brackets."""
    return re.search(r"\bdot\b|[\[({<]\s*(?:at|a|@|\.)\s*[\])}>]", text, re.IGNORECASE) is not None


def _index_form(candidate: str) -> str:
    try:
        return email_address(candidate).index_form
    except NotAnAddress:
        # Not valid, and still somebody's address by the look of it.
        return candidate.lower()


def _phones(text: str) -> set[str]:
    found: set[str] = set()
    for run in DIGIT_RUN.finditer(text):
        groups = DIGIT_GROUP.findall(run.group())
        # From every group on: two numbers side by side must not hide each other.
        for start in range(len(groups)):
            candidates = accumulate(groups[start : start + LONGEST_NUMBER])
            numbers = (_e164(digits) for digits in takewhile(_short_enough, candidates))
            longest = [number for number in numbers if number is not None][-1:]
            found.update(longest)
    return found


def _short_enough(digits: str) -> bool:
    return len(digits) <= LONGEST_NUMBER


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
