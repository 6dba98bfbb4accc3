"""The end of an update: sent, when nothing is planned, claimed or uncertain any more."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import exists
from sqlmodel import col, select

from service.audit import chain
from service.audit.events import UpdateSent
from service.database import Transaction
from service.deliveries.states import UNSENT
from service.deliveries.tables import Delivery
from service.updates.drafting import locked
from service.updates.states import UpdateState
from service.updates.tables import Update

ACTOR = "worker:send"


async def finished(tx: Transaction) -> list[UUID]:
    """Updates that are being sent and have nothing left to send."""
    left = exists().where(col(Delivery.update_id) == col(Update.id), col(Delivery.state).in_(UNSENT))
    return list((await tx.exec(select(Update.id).where(Update.state == UpdateState.SENDING, ~left))).all())


async def finish(tx: Transaction, update_id: UUID, *, now: datetime) -> None:
    """Say that an update is sent."""
    update = await locked(tx, update_id)
    if update.state is not UpdateState.SENDING or update_id not in await finished(tx):
        return
    update.state = UpdateState.SENT
    update.sent_at = now
    tx.add(update)
    await tx.flush()
    await chain.append(tx, UpdateSent(actor=ACTOR, update=update.id, planned=update.planned), now=now)
