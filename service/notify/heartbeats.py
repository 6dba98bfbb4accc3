"""How many workers hand messages over: what each may do on its own where Redis is gone."""

from typing import Final
from uuid import UUID

from sqlalchemy import text

from service.database import Transaction

# A worker that was not seen for a while is not counted, and later not kept.
BEAT: Final = text("""
    WITH mine AS (
        INSERT INTO heartbeats (worker, seen_at) VALUES (:worker, now())
        ON CONFLICT (worker) DO UPDATE SET seen_at = now()
    ), gone AS (
        DELETE FROM heartbeats WHERE seen_at < now() - interval '1 hour' AND worker <> :worker
    )
    SELECT count(*) + 1 FROM heartbeats
    WHERE worker <> :worker AND seen_at > now() - interval '15 seconds'
""")


async def beat(tx: Transaction, worker: UUID) -> int:
    """Say that this worker is there; how many there are, itself included."""
    return int(await tx.scalar(BEAT, {"worker": worker}) or 1)
