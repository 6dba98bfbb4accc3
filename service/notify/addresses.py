"""Addresses and numbers: what is written to, and the form that the blind index is over.

What was typed is kept and written to; the index form is lower-cased, its domain in IDNA form. Gmail's
dots and plus tags are never stripped: two people may differ by them.
"""

import unicodedata
from dataclasses import dataclass, field
from typing import Final

import phonenumbers
from email_validator import EmailNotValidError, validate_email

LONGEST_EMAIL: Final = 320
"""Notify's limit (notify.md, Requests)."""


class NotAnAddress(ValueError):
    """The rule that was broken; never the address."""


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


def postal_index_form(text: str) -> str:
    """The form of a postal address that is the same however it was spaced and punctuated."""
    folded = unicodedata.normalize("NFKC", text).upper()
    return "".join(character for character in folded if character.isalnum())
