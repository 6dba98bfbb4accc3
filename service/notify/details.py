"""Finding email addresses and telephone numbers in a text, also in the disguises that people use.

Used before approval (`service.updates.checks`) and on everything that leaves (`service.notify.guard`).
It would rather find one too many: what it finds stops an update, and a person looks.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, Literal, NamedTuple

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
UNSEEN: Final = frozenset({"Cf", "Me"})
"""Characters of no width, and the frames that make pictures of digits."""
VARIATIONS: Final = frozenset(map(chr, range(0xFE00, 0xFE10)))
MAILBOX_OF_MANY: Final = re.compile(
    r"(?:gmail|googlemail|hotmail|outlook|live|msn|yahoo|ymail|icloud|aol|btinternet|protonmail|proton)\.",
    re.IGNORECASE,
)
"""Where `maryjones at gmail.com` is somebody's address for all that it looks like `look at gov.uk`."""
LETTERS_FOR_DIGITS: Final = re.compile(r"(?<![^\W_])(?=[OoIl]*\d)[\dOoIl]++(?![^\W_])")
LOOKS_LIKE: Final = str.maketrans("OoIl", "0011")
_WORDS: Final = (
    ("0", "zero|oh|o|nought|dim|sero"),
    ("1", "one|un"),
    ("2", "two|dau|dwy"),
    ("3", "three|tri|tair"),
    ("4", "four|pedwar|pedair"),
    ("5", "five|pump"),
    ("6", "six|chwech|chwe"),
    ("7", "seven|saith"),
    ("8", "eight|wyth"),
    ("9", "nine|naw"),
)
DIGIT_OF: Final = {word: digit for digit, named in _WORDS for word in named.split("|")}
_TIMES: Final = {"double": 2, "dwbl": 2, "treble": 3, "triple": 3}
_SPOKEN: Final = rf"(?:(?:{'|'.join(_TIMES)})\s+)?(?:{'|'.join(DIGIT_OF)}|\d+)\b"
SPOKEN_RUN: Final = re.compile(rf"\b{_SPOKEN}(?:[\s,.\-]{{1,3}}{_SPOKEN}){{6,}}", re.IGNORECASE)
SPOKEN_WORD: Final = re.compile(r"[^\W_]+")


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
    spots = list(_spots(fold(text)[0]))
    return Details(
        frozenset(spot.value for spot in spots if spot.kind == "email"),
        frozenset(spot.value for spot in spots if spot.kind == "phone"),
    )


def redact(text: str, *, emails: frozenset[str], phones: frozenset[str]) -> str:
    """`text` with `REDACTED` in the place of every address and number but these, in index form."""
    allowed = {"email": emails, "phone": phones}
    spots = _spots(fold(text)[0])
    return black_out(
        text, [(spot.start, spot.end, REDACTED) for spot in spots if spot.value not in allowed[spot.kind]]
    )


def black_out(text: str, spots: Iterable[tuple[int, int, str]]) -> str:
    """`text` with a mark in the place of each spot: its begin and end in `fold(text)`, and the mark."""
    _, origin = fold(text)
    kept = list(text)
    for start, end, mark in spots:
        first, last = origin[start], origin[end - 1]
        kept[first : last + 1] = [mark, *[""] * (last - first)]
    return "".join(kept)


def fold(text: str) -> tuple[str, Sequence[int]]:
    """`text` as it is looked through, and for each of its characters where it comes from."""
    if text.isascii():
        return text, range(len(text))
    pieces = [
        (_plain_digit(piece), position)
        for position, character in enumerate(text)
        for piece in unicodedata.normalize("NFKC", character)
        if unicodedata.category(piece) not in UNSEEN and piece not in VARIATIONS
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
        if (
            "@" in match.group()
            or _spelt_out(match.group())
            or NAME_OF_A_MAILBOX.search(match.group(1))
            or MAILBOX_OF_MANY.match(match.group(2))
        ):
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
    plain = DATE.sub(lambda date: "d" * len(date.group()), text)
    plain = LETTERS_FOR_DIGITS.sub(lambda token: token.group().translate(LOOKS_LIKE), plain)
    for run in DIGIT_RUN.finditer(plain):
        groups = DIGIT_GROUP.finditer(run.group())
        yield from _numbers(
            [_Group(each.group(), run.start() + each.start(), run.start() + each.end()) for each in groups]
        )
    for run in SPOKEN_RUN.finditer(plain):
        if not any(map(str.isalpha, run.group())):
            continue
        yield from _numbers(_spoken(run.group(), run.start()))


class _Group(NamedTuple):
    digits: str
    start: int
    end: int


def _numbers(groups: list[_Group]) -> Iterator[_Spot]:
    # From every group on: two numbers side by side must not hide each other.
    for position, first in enumerate(groups):
        longest: _Spot | None = None
        digits = ""
        for group in groups[position:]:
            digits += group.digits
            if len(digits) > LONGEST_NUMBER:
                break
            if (number := _e164(digits)) is not None:
                longest = _Spot("phone", number, first.start, group.end)
        if longest is not None:
            yield longest


def _spoken(run: str, start: int) -> list[_Group]:
    """`oh seven seven double oh` as the digits that it says."""
    groups = []
    times, begins = 1, None
    for word in SPOKEN_WORD.finditer(run):
        said = word.group().lower()
        if begins is None:
            begins = start + word.start()
        if said in _TIMES:
            times = _TIMES[said]
            continue
        groups.append(_Group(DIGIT_OF.get(said, said) * times, begins, start + word.end()))
        times, begins = 1, None
    return groups


@lru_cache(maxsize=512)
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
