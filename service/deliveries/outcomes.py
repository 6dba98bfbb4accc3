"""How an update is doing: the counts that staff see, and when it may be done."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import func
from sqlmodel import col, select

from service.database import Transaction
from service.deliveries.states import UNSENT, DeliveryState
from service.deliveries.tables import Delivery
from service.updates.states import UpdateState
from service.updates.tables import Update

Outcomes = dict[str, int]


async def outcomes(tx: Transaction, update: Update) -> Outcomes:
    """How many deliveries are in each state now. Disjoint: they add up to `planned`.

    A draft has none: people of a former submission are dropped when the next one is prepared.
    """
    if not update.planned:
        return dict.fromkeys((state.value for state in DeliveryState), 0)
    counted = dict(
        (
            await tx.exec(
                select(Delivery.state, func.count())
                .where(Delivery.update_id == update.id)
                .group_by(col(Delivery.state))
            )
        ).all()
    )
    return {state.value: counted.get(state, 0) for state in DeliveryState}


async def outcomes_of(tx: Transaction, updates: Iterable[UUID]) -> dict[UUID, Outcomes]:
    """The same of several updates, in one query."""
    counted = {update: dict.fromkeys((state.value for state in DeliveryState), 0) for update in updates}
    rows = await tx.exec(
        select(Delivery.update_id, Delivery.state, func.count())
        .where(col(Delivery.update_id).in_(counted))
        .group_by(col(Delivery.update_id), col(Delivery.state))
    )
    for update, state, count in rows:
        counted[update][state] = count
    return counted


def eta(update: Update, counted: Outcomes, *, now: datetime) -> datetime | None:
    """When the last message may be handed over, at the speed so far; None where that says nothing."""
    if update.state is not UpdateState.SENDING or update.sending_since is None:
        return None
    left = sum(counted[state.value] for state in UNSENT)
    done = update.planned - left
    if done <= 0:
        return None
    return now + (now - update.sending_since) / done * left if left else now
