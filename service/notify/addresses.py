"""Addresses and numbers: what is written to, and the form that the blind index is over.

What was typed is kept and written to; the index form is lower-cased, its domain in IDNA form. Gmail's
dots and plus tags are never stripped: two people may differ by them.

What a postal address has to be is Notify's own rule (its `validate_address`): three to seven lines, the
last a UK postcode, a BFPO number or a country; no line begins with a sign; a place that there is.
"""

import re
import unicodedata
from dataclasses import dataclass, field
from functools import cache
from typing import Final

import phonenumbers
from email_validator import EmailNotValidError, validate_email

LONGEST_EMAIL: Final = 320
"""Notify's limit (notify.md, Requests)."""

FEWEST_LINES: Final = 3
MOST_LINES: Final = 7
NOT_AT_THE_START: Final = tuple('@()=[]"\\/,<>~')
"""Notify prints no line that begins with one of these."""

# GIR 0AA is a bank's. Whether a postcode exists is for Notify to say: new ones come every month.
POSTCODE: Final = re.compile(r"(GIR|[A-Z]{1,2}[0-9][A-Z0-9]?) ?([0-9][ABD-HJLNP-UW-Z]{2})", re.IGNORECASE)
ENDS_IN_A_POSTCODE: Final = re.compile(rf"(.*\S)[\s,]+({POSTCODE.pattern})", re.IGNORECASE)
BFPO: Final = re.compile(r"BFPO ?(?:C/O)? ?([0-9]{1,4})", re.IGNORECASE)
NOWHERE: Final = re.compile(r"nfa|.*\bno fixed (abode|address)\b.*", re.IGNORECASE)

HERE: Final = frozenset(
    {"uk", "unitedkingdom", "greatbritain", "england", "scotland", "wales", "northernireland"}
    | {"cymru", "lloegr", "yralban", "gogleddiwerddon", "ydeyrnasunedig", "ydu"}
)
"""Names of this country, which stand below many a postcode and say nothing."""

OTHER_NAMES: Final = frozenset(
    {"america", "usa", "unitedstatesofamerica", "republicofireland", "eire", "holland", "ivorycoast"}
    | {"czechia", "eswatini", "northmacedonia", "republicofkorea", "caboverde", "vaticancity", "burma"}
    | {"democraticrepublicofcongo", "democraticrepublicofthecongo", "easttimor", "saintmaarten", "uae"}
    | {"iwerddon", "ffrainc", "yralmaen", "sbaen", "yreidal", "awstralia", "selandnewydd", "deaffrica"}
    | {"yrunoldaleithiau", "portiwgal", "gwladpwyl", "gwladgroeg", "yriseldiroedd", "ydenmarc", "norwy"}
)
"""What people call countries that Java calls something else, and the commonest in Welsh."""


class NotAnAddress(ValueError):
    """The rule that was broken; never the address. `name` is the rule's, for a page in another language."""

    def __init__(self, rule: str, name: str = "not-an-address") -> None:
        super().__init__(rule)
        self.name = name


@dataclass(frozen=True, slots=True)
class EmailAddress:
    """An email address, as typed and as indexed. Its `repr` shows neither."""

    as_typed: str = field(repr=False)
    index_form: str = field(repr=False)

    @classmethod
    def stored(cls, as_typed: str) -> "EmailAddress":
        """An address that was read before it was sealed, and needs no reading again."""
        return cls(as_typed, unicodedata.normalize("NFC", as_typed).lower())


@dataclass(frozen=True, slots=True)
class PhoneNumber:
    """A telephone number in E.164. Its `repr` does not show it."""

    e164: str = field(repr=False)

    @property
    def as_written(self) -> str:
        """As people write it: 0800 678 1925, and +353 … where it is not British."""
        number = phonenumbers.parse(self.e164)
        formats = phonenumbers.PhoneNumberFormat
        return phonenumbers.format_number(
            number, formats.NATIONAL if number.country_code == 44 else formats.INTERNATIONAL
        )


@dataclass(frozen=True, slots=True)
class PostalAddress:
    """A postal address of three to seven lines, as it is printed. Its `repr` shows none of them."""

    lines: tuple[str, ...] = field(repr=False)

    @classmethod
    def stored(cls, text: str) -> "PostalAddress":
        """An address that was read before it was sealed, with the name above it, as it was read."""
        return cls(tuple(text.splitlines()))

    @property
    def text(self) -> str:
        """One line below the other: as it is sealed."""
        return "\n".join(self.lines)

    @property
    def index_form(self) -> str:
        """The form that is the same however it was spaced, punctuated and broken into lines."""
        return postal_index_form(self.text)


def email_address(text: str) -> EmailAddress:
    """Read an address as somebody typed it. Raises `NotAnAddress` with the rule."""
    typed = "".join(
        character for character in text.strip() if unicodedata.category(character) not in {"Cf", "Cc"}
    ).strip()
    if len(typed) > LONGEST_EMAIL:
        raise NotAnAddress(f"An email address has at most {LONGEST_EMAIL} characters")
    if ".." in typed:
        raise NotAnAddress("An email address has no two dots in a row")
    try:
        # Notify takes domains in any script, and nothing but ASCII before the @.
        found = validate_email(
            typed,
            check_deliverability=False,
            allow_smtputf8=False,
            allow_quoted_local=False,
            allow_domain_literal=False,
        )
    except EmailNotValidError:
        raise NotAnAddress("Enter an email address in the right form, like name@example.com") from None
    return EmailAddress.stored(f"{found.local_part}@{found.ascii_domain or found.domain}")


def phone_number(text: str) -> PhoneNumber:
    """Read a telephone number; one without a country is British. Raises `NotAnAddress`.

    The drama range (07700 900000 to 900999) is possible and not valid: it passes, as any possible
    number does, because what counts is that its owner confirms it.
    """
    try:
        number = phonenumbers.parse(text, "GB")
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not phonenumbers.is_possible_number(number):
        raise NotAnAddress("Enter a telephone number, like 07700 900000 or +44 7700 900000")
    return PhoneNumber(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def mobile_number(text: str) -> PhoneNumber:
    """Read the number of a telephone that can get texts. Raises `NotAnAddress`.

    A British one begins with 7. Of those abroad nobody can tell by the number: its owner confirms it.
    """
    number = phone_number(text)
    if number.e164.startswith("+44") and not number.e164.startswith("+447"):
        raise NotAnAddress(
            "Enter a mobile number, like 07700 900000: this one cannot get text messages", "not-a-mobile"
        )
    return number


def postal_index_form(text: str) -> str:
    """The form of a postal address that is the same however it was spaced and punctuated."""
    folded = unicodedata.normalize("NFKC", text).upper()
    return "".join(character for character in folded if character.isalnum())


def postal_address(text: str) -> PostalAddress:
    """Read an address as somebody typed it: in lines, or in one with commas. Raises `NotAnAddress`."""
    lines = _last_line_alone(_without_this_country(_cleaned(text)))
    if any(line.startswith(NOT_AT_THE_START) for line in lines):
        raise NotAnAddress("Begin each line of the address with a letter or a number", "begins-with-a-sign")
    if not lines or not _is_an_end(lines):
        raise NotAnAddress(
            "Enter the postcode, like SW1A 2AA, in the last line of the address. "
            "If it is not in the UK, enter the country there",
            "no-end",
        )
    if len(lines) < FEWEST_LINES:
        raise NotAnAddress(
            f"Enter an address of at least {FEWEST_LINES} lines, the postcode among them", "few-lines"
        )
    if len(lines) > MOST_LINES:
        raise NotAnAddress(
            f"Enter an address of no more than {MOST_LINES} lines, the postcode among them", "many-lines"
        )
    if any(NOWHERE.fullmatch(line) for line in lines) or not all(map(_says_something, lines[:2])):
        raise NotAnAddress("Enter an address that a letter can be delivered to", "nowhere")
    return PostalAddress(tuple(lines))


def _cleaned(text: str) -> list[str]:
    """Lines without what nobody sees, without empty ones, and without commas at their ends."""
    visible = "".join(
        character for character in text if character.isspace() or unicodedata.category(character)[0] != "C"
    )
    lines = [line for each in visible.splitlines() if (line := " ".join(each.split()).rstrip(" ,"))]
    if len(lines) == 1:
        lines = [part for each in lines[0].split(",") if (part := each.strip())]
    return lines


def _without_this_country(lines: list[str]) -> list[str]:
    while lines and _folded(lines[-1]) in HERE:
        lines = lines[:-1]
    return lines


def _last_line_alone(lines: list[str]) -> list[str]:
    """The postcode on a line of its own and spaced, and a BFPO number as Notify prints it."""
    if not lines:
        return lines
    *before, last = lines
    if (found := ENDS_IN_A_POSTCODE.fullmatch(last)) is not None:
        before, last = [*before, found.group(1).rstrip(" ,")], found.group(2)
    if (found := POSTCODE.fullmatch(last)) is not None:
        last = f"{found.group(1)} {found.group(2)}".upper()
    elif (found := BFPO.fullmatch(last)) is not None:
        last = f"BFPO {found.group(1)}"
    return [*before, last]


def _is_an_end(lines: list[str]) -> bool:
    last = lines[-1]
    if POSTCODE.fullmatch(last) or BFPO.fullmatch(last):
        return True
    # The forces' post finds the country by the number, and must not be told one.
    return _folded(last) in _countries() and not any(BFPO.fullmatch(line) for line in lines)


def _says_something(line: str) -> bool:
    return any(character.isalnum() for character in line)


def _folded(name: str) -> str:
    """A country's name without accents, spaces and signs; "St" is Saint, and "The" says nothing."""
    plain = unicodedata.normalize("NFKD", name.replace("&", " and ")).casefold()
    letters = re.sub(r"[^a-z ]", "", plain)
    letters = re.sub(r"^the ", "", re.sub(r"\bst\b", "saint", letters.strip()))
    return letters.replace(" ", "")


@cache
def _countries() -> frozenset[str]:
    # Java's names in English, which phonenumbers brings with it. Read when an address first needs them.
    from phonenumbers.geodata.locale import LOCALE_DATA

    return OTHER_NAMES | {_folded(names["aa"]) for names in LOCALE_DATA.values()} - HERE
