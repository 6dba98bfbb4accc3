"""What becomes of a text that a worker has opened: STOP is obeyed and forgotten, the rest is kept."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, text
from sqlmodel import col, select

from service.crypto.blind_index import BlindIndex
from service.database import Transaction
from service.registrations.stopping_texts import stop_texts
from service.replies.tables import ReceivedText

# A number may be somebody's in several schemes: then a person has to find out which is meant.
KEEP = text("""
    UPDATE received_texts t SET read_at = :now, scheme_id = (
        SELECT (array_agg(c.scheme_id))[1] FROM contacts c
        WHERE c.blind_index = o.number AND c.channel IN ('sms', 'phone')
        HAVING count(DISTINCT c.scheme_id) = 1
    )
    FROM unnest(CAST(:ids AS uuid[]), CAST(:numbers AS bytea[])) AS o (id, number)
    WHERE t.id = o.id
""")


@dataclass(frozen=True)
class Read:
    """A text, by its id: who sent it, as an index, and whether it says to stop. Never what it says."""

    id: UUID
    number: BlindIndex | None = field(repr=False)
    """None where it came from no number, or cannot be opened."""
    stops: bool


async def unread(tx: Transaction, *, limit: int) -> Sequence[ReceivedText]:
    """Texts that nobody has read, oldest first, locked; another worker takes others."""
    found = await tx.exec(
        select(ReceivedText)
        .where(col(ReceivedText.read_at).is_(None))
        .order_by(col(ReceivedText.received_at))
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return found.all()


async def settle(tx: Transaction, texts: Sequence[Read], *, now: datetime) -> None:
    """Send no more texts to those who said stop, and keep nothing of it; leave the rest to a caseworker."""
    stops = {each.id: each.number for each in texts if each.stops and each.number is not None}
    others = [each for each in texts if each.id not in stops]
    await stop_texts(tx, list(stops.values()), now=now)
    await tx.execute(delete(ReceivedText).where(col(ReceivedText.id).in_(list(stops))))
    await tx.execute(
        KEEP,
        {"ids": [each.id for each in others], "numbers": [each.number for each in others], "now": now},
    )
