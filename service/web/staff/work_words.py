"""What the pages of work sessions call things."""

from collections.abc import Mapping
from typing import Final

from service.casework.work.words import Detail, Outcome, SessionState, WorkKind, WorkPurpose
from service.registrations.words import Channel

TAGS: Final[Mapping[SessionState, tuple[str, str]]] = {
    SessionState.REQUESTED: ("Waiting for approval", "yellow"),
    SessionState.APPROVED: ("Approved", "teal"),
    SessionState.WORKING: ("Being worked on", "blue"),
    SessionState.FINISHED: ("Finished", "green"),
    SessionState.REFUSED: ("Refused", "red"),
    SessionState.EXPIRED: ("Over", "grey"),
}
"""What a tag says of each, and its colour."""

KINDS_OF_WORK: Final[Mapping[WorkKind, str]] = {
    WorkKind.CALLS: "People to call",
    WorkKind.FORMATS: "People who need another format",
    WorkKind.UNREACHED: "People whom every way failed to reach",
    WorkKind.NO_WAY_LEFT: "People who cannot be written to any more",
}
PURPOSES_OF_WORK: Final[Mapping[WorkPurpose, str]] = {
    WorkPurpose.CALL_BACK: "To call them and tell them the update",
    WorkPurpose.OTHER_FORMAT: "To send them the update in their format",
    WorkPurpose.ANOTHER_WAY: "To find out how they can be reached",
    WorkPurpose.SAFEGUARDING: "To make sure that somebody is safe",
}
DETAILS_SHOWN: Final[Mapping[Detail, str]] = {
    Detail.NUMBERS: "telephone numbers",
    Detail.EMAIL: "email address",
    Detail.POSTAL_ADDRESS: "postal address",
}
OUTCOMES_OF_WORK: Final[Mapping[Outcome, str]] = {
    Outcome.TOLD: "Told what the update says",
    Outcome.SENT: "Sent in their format",
    Outcome.REACHED: "Spoken to, and that was all",
    Outcome.NO_ANSWER: "No answer",
    Outcome.WRONG_NUMBER: "Wrong number",
    Outcome.ASKED_NOT_TO_BE_CALLED: "Asked not to be called",
    Outcome.ASKED_TO_LEAVE: "Asked to leave",
    Outcome.GONE: "Had left, or were erased, before anybody called",
}
"""In the order of a page."""

AGAIN: Final = "again"
"""Nobody answered, and somebody calls again at a time."""
CAN_SAY: Final[Mapping[str, tuple[str, str]]] = {
    Outcome.TOLD: ("I told them what the update says", "They need no call about it any more."),
    Outcome.SENT: ("I sent it in their format", "They need it no more."),
    Outcome.REACHED: ("I spoke to them, and that was all", "What they need is still to be done."),
    AGAIN: ("No answer: call again", ""),
    Outcome.NO_ANSWER: ("No answer, and nobody is to try again", ""),
    Outcome.WRONG_NUMBER: ("The number is somebody else’s, or does not exist", ""),
    Outcome.ASKED_NOT_TO_BE_CALLED: (
        "They asked not to be called",
        "They are in no work session of calls again.",
    ),
    Outcome.ASKED_TO_LEAVE: ("They asked to leave", "Their registration is closed at once."),
}
"""The answers of the form, and what each does."""
NOT_SAID_OF: Final[Mapping[WorkKind, frozenset[str]]] = {
    WorkKind.CALLS: frozenset({Outcome.SENT}),
    WorkKind.FORMATS: frozenset({Outcome.TOLD}),
    WorkKind.UNREACHED: frozenset({Outcome.SENT}),
    WorkKind.NO_WAY_LEFT: frozenset({Outcome.SENT, Outcome.TOLD}),
}

CONTACTS: Final[Mapping[Channel, str]] = {
    Channel.PHONE: "Number for calls",
    Channel.SMS: "Number for texts",
    Channel.EMAIL: "Email address",
    Channel.LETTER: "Postal address",
}


def what_is_seen(details: frozenset[Detail]) -> str:
    """`name, telephone numbers and postal address`."""
    words = ["name", *(words for detail, words in DETAILS_SHOWN.items() if detail in details)]
    return f"{', '.join(words[:-1])} and {words[-1]}"
