"""The states of a notice, and the moves between them."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class NoticeState(StrEnum):
    DUE = "due"
    CLAIMED = "claimed"
    SENT = "sent"
    UNCERTAIN = "uncertain"
    """Handed over without an answer; Notify is asked before anything is sent again."""
    REFUSED = "refused"
    """Notify says that this address cannot be written to."""
    SET_ASIDE = "set_aside"
    """It cannot be made: their address does not open."""


NOTICE_MOVES: Final[Mapping[NoticeState, frozenset[NoticeState]]] = {
    NoticeState.DUE: frozenset({NoticeState.CLAIMED}),
    NoticeState.CLAIMED: frozenset(
        {
            NoticeState.DUE,
            NoticeState.SENT,
            NoticeState.UNCERTAIN,
            NoticeState.REFUSED,
            NoticeState.SET_ASIDE,
        }
    ),
    NoticeState.UNCERTAIN: frozenset({NoticeState.SENT, NoticeState.DUE}),
    NoticeState.SENT: frozenset(),
    NoticeState.REFUSED: frozenset(),
    NoticeState.SET_ASIDE: frozenset(),
}
