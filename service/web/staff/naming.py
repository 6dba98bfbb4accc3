"""What staff pages call things: states, channels, languages, kinds, needs, and places in the words."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from service.clock import LONDON
from service.deliveries.tables import Need
from service.holds.tables import IncidentKind, Scope
from service.registrations.words import Channel, Kind, Language
from service.updates.states import UpdateState

STATES: Final[Mapping[UpdateState, tuple[str, str]]] = {
    UpdateState.DRAFT: ("Draft", "grey"),
    UpdateState.PREPARING: ("Counting people", "purple"),
    UpdateState.AWAITING_APPROVAL: ("Waiting for approval", "yellow"),
    UpdateState.APPROVED: ("Approved", "teal"),
    UpdateState.SENDING: ("Being sent", "orange"),
    UpdateState.HALTED: ("Halted", "red"),
    UpdateState.SENT: ("Sent", "green"),
}
"""What a tag says of each, and its colour."""

CHANNELS: Final[Mapping[Channel, str]] = {
    Channel.EMAIL: "Email",
    Channel.SMS: "Text message",
    Channel.LETTER: "Letter",
    Channel.PHONE: "Call",
}
LANGUAGES: Final[Mapping[Language, str]] = {Language.ENGLISH: "English", Language.WELSH: "Welsh"}
KINDS: Final[Mapping[Kind, str]] = {
    Kind.INDIVIDUAL: "People for themselves",
    Kind.REPRESENTATIVE: "People for somebody else",
    Kind.ORGANISATION: "Organisations",
}
NEEDS: Final[Mapping[Need, str]] = {
    Need.PHONE: "A call",
    Need.LARGE_PRINT: "Large print",
    Need.BRAILLE: "Braille",
    Need.AUDIO: "A recording",
    Need.BSL: "British Sign Language",
    Need.EASY_READ: "Easy read",
}
SCOPES: Final[Mapping[Scope, str]] = {
    Scope.EVERYTHING: "Everything: updates, confirmations and people’s own links",
    Scope.BULK: "Updates only: confirmations and people’s own links go on",
}
INCIDENTS: Final[Mapping[IncidentKind, tuple[str, str]]] = {
    IncidentKind.DUPLICATE: ("message was sent twice", "messages were sent twice"),
    IncidentKind.UNOWNED_MESSAGE: (
        "message at GOV.UK Notify is not ours",
        "messages at GOV.UK Notify are not ours",
    ),
    IncidentKind.MISSING_MESSAGE: (
        "message of ours is missing at GOV.UK Notify",
        "messages of ours are missing at GOV.UK Notify",
    ),
    IncidentKind.GUARD: (
        "update was stopped with somebody’s details in it",
        "updates were stopped with somebody’s details in them",
    ),
    IncidentKind.DETAIL_IN_DRAFT: (
        "draft had a registered person’s details in it",
        "drafts had a registered person’s details in them",
    ),
    IncidentKind.CANARY: (
        "list was used where it should not be: somebody of it who does not exist turned up",
        "lists were used where they should not be: people of theirs who do not exist turned up",
    ),
}
"""What to say behind the number 1, and behind others."""

_PARTS: Final = {"subject": "subject", "heading": "heading", "body": "text"}


def place(where: str) -> str:
    """`email.cy.body, line 3` as people say it: `Email in Welsh: text, line 3`."""
    path, comma, line = where.partition(",")
    channel, *rest = path.split(".")
    if channel == "audience":
        return "Who it is for" + (
            f": {LANGUAGES[Language(rest[0])]}" if rest and rest[0] in set(Language) else ""
        )
    if channel not in set(Channel):
        return where.capitalize()
    said = CHANNELS[Channel(channel)]
    if rest and rest[0] in set(Language):
        said += f" in {LANGUAGES[Language(rest[0])]}"
    if len(rest) > 1:
        said += f": {_PARTS.get(rest[1], rest[1])}"
    return said + comma + line


def in_london(when: datetime) -> str:
    """`22 November 2026 at 01:38, London time`."""
    when = when.astimezone(LONDON)
    return f"{when.day} {when:%B %Y} at {when:%H:%M}, London time"


def pounds(pence: float) -> str:
    """`£1,204.50`."""
    return f"£{pence / 100:,.2f}"


def duration(seconds: float) -> str:
    """How long, to the nearest thing that people say: `less than a minute`, `about 12 minutes`, `2 hours`."""
    minutes = round(seconds / 60)
    if minutes < 1:
        return "less than a minute"
    if minutes < 120:
        return f"about {minutes} {'minute' if minutes == 1 else 'minutes'}"
    return f"about {round(minutes / 60)} hours"
