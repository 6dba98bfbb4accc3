"""A second acceptance of one delivery: counted in the certificate, recorded, and an incident.

Notify has no idempotency key, so that one can happen: a message that Notify commits after it was asked
twice in vain, minutes later (notify.md, Finding out). It is never hidden.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from service.audit import chain
from service.audit.events import DuplicateFound
from service.database import Transaction
from service.deliveries.tables import Delivery, Duplicate
from service.holds.incidents import open_incidents
from service.holds.tables import IncidentKind


async def record(
    tx: Transaction, delivery_id: UUID, notify_ids: Sequence[UUID], *, actor: str, now: datetime
) -> None:
    """Write down that Notify has these messages of a delivery besides the one that counts."""
    if notify_ids:
        new = await tx.execute(
            insert(Duplicate)
            .values([{"notify_id": each, "delivery_id": delivery_id, "found_at": now} for each in notify_ids])
            .on_conflict_do_nothing()
            .returning(col(Duplicate.delivery_id), col(Duplicate.notify_id))
        )
        await found(tx, new.all(), actor=actor, now=now)


async def found(tx: Transaction, new: Sequence[Any], *, actor: str, now: datetime) -> None:
    """Record duplicates that were written down just now: rows of `delivery_id`, `notify_id`."""
    if not new:
        return
    updates = dict(
        (
            await tx.exec(
                select(Delivery.id, Delivery.update_id).where(
                    col(Delivery.id).in_({each.delivery_id for each in new})
                )
            )
        ).all()
    )
    for each in new:
        event = DuplicateFound(actor=actor, update=updates[each.delivery_id], delivery=each.delivery_id)
        await chain.append(tx, event, now=now)
    await open_incidents(tx, IncidentKind.DUPLICATE, [each.notify_id for each in new], actor=actor, now=now)
