"""The states of an update and the moves between them (ARCHITECTURE.md draws them)."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from service.errors import Conflict


class UpdateState(StrEnum):
    DRAFT = "draft"
    PREPARING = "preparing"
    """Submitted: a worker freezes the people."""
    AWAITING_APPROVAL = "awaiting_approval"
    APPROVED = "approved"
    SENDING = "sending"
    HALTED = "halted"
    SENT = "sent"
    """Nothing is planned, claimed or uncertain any more; receipts may follow, and pass a bounce on."""


MOVES: Final[Mapping[UpdateState, frozenset[UpdateState]]] = {
    UpdateState.DRAFT: frozenset({UpdateState.PREPARING}),
    UpdateState.PREPARING: frozenset(
        {UpdateState.AWAITING_APPROVAL, UpdateState.APPROVED, UpdateState.DRAFT}
    ),
    UpdateState.AWAITING_APPROVAL: frozenset({UpdateState.APPROVED, UpdateState.DRAFT}),
    UpdateState.APPROVED: frozenset({UpdateState.SENDING, UpdateState.DRAFT, UpdateState.HALTED}),
    UpdateState.SENDING: frozenset({UpdateState.SENT, UpdateState.HALTED}),
    UpdateState.HALTED: frozenset({UpdateState.SENDING}),
    # A bounce is passed on to the person's next channel.
    UpdateState.SENT: frozenset({UpdateState.SENDING}),
}


class WrongState(Conflict):
    """The update is not in a state that allows this."""

    code = "wrong-state"


def check_move(old: UpdateState, new: UpdateState) -> None:
    """Raises `WrongState` unless an update may go from `old` to `new`."""
    if new not in MOVES[old]:
        raise WrongState(f"The update is {old.value}, and cannot become {new.value}.")
