"""Receipts that never come: Notify is asked for each message by its id, within the seven days it knows.

`technical-failure` has no callback at all, one that was answered with a 4xx is dropped for ever, and of a
letter Notify never tells anything by itself (notify.md, Delivery).
"""

from datetime import datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import or_, update
from sqlalchemy import select as sa_select
from sqlmodel import col
from uuid6 import uuid7

from service.database import Transaction
from service.deliveries.states import DeliveryState
from service.deliveries.tables import Attempt, Delivery, Receipt
from service.notify.gateway import FINAL, Found
from service.registrations.words import Channel

FIRST: Final = timedelta(minutes=30)
"""Notify offers a receipt six times in twenty-five minutes. After that none will come."""
AGAIN: Final = timedelta(hours=1)


OF_A_LETTER: Final = {
    "received": "delivered",
    "returned-letter": "permanent-failure",
    "cancelled": "technical-failure",
    "permanent-failure": "technical-failure",
    "temporary-failure": "technical-failure",
    "technical-failure": "technical-failure",
    "validation-failed": "technical-failure",
    "virus-scan-failed": "technical-failure",
}
"""Notify's words for what became of a letter, each with the receipt of an email that says the same.

Received by the printer and posted is all that is ever known of a letter that arrives. One that cannot be
printed says nothing against the address; one that came back does.
"""


class Polled(NamedTuple):
    """An accepted message that we heard nothing of."""

    attempt: UUID
    reference: str
    notify_id: UUID
    channel: Channel


async def to_poll(tx: Transaction, *, limit: int, remembered: timedelta, now: datetime) -> list[Polled]:
    """Accepted messages whose receipt should have come, and whose time to be asked about has."""
    rows = await tx.execute(
        sa_select(col(Attempt.id), col(Attempt.reference), col(Attempt.notify_id), col(Delivery.channel))
        .join(
            Delivery,
            (col(Delivery.id) == col(Attempt.delivery_id)) & (col(Delivery.attempts) == col(Attempt.number)),
        )
        .where(
            col(Delivery.state) == DeliveryState.ACCEPTED,
            col(Delivery.changed_at) <= now - FIRST,
            col(Attempt.started_at) > now - remembered,
            col(Attempt.notify_id).is_not(None),
            or_(col(Attempt.ask_at).is_(None), col(Attempt.ask_at) <= now),
        )
        .limit(limit)
    )
    return [
        Polled(attempt, reference, notify_id, channel)
        for attempt, reference, notify_id, channel in rows
        if notify_id
    ]


async def settle_polled(tx: Transaction, polled: Polled, found: list[Found] | None, *, now: datetime) -> None:
    """What Notify said is kept as the receipt that never came; else it is asked again later."""
    status = _final(polled.channel, found[0].status) if found else None
    if status is not None:
        tx.add(
            Receipt(
                id=uuid7(),
                reference=polled.reference,
                notify_id=polled.notify_id,
                status=status,
                received_at=now,
            )
        )
        await tx.flush()
    await tx.execute(update(Attempt).where(col(Attempt.id) == polled.attempt).values(ask_at=now + AGAIN))


def _final(channel: Channel, status: str) -> str | None:
    """The receipt that a status is; None where it is not the last."""
    if channel is Channel.LETTER:
        return OF_A_LETTER.get(status)
    return status if status in FINAL else None
