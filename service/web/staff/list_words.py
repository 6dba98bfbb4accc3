"""What pages say of lists: purposes, columns, states, and why one came to nothing."""

from collections.abc import Mapping
from typing import Any, Final

from service.exports.columns import Column
from service.exports.reading import Account
from service.exports.states import ExportState
from service.exports.tables import Export
from service.exports.words import MESSAGING, Purpose, Refusal
from service.registrations.words import Kind, Language
from service.web.staff.naming import KINDS, LANGUAGES
from service.web.staff.wording import counted, moment

PURPOSES: Final[Mapping[Purpose, str]] = {
    Purpose.CASE_MATCHING: "Matching cases with another service",
    Purpose.CALL_BACK: "Ringing people back",
    Purpose.POST: "Post that GOV.UK Notify cannot print",
    Purpose.LEGAL: "A court, or a duty in law",
    Purpose.REGULATOR: "A regulator has asked",
}
CHOICES: Final[Mapping[str, str]] = {
    **{purpose.value: words for purpose, words in PURPOSES.items()},
    MESSAGING: "Writing to people",
}
"""What somebody may want a list for, the one that is refused among them."""

COLUMNS: Final[Mapping[Column, str]] = {
    Column.NUMBER: "Registration number",
    Column.KIND: "Whether for themselves, for somebody else or for an organisation",
    Column.NAME: "Name",
    Column.ORGANISATION: "Name of the organisation",
    Column.LANGUAGE: "Language",
    Column.TOPICS: "Topics",
    Column.REGISTERED_ON: "Day of registering",
    Column.EMAIL: "Email address",
    Column.MOBILE: "Mobile number",
    Column.POSTAL_ADDRESS: "Postal address",
}
"""In the order of the form: what people can be reached by comes last."""

STATES: Final[Mapping[ExportState, tuple[str, str]]] = {
    ExportState.REQUESTED: ("Waiting for a decision", "yellow"),
    ExportState.APPROVED: ("Approved", "teal"),
    ExportState.BUILDING: ("Being made", "purple"),
    ExportState.READY: ("Ready to download", "orange"),
    ExportState.DOWNLOADED: ("Downloaded, still closed", "orange"),
    ExportState.RELEASED: ("Key handed over", "red"),
    ExportState.EXPIRED: ("Expired", "grey"),
    ExportState.REFUSED: ("Refused", "grey"),
}
"""What a tag says of each, and its colour."""

REFUSALS: Final[Mapping[Refusal, str]] = {
    Refusal.DECLINED: "Whoever was asked said no.",
    Refusal.KEY_CHANGED: "The key that it was asked for was replaced or revoked. Ask for the list again.",
    Refusal.TOO_MANY: "By then more people were meant than it may hold. Ask for it again, for fewer.",
    Refusal.CANNOT_OPEN: "Something that is held of somebody could not be read. An operator has to look.",
}


def title(export: Export) -> str:
    """What a list is called: `Ringing people back, CASE-17`."""
    return f"{PURPOSES[export.purpose]}, {export.reference}"


def people(export: Export) -> str:
    """`1,204 people`."""
    return counted(export.people, "person", "people")


def columns(export: Export) -> str:
    """The columns of a list, in a sentence's middle: `registration number, name and email address`."""
    words = [COLUMNS[column].lower() for column in COLUMNS if column in export.columns]
    return joined(words)


def joined(words: list[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def who(rule: Mapping[str, Any], topics: Mapping[str, str]) -> list[tuple[str, str]]:
    """Whom a filter means, in rows; `topics`: what they are called, by code."""
    if "registrations" in rule:
        return [
            ("People", counted(len(rule["registrations"]), "registration", "registrations") + ", by number")
        ]
    named = (
        ("kinds", "Who they are", {each.value: KINDS[each] for each in Kind}),
        ("languages", "Language", {each.value: LANGUAGES[each] for each in Language}),
        ("topics", "Topics", topics),
    )
    return [
        (words, ", ".join(names.get(each, each) for each in rule[key]) if rule.get(key) else "All")
        for key, words, names in named
    ]


def opened_by(account: Account) -> str:
    """Who could have opened a list, and since when."""
    if account.since is not None:
        return f"{account.who}, since {moment(account.since)}. Nobody else has a key to it."
    if account.for_good:
        return "Nobody. Its key was never handed over, and cannot be any more."
    return "Nobody so far. Its key has not been handed over."
