"""The states of a delivery and the moves between them (ARCHITECTURE.md draws them)."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class DeliveryState(StrEnum):
    PLANNED = "planned"
    CLAIMED = "claimed"
    """A worker has it, until its lease ends."""
    ACCEPTED = "accepted"
    """Notify answered 201, or says that it has it."""
    DELIVERED = "delivered"
    BOUNCED = "bounced"
    """permanent-failure: the address does not exist."""
    FAILED = "failed"
    """temporary-failure or technical-failure. It is not sent again blindly."""
    REFUSED = "refused"
    """Notify says that this address is not valid."""
    WITHDRAWN = "withdrawn"
    """The person left before it was handed over."""
    SUPPRESSED = "suppressed"
    """The address has bounced before, or is not to be written to."""
    UNCERTAIN = "uncertain"
    """Handed over, and no answer that counts. Notify is asked before anything else."""
    SET_ASIDE = "set_aside"
    """A person must look."""


S = DeliveryState

MOVES: Final[Mapping[DeliveryState, frozenset[DeliveryState]]] = {
    # Accepted without a claim: found at Notify by a database that was put back to an earlier copy.
    S.PLANNED: frozenset({S.CLAIMED, S.ACCEPTED}),
    S.CLAIMED: frozenset(
        {S.ACCEPTED, S.PLANNED, S.WITHDRAWN, S.SUPPRESSED, S.REFUSED, S.SET_ASIDE, S.UNCERTAIN}
    ),
    S.UNCERTAIN: frozenset({S.ACCEPTED, S.PLANNED, S.SET_ASIDE}),
    S.ACCEPTED: frozenset({S.DELIVERED, S.BOUNCED, S.FAILED}),
    S.DELIVERED: frozenset(),
    S.BOUNCED: frozenset(),
    S.FAILED: frozenset(),
    S.REFUSED: frozenset(),
    S.WITHDRAWN: frozenset(),
    S.SUPPRESSED: frozenset(),
    S.SET_ASIDE: frozenset(),
}

UNSENT: Final = frozenset({S.PLANNED, S.CLAIMED, S.UNCERTAIN})
"""An update with none of these is sent."""

AWAITING_RECEIPT: Final = frozenset({S.ACCEPTED})
"""A certificate with none of these, and none unsent, is final; so is one that has waited for seven days."""
