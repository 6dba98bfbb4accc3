"""Letters that were handed over and can still be stopped: a person does it, in Notify's own pages.

Notify prints at half past five every afternoon, London time, and its API has no call that takes a letter
back (notify.md, Delivery). A halt says how many there are, and until when (docs/runbooks/cancel-letters.md).
"""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func
from sqlmodel import col, select

from service.clock import LONDON
from service.database import Transaction
from service.deliveries.states import DeliveryState
from service.deliveries.tables import Delivery
from service.registrations.words import Channel

PRINTING: Final = time(17, 30)


@dataclass(frozen=True)
class ToCancel:
    """How many letters can still be cancelled, and when Notify prints them."""

    count: int
    until: datetime

    def as_json(self) -> dict[str, Any]:
        return {"count": self.count, "until": self.until.isoformat()}


async def letters_to_cancel(tx: Transaction, update_id: UUID, *, now: datetime) -> ToCancel | None:
    """The letters of an update that Notify has and has not printed; None where there is none."""
    until = next_printing(now)
    # Since the last printing, by our clock; a letter of its very minute is counted rather than left out.
    since = next_printing(now - timedelta(days=1)) - timedelta(minutes=1)
    count = (
        await tx.exec(
            select(func.count()).where(
                Delivery.update_id == update_id,
                Delivery.channel == Channel.LETTER,
                col(Delivery.state).in_([DeliveryState.ACCEPTED, DeliveryState.UNCERTAIN]),
                Delivery.changed_at >= since,
            )
        )
    ).one()
    return ToCancel(count, until) if count else None


def next_printing(now: datetime) -> datetime:
    """When Notify prints next after `now`: today at 17:30 in London, or tomorrow."""
    here = now.astimezone(LONDON)
    today = datetime.combine(here.date(), PRINTING, LONDON)
    return today if here < today else datetime.combine(here.date() + timedelta(days=1), PRINTING, LONDON)
