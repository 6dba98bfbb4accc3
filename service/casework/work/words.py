"""The words of a work session: which people, what for, what came of each; and its states."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class WorkKind(StrEnum):
    """Which people."""

    CALLS = "calls"
    """Those whom an update can only reach by a call, and whom nobody has rung yet."""
    FORMATS = "formats"
    """Those who need an update in another format, and have not got it yet."""
    UNREACHED = "unreached"
    """Those whom an update did not reach in any of their ways."""
    NO_WAY_LEFT = "no-way-left"
    """Those of a scheme of whose addresses none can be written to any more."""


class WorkPurpose(StrEnum):
    """What for."""

    CALL_BACK = "call-back"
    OTHER_FORMAT = "other-format"
    ANOTHER_WAY = "another-way"
    """To find out how they can be reached."""
    SAFEGUARDING = "safeguarding"


class Outcome(StrEnum):
    """What came of one person."""

    TOLD = "told"
    """Somebody told them what the update says."""
    SENT = "sent"
    """They got it in their format."""
    REACHED = "reached"
    """Somebody spoke to them, and they were not told or sent anything."""
    NO_ANSWER = "no-answer"
    WRONG_NUMBER = "wrong-number"
    ASKED_NOT_TO_BE_CALLED = "asked-not-to-be-called"
    ASKED_TO_LEAVE = "asked-to-leave"
    GONE = "gone"
    """They had left, or were erased, before anybody opened them. The service says so itself."""


class Detail(StrEnum):
    """What of a person a caseworker sees besides their name. No more than the work needs."""

    NUMBERS = "numbers"
    """For calls and texts."""
    EMAIL = "email"
    POSTAL_ADDRESS = "postal_address"


SHOWN: Final[Mapping[WorkKind, frozenset[Detail]]] = MappingProxyType(
    {
        WorkKind.CALLS: frozenset({Detail.NUMBERS}),
        WorkKind.FORMATS: frozenset(Detail),
        WorkKind.UNREACHED: frozenset(Detail),
        WorkKind.NO_WAY_LEFT: frozenset(Detail),
    }
)


class SessionState(StrEnum):
    REQUESTED = "requested"
    APPROVED = "approved"
    WORKING = "working"
    """Somebody has opened the first person."""
    FINISHED = "finished"
    """It has been said of everybody what came of them."""
    REFUSED = "refused"
    EXPIRED = "expired"
    """Seven days were over first."""


SESSION_MOVES: Final[Mapping[SessionState, frozenset[SessionState]]] = MappingProxyType(
    {
        SessionState.REQUESTED: frozenset(
            {SessionState.APPROVED, SessionState.REFUSED, SessionState.EXPIRED}
        ),
        SessionState.APPROVED: frozenset({SessionState.WORKING, SessionState.EXPIRED}),
        SessionState.WORKING: frozenset({SessionState.FINISHED, SessionState.EXPIRED}),
        SessionState.FINISHED: frozenset(),
        SessionState.REFUSED: frozenset(),
        SessionState.EXPIRED: frozenset(),
    }
)
UNDER_WAY: Final = (SessionState.APPROVED, SessionState.WORKING)


class ItemState(StrEnum):
    WAITING = "waiting"
    OPEN = "open"
    """One caseworker has their details, until they say what came of it, or their lease ends."""
    CALLED_AGAIN = "called_again"
    """Nobody answered: somebody rings again at a time."""
    NOT_REACHED = "not_reached"
    DONE = "done"


ITEM_MOVES: Final[Mapping[ItemState, frozenset[ItemState]]] = MappingProxyType(
    {
        ItemState.WAITING: frozenset({ItemState.OPEN}),
        ItemState.OPEN: frozenset({ItemState.CALLED_AGAIN, ItemState.NOT_REACHED, ItemState.DONE}),
        ItemState.CALLED_AGAIN: frozenset({ItemState.OPEN}),
        ItemState.NOT_REACHED: frozenset(),
        ItemState.DONE: frozenset(),
    }
)
UNSETTLED: Final = (ItemState.WAITING, ItemState.OPEN, ItemState.CALLED_AGAIN)
"""Of whom something is still to be done."""
