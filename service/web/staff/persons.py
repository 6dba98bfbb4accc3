"""What the pages about one person call things, and what they say where an answer is wrong."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from pydantic import ValidationError
from starlette.datastructures import FormData

from service.casework.acting import ClosingReason
from service.casework.calling import CallOutcome
from service.casework.tables import RevealPurpose
from service.errors import Invalid
from service.registrations.states import RegistrationState
from service.registrations.words import ContactBy, Format, GivenBy, Kind, Purpose, Relationship
from service.web.broken_rules import broken_rules
from service.web.staff.forms import chosen, text
from service.web.staff.pages import Errors

STATES: Final[Mapping[RegistrationState, tuple[str, str]]] = {
    RegistrationState.PENDING: ("Not confirmed yet", "yellow"),
    RegistrationState.CONFIRMED: ("Confirmed", "green"),
    RegistrationState.LEFT: ("Left", "grey"),
}
"""What a tag says of each, and its colour."""
KINDS: Final[Mapping[Kind, str]] = {
    Kind.INDIVIDUAL: "A person, for themselves",
    Kind.ORGANISATION: "An organisation",
    Kind.REPRESENTATIVE: "A person who acts for somebody else",
}
RELATIONSHIPS: Final[Mapping[Relationship, str]] = {
    Relationship.FAMILY: "Relative or friend",
    Relationship.ESTATE: "Looks after the estate of somebody who has died",
    Relationship.LEGAL: "Legal representative",
    Relationship.HELPER: "Helps them, such as a carer or an adviser",
}
WAYS: Final[Mapping[ContactBy, str]] = {
    ContactBy.EMAIL: "Email",
    ContactBy.SMS: "Text message",
    ContactBy.LETTER: "Letter",
    ContactBy.PHONE: "Telephone call",
}
FORMATS: Final[Mapping[Format, str]] = {
    Format.LARGE_PRINT: "Large print",
    Format.BRAILLE: "Braille",
    Format.AUDIO: "Audio",
    Format.BSL: "British Sign Language",
    Format.EASY_READ: "Easy Read",
    Format.TEXT_RELAY: "Text relay, when somebody rings them",
}
GIVEN_BY: Final[Mapping[GivenBy, str]] = {
    GivenBy.PHONE: "By telephone",
    GivenBy.LETTER: "In a letter",
    GivenBy.IN_PERSON: "In person",
}
STOPPED: Final[Mapping[str, str]] = {
    "permanent-failure": "Nothing is sent: a message came back",
    "do-not-contact": "Nothing is sent: they asked not to be written to",
}
PURPOSES: Final[Mapping[RevealPurpose, str]] = {
    RevealPurpose.CALL_BACK: "To ring or write back",
    RevealPurpose.IDENTITY_CHECK: "To check who I am speaking to",
    RevealPurpose.CORRECTION: "To put something right",
    RevealPurpose.COMPLAINT: "To answer a complaint",
    RevealPurpose.SAFEGUARDING: "Somebody may be at risk",
    RevealPurpose.LEGAL: "The law asks for it",
}
CLOSING: Final[Mapping[ClosingReason, str]] = {
    ClosingReason.ASKED: "They do not want to be told any more",
    ClosingReason.BEREAVEMENT: "The person has died",
    ClosingReason.NEVER_AGAIN: "They never want to be written to, whoever registers their addresses",
}
CALLS: Final[Mapping[Purpose, str]] = {
    Purpose.CONFIRM: "Ask whether they registered, and want calls at this number. If not, erase it",
    Purpose.CHANGE: "Somebody registered this number again: ask whether it was they",
    Purpose.COPY: "They asked for a copy of what is held: read it to them",
}
CALLED: Final[Mapping[CallOutcome, str]] = {
    CallOutcome.DONE: "I spoke to them, and they said yes",
    CallOutcome.MINE: "It was they: change their choices",
    CallOutcome.ANOTHER: "It was another person who shares the number",
    CallOutcome.NOT_ME: "It was neither",
    CallOutcome.NOT_REACHED: "I reached nobody",
}

LABELS: Final[Mapping[str, str]] = {
    "search": "What to look for",
    "email": "Email address",
    "mobile": "Telephone number",
    "postal_address": "Postal address",
    "name": "Name",
    "organisation": "Name of the organisation",
    "reference": "Reference of the case",
}
CHOICES: Final[Mapping[str, str]] = {
    "kind": "Select who is registering",
    "relationship": "Select how they act for the person",
    "becomes": "Select how they act for the person",
    "language": "Select a language",
    "topics": "Select what they want to hear about",
    "contact_by": "Select how they want to be told",
    "formats": "Select formats from this list, or none",
    "purpose": "Select what you need their details for",
    "given_by": "Select how they asked",
    "why": "Select why",
    "consent": "Read the words to them, and tick that they agree",
    "scheme": "Select a scheme",
}
"""What to do about a wrong choice."""


def options(words: Mapping[Any, str]) -> list[tuple[str, str]]:
    """Values and words, as the fields of a page want them."""
    return [(str(value), said) for value, said in words.items()]


def wrong_answers(error: ValidationError | Invalid, order: Sequence[str] = ()) -> Errors:
    """What is wrong with a form: each field once, for whoever filled it in, in the `order` of the page."""
    if isinstance(error, Invalid):
        rules: Iterable[tuple[str, str]] = error.fields.items()
    else:
        found = error.errors(include_url=False, include_context=True, include_input=False)
        rules = broken_rules([{**each} for each in found])
    first = {name.partition(".")[0]: rule for name, rule in reversed(list(rules))}
    names = [
        *(name for name in order if name in first),
        *(name for name in reversed(first) if name not in order),
    ]
    return tuple((name, _said(name, first[name])) for name in names)


def typed(form: FormData, fields: Sequence[str]) -> dict[str, str]:
    """What was typed into each of these, empty where nothing was."""
    return {name: text(form, name) for name in fields}


def ticked(form: FormData, fields: Sequence[str]) -> dict[str, list[str]]:
    """What was ticked of each of these."""
    return {name: chosen(form, name) for name in fields}


def _said(name: str, rule: str) -> str:
    if name in CHOICES:
        return CHOICES[name]
    label = LABELS.get(name, "The answer")
    if rule.startswith("It is needed"):
        return f"Enter the {label[0].lower()}{label[1:]}"
    if "contact_by" in rule:
        return f"{label}: tick the way of being told that it is for"
    return f"{label}: {rule[0].lower()}{rule[1:]}" if rule.startswith(("It ", "Nothing ", "With ")) else rule
