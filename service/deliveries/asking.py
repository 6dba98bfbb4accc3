"""Asking Notify about hand-overs without an answer that counts. What is not known is never guessed.

Found: adopted. Missed twice, `KEPT_UNCERTAIN_AFTER_SECONDS` apart: planned again, as a new attempt.
Past seven days a look-up proves nothing, because Notify has purged its rows: a person must look.
"""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from service.audit import chain
from service.audit.events import DuplicateFound
from service.database import Transaction
from service.deliveries.states import DeliveryState
from service.deliveries.tables import Attempt, Delivery, Duplicate
from service.notify.gateway import Found

MISSES: Final = 2
NOTIFY_REMEMBERS: Final = timedelta(days=7)
ACTOR: Final = "worker:reconcile"


async def to_ask_about(tx: Transaction, *, limit: int, now: datetime) -> list[tuple[UUID, str]]:
    """Attempts whose time to be asked about has come: id and reference, oldest first."""
    rows = await tx.exec(
        select(Attempt.id, Attempt.reference)
        .where(col(Attempt.ask_at) <= now)
        .order_by(col(Attempt.ask_at))
        .limit(limit)
    )
    return [(attempt_id, reference) for attempt_id, reference in rows]


async def settle_asked(
    tx: Transaction, attempt_id: UUID, found: list[Found], *, ask_after: timedelta, now: datetime
) -> None:
    """Write down what Notify said of one attempt."""
    attempt = (
        await tx.exec(
            select(Attempt)
            .where(Attempt.id == attempt_id, col(Attempt.ask_at) <= now)
            .with_for_update(skip_locked=True)
        )
    ).one_or_none()
    if attempt is None:
        return
    if any(each.status == "created" for each in found):
        attempt.ask_at = now + ask_after  # It may still be deleted (notify.md, Finding out).
    elif found:
        attempt.ask_at, attempt.outcome, attempt.notify_id = None, "accepted", found[0].notify_id
        await _move(tx, attempt, DeliveryState.ACCEPTED, now=now)
        await _record_duplicates(tx, attempt.delivery_id, [each.notify_id for each in found[1:]], now=now)
    elif now - attempt.started_at > NOTIFY_REMEMBERS:
        attempt.ask_at, attempt.outcome = None, "set-aside"
        await _move(tx, attempt, DeliveryState.SET_ASIDE, now=now)
    else:
        attempt.misses += 1
        attempt.ask_at = now + ask_after
        if attempt.misses >= MISSES:
            attempt.ask_at, attempt.outcome = None, "missed"
            await _move(tx, attempt, DeliveryState.PLANNED, now=now)
    tx.add(attempt)
    await tx.flush()


async def ask_later(tx: Transaction, attempt_id: UUID, *, at: datetime) -> None:
    """Notify could not be asked: nothing is learnt, and nothing is counted."""
    await tx.execute(update(Attempt).where(col(Attempt.id) == attempt_id).values(ask_at=at))


async def _move(tx: Transaction, attempt: Attempt, to: DeliveryState, *, now: datetime) -> None:
    await tx.execute(
        update(Delivery)
        .where(
            col(Delivery.id) == attempt.delivery_id,
            col(Delivery.attempts) == attempt.number,
            col(Delivery.state) == DeliveryState.UNCERTAIN,
        )
        .values(state=to, changed_at=now)
    )


async def _record_duplicates(
    tx: Transaction, delivery_id: UUID, notify_ids: list[UUID], *, now: datetime
) -> None:
    if not notify_ids:
        return
    update_id = (await tx.exec(select(Delivery.update_id).where(Delivery.id == delivery_id))).one()
    await tx.execute(
        insert(Duplicate).on_conflict_do_nothing(),
        [{"notify_id": each, "delivery_id": delivery_id, "found_at": now} for each in notify_ids],
    )
    await chain.append(tx, DuplicateFound(actor=ACTOR, update=update_id, delivery=delivery_id), now=now)
