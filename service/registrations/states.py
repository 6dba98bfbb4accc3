"""The states of a registration and of a confirmation, and the moves between them."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class RegistrationState(StrEnum):
    PENDING = "pending"
    """Nobody has shown that the address is theirs."""
    CONFIRMED = "confirmed"
    LEFT = "left"


class ConfirmationState(StrEnum):
    DUE = "due"
    CLAIMED = "claimed"
    SENT = "sent"
    UNCERTAIN = "uncertain"
    """Handed over without an answer; Notify is asked before anything is sent again."""
    REFUSED = "refused"
    """Notify says that this address cannot be written to."""
    SET_ASIDE = "set_aside"
    """A person must look."""
    TO_RING = "to_ring"
    """A caseworker rings: no message confirms a number for calls."""


REGISTRATION_MOVES: Final[Mapping[RegistrationState, frozenset[RegistrationState]]] = {
    RegistrationState.PENDING: frozenset({RegistrationState.CONFIRMED, RegistrationState.LEFT}),
    RegistrationState.CONFIRMED: frozenset({RegistrationState.LEFT}),
    # Who has left by mistake may undo it.
    RegistrationState.LEFT: frozenset({RegistrationState.CONFIRMED}),
}

CONFIRMATION_MOVES: Final[Mapping[ConfirmationState, frozenset[ConfirmationState]]] = {
    ConfirmationState.DUE: frozenset({ConfirmationState.CLAIMED}),
    ConfirmationState.CLAIMED: frozenset(
        {
            ConfirmationState.DUE,
            ConfirmationState.SENT,
            ConfirmationState.UNCERTAIN,
            ConfirmationState.REFUSED,
            ConfirmationState.SET_ASIDE,
        }
    ),
    ConfirmationState.UNCERTAIN: frozenset(
        {ConfirmationState.SENT, ConfirmationState.DUE, ConfirmationState.SET_ASIDE}
    ),
    ConfirmationState.SENT: frozenset({ConfirmationState.SET_ASIDE}),
    ConfirmationState.REFUSED: frozenset(),
    ConfirmationState.SET_ASIDE: frozenset(),
    # Somebody rang, and it was said.
    ConfirmationState.TO_RING: frozenset({ConfirmationState.SENT}),
}
