"""Keeping a text that somebody sent us. Whoever keeps it cannot read it again.

Nobody knows yet which scheme it is for: a number says that to the workers alone, who have the index key.
So it is sealed to the newest key of any scheme, which every worker can open.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from service.crypto.canonical import canonical_json
from service.crypto.envelope import KeyId, Place
from service.crypto.sealing import SealingKey, seal
from service.database import Transaction
from service.errors import Unavailable
from service.replies.tables import ReceivedText
from service.schemes.tables import SealingKeyRow


def received_text_place(row: UUID) -> Place:
    return Place("received_texts", "sealed", row)


async def keep(tx: Transaction, *, text_id: UUID, number: str, message: str, now: datetime) -> None:
    """Seal and store one text, under Notify's id; one that is there already stays as it is.

    Raises `Unavailable` where there is no key: Notify then offers it again.
    """
    key = await _newest_key(tx)
    sealed = seal(
        canonical_json({"number": number, "message": message}), key=key, place=received_text_place(text_id)
    )
    row = {"id": text_id, "sealed": sealed, "received_at": now}
    await tx.execute(insert(ReceivedText).values(**row).on_conflict_do_nothing())


async def _newest_key(tx: Transaction) -> SealingKey:
    found = await tx.exec(
        select(SealingKeyRow)
        .where(col(SealingKeyRow.retired_at).is_(None))
        .order_by(col(SealingKeyRow.made_at).desc())
        .limit(1)
    )
    row = found.one_or_none()
    if row is None:
        raise Unavailable
    return SealingKey(KeyId(row.key_id), row.public_key)
