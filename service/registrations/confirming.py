"""Messages about registrations that were claimed: settling, and asking about what is unclear.

Notify is asked before anything is sent again, so that a link that arrived keeps working.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, assert_never
from uuid import UUID

from sqlalchemy import text, update
from sqlmodel import col, select

from service.database import Transaction
from service.notify.gateway import (
    Accepted,
    AddressRefused,
    Found,
    Outcome,
    ServiceRefused,
    TryLater,
    Unknown,
)
from service.registrations.states import CONFIRMATION_MOVES, ConfirmationState
from service.registrations.tables import Confirmation

LATER: Final = timedelta(seconds=2)
ASKED: Final = 2
"""How often Notify has to miss an attempt before it is made again."""

NOT_ASKED = text("""
    UPDATE contacts SET asked_at = trim_array(asked_at, 1)
    WHERE cardinality(asked_at) > 0
        AND id IN (
            SELECT contact_id FROM confirmations
            WHERE id = ANY (:ids) AND state = :state AND purpose IN ('confirm', 'change')
        )
""")


async def settle(
    tx: Transaction, outcomes: Sequence[tuple[UUID, Outcome]], *, ask_after: timedelta, now: datetime
) -> None:
    """Write down what Notify said of each claimed confirmation."""
    # Certainly not handed over is not asked: else a busy hour would use up a person's three a month.
    not_sent = [each for each, outcome in outcomes if isinstance(outcome, TryLater | ServiceRefused)]
    await tx.execute(NOT_ASKED, {"ids": not_sent, "state": ConfirmationState.CLAIMED.value})
    rows = await _locked(tx, [confirmation_id for confirmation_id, _ in outcomes], ConfirmationState.CLAIMED)
    for confirmation_id, outcome in outcomes:
        confirmation = rows.get(confirmation_id)
        if confirmation is None:
            continue  # A newer registration took its place, or its lease ended.
        match outcome:
            case Accepted():
                move(confirmation, ConfirmationState.SENT)
                confirmation.notify_id = outcome.notify_id
                confirmation.sent_at = now
            case TryLater():
                move(confirmation, ConfirmationState.DUE)
                confirmation.try_at = now + LATER
            case AddressRefused():
                move(confirmation, ConfirmationState.REFUSED)
            case ServiceRefused():
                # Notify's settings are wrong, not this person's address: nobody is given up.
                move(confirmation, ConfirmationState.DUE)
                confirmation.try_at = now + timedelta(minutes=1)
            case Unknown():
                move(confirmation, ConfirmationState.UNCERTAIN)
                confirmation.try_at = now + ask_after
            case _:
                assert_never(outcome)
    await tx.flush()


async def set_aside(tx: Transaction, ids: Sequence[UUID]) -> None:
    """Claimed confirmations that cannot be sent as they are: a person must look."""
    for confirmation in (await _locked(tx, ids, ConfirmationState.CLAIMED)).values():
        move(confirmation, ConfirmationState.SET_ASIDE)
    await tx.flush()


async def abandon(tx: Transaction, *, now: datetime) -> None:
    """A lease that ended: its worker died, perhaps after handing over. Notify is asked."""
    await tx.execute(
        update(Confirmation)
        .where(col(Confirmation.state) == ConfirmationState.CLAIMED, col(Confirmation.try_at) <= now)
        .values(state=ConfirmationState.UNCERTAIN, try_at=now)
    )


async def to_ask_about(tx: Transaction, *, limit: int, now: datetime) -> list[tuple[UUID, str]]:
    """Unclear attempts whose time to be asked about has come: id and reference."""
    rows = await tx.exec(
        select(Confirmation.id, Confirmation.reference)
        .where(Confirmation.state == ConfirmationState.UNCERTAIN, col(Confirmation.try_at) <= now)
        .limit(limit)
    )
    return [(confirmation_id, reference) for confirmation_id, reference in rows if reference is not None]


async def settle_asked(
    tx: Transaction, confirmation_id: UUID, found: list[Found], *, ask_after: timedelta, now: datetime
) -> None:
    """What Notify said when it was asked: sent, or, after two misses, due again."""
    rows = await _locked(tx, [confirmation_id], ConfirmationState.UNCERTAIN)
    confirmation = rows.get(confirmation_id)
    if confirmation is None:
        return
    if any(each.status == "created" for each in found):
        confirmation.try_at = now + ask_after  # It may still be deleted (notify.md, Finding out).
    elif found:
        move(confirmation, ConfirmationState.SENT)
        confirmation.notify_id = found[0].notify_id
        confirmation.sent_at = now
    else:
        confirmation.misses += 1
        confirmation.try_at = now + ask_after
        if confirmation.misses >= ASKED:
            # Its holder was not asked: it goes out again now, and not when the limits allow another.
            await tx.execute(
                NOT_ASKED, {"ids": [confirmation_id], "state": ConfirmationState.UNCERTAIN.value}
            )
            move(confirmation, ConfirmationState.DUE)
            confirmation.try_at = now
    await tx.flush()


async def _locked(tx: Transaction, ids: Sequence[UUID], state: ConfirmationState) -> dict[UUID, Confirmation]:
    rows = await tx.exec(
        select(Confirmation)
        .where(col(Confirmation.id).in_(ids), Confirmation.state == state)
        .order_by(col(Confirmation.id))
        .with_for_update()
    )
    return {row.id: row for row in rows}


def move(confirmation: Confirmation, to: ConfirmationState) -> None:
    if to not in CONFIRMATION_MOVES[confirmation.state]:
        raise ValueError(f"a confirmation does not move from {confirmation.state} to {to}")
    confirmation.state = to
