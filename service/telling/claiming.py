"""Taking notices to hand them over: a reference each, committed before the hand-over."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import text

from service.database import Transaction
from service.telling.tables import MatterKind

LEASE: Final = timedelta(seconds=100)
"""Longer than a token's life (30 s) and the deadline of a whole call (65 s) together."""

# Not of what was dealt with meanwhile, and of several to one person about one matter the newest alone.
MAY_LEAVE: Final = """
    n.state = 'due' AND n.try_at <= :now AND m.over_at IS NULL AND s.sealed_email IS NOT NULL
    AND NOT EXISTS (
        SELECT FROM notices newer
        WHERE newer.matter_id = n.matter_id AND newer.subject = n.subject AND newer.step > n.step
    )
"""
DUE: Final = text(f"""
    SELECT count(*) FROM (
        SELECT FROM notices n JOIN matters m ON m.id = n.matter_id
        JOIN staff_members s ON s.subject = n.subject WHERE {MAY_LEAVE} LIMIT 1000
    ) AS waiting
""")  # noqa: S608
CLAIM: Final = text(f"""
    WITH due AS (
        SELECT n.id, m.kind, m.object_id, m.since, s.id AS member, s.sealed_email
        FROM notices n JOIN matters m ON m.id = n.matter_id JOIN staff_members s ON s.subject = n.subject
        WHERE {MAY_LEAVE}
        ORDER BY n.try_at LIMIT :limit
        FOR UPDATE OF n SKIP LOCKED
    )
    UPDATE notices n
    SET state = 'claimed', attempt = n.attempt + 1, reference = 'n-' || n.id || '-' || n.attempt + 1,
        try_at = :lease_until, misses = 0
    FROM due WHERE n.id = due.id
    RETURNING n.id, n.reference, n.step, due.kind, due.object_id, due.since, due.member, due.sealed_email
""")  # noqa: S608


@dataclass(frozen=True, slots=True)
class ClaimedNotice:
    """A notice that this worker may hand over until its lease ends."""

    id: UUID
    reference: str
    step: int
    kind: MatterKind
    object_id: UUID
    since: datetime
    member: UUID
    sealed_email: bytes = field(repr=False)


async def due(tx: Transaction, *, now: datetime) -> int:
    """How many notices wait to be sent now, up to a thousand."""
    return int(await tx.scalar(DUE, {"now": now}) or 0)


async def claim(tx: Transaction, *, limit: int, now: datetime) -> list[ClaimedNotice]:
    """Take up to `limit` notices, oldest first. Concurrent callers never share one."""
    rows = await tx.execute(CLAIM, {"limit": limit, "now": now, "lease_until": now + LEASE})
    return [
        ClaimedNotice(
            id=row.id,
            reference=row.reference,
            step=row.step,
            kind=MatterKind(row.kind),
            object_id=row.object_id,
            since=row.since,
            member=row.member,
            sealed_email=bytes(row.sealed_email),
        )
        for row in rows
    ]
