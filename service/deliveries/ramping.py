"""The ramp: an update begins with a few people, and goes on when their receipts are in.

`KEPT_RAMP` has cumulative percentages of the planned deliveries, rounded up; equal steps are merged. A
step ends when all its messages have final receipts, or `KEPT_RAMP_WAIT_SECONDS` after the last of them
was claimed (contract.md, Settings). What halts an update halts it in mid-ramp, and bounces do.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import func, text
from sqlmodel import col, select

from service.database import Transaction
from service.deliveries.states import DeliveryState
from service.deliveries.tables import Delivery
from service.updates.drafting import locked
from service.updates.tables import Update

EVERYONE: Final = 100
AWAITED: Final = (DeliveryState.CLAIMED, DeliveryState.UNCERTAIN, DeliveryState.ACCEPTED)

FEW: Final = 3
"""So many permanent failures never halt an update by themselves: one of two people may have moved."""

# Counted from the last resumption: a senior who resumes has seen what bounced before. And by the first
# channel of each person alone: somebody who has moved may bounce by every one of theirs.
BOUNCING = text("""
    SELECT u.id FROM updates u
    CROSS JOIN LATERAL (
        SELECT count(*) AS failed FROM deliveries d
        WHERE d.update_id = u.id AND d.state IN ('bounced', 'refused') AND d.instead_of IS NULL
            AND d.changed_at > coalesce(u.resumed_at, u.sending_since)
    ) permanently
    CROSS JOIN LATERAL (
        -- Not counted at all while too few failed.
        SELECT count(*) AS settled FROM deliveries d
        WHERE permanently.failed >= :few AND d.update_id = u.id
            AND d.state IN ('delivered', 'bounced', 'refused', 'failed') AND d.instead_of IS NULL
            AND d.changed_at > coalesce(u.resumed_at, u.sending_since)
    ) altogether
    WHERE u.state = 'sending' AND permanently.failed >= :few
        AND permanently.failed * 100 > altogether.settled * :percent
""")


@dataclass(frozen=True)
class Ramp:
    """How an update begins: rising percentages that end at 100, and how long receipts are awaited."""

    percentages: Sequence[int]
    wait: timedelta

    def after(self, percent: int, planned: int) -> int:
        """The next percentage that is more people than `percent` is."""
        more = (each for each in self.percentages if _share(each, planned) > _share(percent, planned))
        return next(more, EVERYONE)


async def allowance(tx: Transaction, update_id: UUID, ramp: Ramp, *, now: datetime) -> int | None:
    """How many deliveries of an update may be claimed now; None where all may.

    The update stays locked until the transaction ends, so that workers claim no more together. That
    costs nothing once the ramp is over: then nobody asks.
    """
    update = await locked(tx, update_id)
    while update.ramp_percent < EVERYONE:
        left = _share(update.ramp_percent, update.planned) - await _claimed(tx, update)
        if left > 0:
            update.ramp_since = None
            break
        update.ramp_since = update.ramp_since or now
        if now < update.ramp_since + ramp.wait and await _awaits(tx, update):
            break
        update.ramp_percent = ramp.after(update.ramp_percent, update.planned)
        update.ramp_since = None
    tx.add(update)
    await tx.flush()
    return max(left, 0) if update.ramp_percent < EVERYONE else None


async def bouncing(tx: Transaction, *, percent: int) -> list[UUID]:
    """Updates of which more than `percent` of those settled so far can never be reached."""
    return list((await tx.execute(BOUNCING, {"few": FEW, "percent": percent})).scalars())


def _share(percent: int, planned: int) -> int:
    return -(-planned * percent // 100)


async def _claimed(tx: Transaction, update: Update) -> int:
    counted = select(func.count()).where(
        Delivery.update_id == update.id, col(Delivery.state) != DeliveryState.PLANNED
    )
    return (await tx.exec(counted)).one()


async def _awaits(tx: Transaction, update: Update) -> bool:
    awaited = select(Delivery.id).where(Delivery.update_id == update.id, col(Delivery.state).in_(AWAITED))
    return (await tx.exec(awaited.limit(1))).first() is not None
