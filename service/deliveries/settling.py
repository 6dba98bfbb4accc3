"""Settling: writing down what became of claimed deliveries, a batch in three statements."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, assert_never
from uuid import UUID

from sqlalchemy import text

from service.database import Transaction
from service.deliveries import duplicates, passing_on
from service.deliveries.claiming import Claimed
from service.deliveries.states import DeliveryState
from service.notify.gateway import (
    Accepted,
    AddressRefused,
    Outcome,
    ServiceRefused,
    TryLater,
    Unknown,
)

ACTOR: Final = "worker:send"

# Rows are named twice, by `ANY` and in the join, and the state is asked for in a CASE: by the join or by the
# index of states PostgreSQL would read more and more, the further an update has come (docs/performance.md).

# Only the attempt that is current may settle: a worker that was slow must not undo what came later.
# One whose lease ended meanwhile is uncertain by now, or was asked about in vain and is to be sent again,
# and its 201 still counts: it is accepted, and goes to nobody a second time.
MOVE = text("""
    UPDATE deliveries d SET state = o.state, lease_until = NULL, changed_at = :now
    FROM unnest(CAST(:ids AS uuid[]), CAST(:numbers AS int[]), CAST(:states AS text[]))
        AS o (id, number, state)
    WHERE d.id = ANY (:ids) AND d.id = o.id AND d.attempts = o.number
        AND CASE WHEN d.state = 'claimed' THEN true WHEN d.state IN ('uncertain', 'planned')
            THEN o.state = 'accepted' ELSE false END
""")

# One whose lease ended is being asked about, and only its 201 says more than the answer will: without
# the question its delivery would stay uncertain for ever.
NOTE = text("""
    UPDATE attempts a SET outcome = o.outcome, notify_id = o.notify_id,
        notify_erred = o.notify_erred,
        ask_at = CASE WHEN o.outcome = 'unknown' THEN CAST(:ask_at AS timestamptz) END
    FROM unnest(
        CAST(:references AS text[]), CAST(:outcomes AS text[]), CAST(:notify_ids AS uuid[]),
        CAST(:notify_erred AS boolean[])
    ) AS o (reference, outcome, notify_id, notify_erred)
    WHERE a.reference = ANY (:references) AND a.reference = o.reference
         AND (a.outcome IS NULL OR o.outcome = 'accepted')
""")

# A 201 that is written down after Notify was asked twice in vain, and it was sent again.
LATE = text("""
    INSERT INTO duplicates (notify_id, delivery_id, found_at)
    SELECT o.notify_id, a.delivery_id, CAST(:now AS timestamptz)
    FROM unnest(CAST(:references AS text[]), CAST(:notify_ids AS uuid[])) AS o (reference, notify_id)
    JOIN attempts a ON a.reference = o.reference
    JOIN deliveries d ON d.id = a.delivery_id
    WHERE a.reference = ANY (:references) AND o.notify_id IS NOT NULL AND a.outcome = 'missed'
        AND d.attempts > a.number
    ON CONFLICT DO NOTHING
    RETURNING delivery_id, notify_id
""")

ABANDON = text("""
    WITH left_over AS (
        UPDATE deliveries SET state = 'uncertain', lease_until = NULL, changed_at = :now
        WHERE state = 'claimed' AND lease_until <= :now
        RETURNING id, attempts
    )
    UPDATE attempts a SET outcome = 'unknown', ask_at = :now
    FROM left_over l WHERE a.delivery_id = l.id AND a.number = l.attempts
""")


@dataclass(frozen=True, slots=True)
class Settlement:
    """What became of one claimed delivery, and of the attempt at it."""

    claimed: Claimed
    state: DeliveryState
    outcome: str
    notify_id: UUID | None = None
    notify_erred: bool = False
    """Whether Notify answered with an error of its own, which a bad payload gets for ever."""


def settlement(claimed: Claimed, outcome: Outcome) -> Settlement:
    """The state that an outcome leads to."""
    match outcome:
        case Accepted():
            return Settlement(claimed, DeliveryState.ACCEPTED, "accepted", outcome.notify_id)
        case TryLater() | ServiceRefused():
            return Settlement(claimed, DeliveryState.PLANNED, "not-sent")
        case AddressRefused():
            return Settlement(claimed, DeliveryState.REFUSED, "refused")
        case Unknown():
            return Settlement(claimed, DeliveryState.UNCERTAIN, "unknown", notify_erred=outcome.by_notify)
        case _:
            assert_never(outcome)


def not_sent(claimed: Claimed, state: DeliveryState) -> Settlement:
    """A claimed delivery that we did not hand over, and what it is instead."""
    return Settlement(claimed, state, "not-sent")


async def settle(
    tx: Transaction, settlements: Sequence[Settlement], *, ask_after: timedelta, now: datetime
) -> None:
    """Write down `settlements`."""
    parameters = {
        "ids": [each.claimed.delivery for each in settlements],
        "numbers": [each.claimed.number for each in settlements],
        "references": [each.claimed.reference for each in settlements],
        "states": [each.state.value for each in settlements],
        "outcomes": [each.outcome for each in settlements],
        "notify_ids": [each.notify_id for each in settlements],
        "notify_erred": [each.notify_erred for each in settlements],
        "ask_at": now + ask_after,
        "now": now,
    }
    late = (await tx.execute(LATE, parameters)).all()
    await tx.execute(NOTE, parameters)
    await tx.execute(MOVE, parameters)
    refused = [each.claimed.delivery for each in settlements if each.state is DeliveryState.REFUSED]
    await passing_on.pass_on(tx, refused, actor=ACTOR, now=now)
    await duplicates.found(tx, late, actor=ACTOR, now=now)


async def abandon(tx: Transaction, *, now: datetime) -> None:
    """Claims whose lease ended: their worker died, perhaps after handing over. Notify is to be asked."""
    await tx.execute(ABANDON, {"now": now})
