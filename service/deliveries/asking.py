"""Asking Notify about hand-overs without an answer that counts. What is not known is never guessed.

Found: adopted. Missed twice, `KEPT_UNCERTAIN_AFTER_SECONDS` apart: planned again, as a new attempt.
Past the days that Notify keeps its rows (`KEPT_NOTIFY_RETENTION_DAYS`) a look-up proves nothing: a
person must look.
"""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import func, update
from sqlmodel import col, select

from service.database import Transaction
from service.deliveries import duplicates
from service.deliveries.states import DeliveryState
from service.deliveries.tables import Attempt, Delivery
from service.notify.gateway import Found

MISSES: Final = 2
ERRORS: Final = 10
"""A payload that gets so many errors of Notify's own, while it takes others, is set aside: it may get them
for ever. In an outage everybody gets them, and nobody is set aside."""
ERRORS_ALONE: Final = 100
"""So many are enough where there was nothing else to take."""
ACTOR: Final = "worker:reconcile"


async def to_ask_about(tx: Transaction, *, limit: int, now: datetime) -> list[tuple[UUID, str]]:
    """Attempts whose time to be asked about has come: id and reference, oldest first."""
    rows = await tx.exec(
        select(Attempt.id, Attempt.reference)
        .where(col(Attempt.ask_at) <= now, Attempt.outcome == "unknown")
        .order_by(col(Attempt.ask_at))
        .limit(limit)
    )
    return [(attempt_id, reference) for attempt_id, reference in rows]


async def settle_asked(
    tx: Transaction,
    attempt_id: UUID,
    found: list[Found],
    *,
    ask_after: timedelta,
    remembered: timedelta,
    now: datetime,
) -> None:
    """Write down what Notify said of one attempt."""
    attempt = await _locked(tx, attempt_id, now=now)
    if attempt is None:
        return
    if any(each.status == "created" for each in found):
        attempt.ask_at = now + ask_after  # It may still be deleted (notify.md, Finding out).
    elif found:
        attempt.ask_at, attempt.outcome, attempt.notify_id = None, "accepted", found[0].notify_id
        await _move(tx, attempt, DeliveryState.ACCEPTED, now=now)
        others = [each.notify_id for each in found[1:]]
        await duplicates.record(tx, attempt.delivery_id, others, actor=ACTOR, now=now)
    elif now - attempt.started_at > remembered:
        attempt.ask_at, attempt.outcome = None, "set-aside"
        await _move(tx, attempt, DeliveryState.SET_ASIDE, now=now)
    else:
        attempt.misses += 1
        attempt.ask_at = now + ask_after
        if attempt.misses >= MISSES:
            attempt.ask_at, attempt.outcome = None, "missed"
            again = DeliveryState.SET_ASIDE if await _always_errs(tx, attempt) else DeliveryState.PLANNED
            await _move(tx, attempt, again, now=now)
    tx.add(attempt)
    await tx.flush()


async def ask_later(tx: Transaction, attempt_id: UUID, *, at: datetime) -> None:
    """Notify could not be asked: nothing is learnt, and nothing is counted."""
    await tx.execute(update(Attempt).where(col(Attempt.id) == attempt_id).values(ask_at=at))


async def _locked(tx: Transaction, attempt_id: UUID, *, now: datetime) -> Attempt | None:
    """The attempt, if it is still to be asked about and nobody else is at it."""
    # The delivery first, as everywhere: a receipt that comes meanwhile would else wait for us, and we for it.
    delivery = (
        select(Delivery.id)
        .join(Attempt, col(Attempt.delivery_id) == col(Delivery.id))
        .where(Attempt.id == attempt_id)
        .with_for_update(of=Delivery, skip_locked=True)
    )
    if (await tx.exec(delivery)).first() is None:
        return None
    attempt = (
        select(Attempt)
        .where(Attempt.id == attempt_id, col(Attempt.ask_at) <= now, Attempt.outcome == "unknown")
        .with_for_update(skip_locked=True)
    )
    return (await tx.exec(attempt)).one_or_none()


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


async def _always_errs(tx: Transaction, attempt: Attempt) -> bool:
    """Whether it is this payload that Notify cannot take: others it took, since this one first erred."""
    errors, first = (
        await tx.exec(
            select(func.count(), func.min(Attempt.started_at)).where(
                Attempt.delivery_id == attempt.delivery_id, col(Attempt.notify_erred)
            )
        )
    ).one()
    if errors < ERRORS:
        return False
    took = select(Attempt.id).where(col(Attempt.started_at) >= first, Attempt.outcome == "accepted").limit(1)
    return errors >= ERRORS_ALONE or (await tx.exec(took)).first() is not None
