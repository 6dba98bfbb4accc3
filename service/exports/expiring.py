"""The end of a list: its key is destroyed, then its pieces go, then it is said to have expired.

In this order, so that what is said is true: a list that has expired can be opened by nobody who had not its
key before.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlmodel import col, select

from service.audit import chain
from service.audit.list_events import ExportExpired
from service.database import Transaction
from service.exports.states import ExportState
from service.exports.tables import Export

BROKEN_OFF: Final = timedelta(minutes=15)
"""A download that takes longer was broken off: what is left of the file goes all the same."""

# What was downloaded to a key that was revoked since ends with that key.
DUE: Final = text("""
    SELECT e.id FROM exports e JOIN recipient_keys k ON k.id = e.key_id
    WHERE (e.state IN ('ready', 'downloaded', 'released') AND e.expires_at <= :now)
        OR (e.state IN ('downloaded', 'released') AND k.revoked_at IS NOT NULL)
""")
EXPIRE: Final = text("""
    UPDATE exports SET state = 'expired'
    WHERE id = ANY (:ids) AND state IN ('ready', 'downloaded', 'released')
    RETURNING id, released_at IS NOT NULL AS opened
""")
LEFT_PIECES: Final = text("""
    DELETE FROM export_chunks c USING exports e
    WHERE e.id = c.export_id AND (e.state IN ('expired', 'refused') OR e.downloaded_at < :broken_off)
""")
KEPT: Final = (ExportState.BUILDING, ExportState.READY, ExportState.DOWNLOADED, ExportState.RELEASED)


async def due(tx: Transaction, *, now: datetime) -> set[UUID]:
    """The lists whose time is over."""
    return set((await tx.execute(DUE, {"now": now})).scalars())


async def keeping_a_key(tx: Transaction, of: Collection[UUID]) -> set[UUID]:
    """Those of these lists whose release key may still be needed. Of an unknown one it is not."""
    kept = select(Export.id).where(col(Export.id).in_(of), col(Export.state).in_(KEPT))
    return set((await tx.exec(kept)).all())


async def expire(tx: Transaction, ids: Collection[UUID], *, now: datetime) -> None:
    """Say of lists whose key is destroyed that they have expired.

    What is left of any file that nobody can download any more goes.
    """
    expired = (await tx.execute(EXPIRE, {"ids": list(ids)})).all()
    await tx.execute(LEFT_PIECES, {"broken_off": now - BROKEN_OFF})
    for export_id, opened in expired:
        await chain.append(
            tx, ExportExpired(actor="worker:exports", export=export_id, opened=opened), now=now
        )
