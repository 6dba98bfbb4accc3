"""The hash chain: appending to it, and walking it.

Appended as the last statement of the transaction that does the act, because it holds the chain's lock
until that transaction ends.
"""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, fields
from datetime import datetime
from hashlib import sha256
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import func, select, text
from sqlmodel import col

from service.audit.events import Event
from service.audit.tables import AuditEvent
from service.crypto.canonical import canonical_json
from service.database import Transaction

PAGE: Final = 1000
"""Events that are read at a time."""

LACKING: Final = text("""
    SELECT p.seq, p.hash FROM unnest(CAST(:seqs AS bigint[]), CAST(:hashes AS bytea[])) AS p (seq, hash)
    WHERE NOT EXISTS (SELECT FROM audit_events e WHERE e.seq = p.seq AND e.hash = p.hash)
    ORDER BY p.seq
""")


class Link(NamedTuple):
    """One stored event."""

    seq: int
    body: str
    previous_hash: bytes
    hash: bytes


class Point(NamedTuple):
    """An event's number and its hash, which covers all before it."""

    seq: int
    hash: bytes


@dataclass(frozen=True)
class Walk:
    """How far a chain holds."""

    size: int
    head: bytes
    broken_at: int | None
    """The number of the first event that is not what its neighbours say; None where all are."""

    def follow(self, link: Link) -> "Walk":
        """One event further: its number without a gap, its hash over the one before."""
        expected = sha256(self.head + link.seq.to_bytes(8, "big") + link.body.encode()).digest()
        if link.seq != self.size + 1 or link.previous_hash != self.head or link.hash != expected:
            return Walk(size=self.size, head=self.head, broken_at=self.size + 1)
        return Walk(size=link.seq, head=link.hash, broken_at=None)


START: Final = Walk(size=0, head=b"", broken_at=None)


async def append(tx: Transaction, event: Event, *, now: datetime) -> None:
    """Record `event` in the transaction that does it: both are there, or neither."""
    details = {field.name: _plain(getattr(event, field.name)) for field in fields(event)}
    body = canonical_json({"act": event.act, "at": now.isoformat(), **details}).decode()
    await tx.execute(select(func.audit_append(body)))


async def head(tx: Transaction) -> Point | None:
    """Where the chain ends; None where it has not begun."""
    newest = select(col(AuditEvent.seq), col(AuditEvent.hash)).order_by(col(AuditEvent.seq).desc()).limit(1)
    row = (await tx.execute(newest)).one_or_none()
    return Point(row.seq, bytes(row.hash)) if row is not None else None


async def lacking(tx: Transaction, points: Sequence[Point]) -> list[Point]:
    """Those of `points` that the chain does not go through, in order."""
    parameters = {"seqs": [point.seq for point in points], "hashes": [point.hash for point in points]}
    return [Point(seq, bytes(hash_)) for seq, hash_ in await tx.execute(LACKING, parameters)]


async def walk(tx: Transaction) -> Walk:
    """Follow the stored chain from its first event, as far as it holds."""
    walked = START
    async with aclosing(stored(tx)) as links:
        async for link in links:
            walked = walked.follow(link)
            if walked.broken_at is not None:
                break
    return walked


async def stored(tx: Transaction) -> AsyncGenerator[Link, None]:
    """Every event in the order of their numbers, as a stream: no more than a page is in memory.

    Whoever may stop before its end closes it (`contextlib.aclosing`): a cursor of PostgreSQL is behind it.
    """
    rows = await tx.stream(
        select(col(AuditEvent.seq), col(AuditEvent.body), col(AuditEvent.previous_hash), col(AuditEvent.hash))
        .order_by(col(AuditEvent.seq))
        .execution_options(yield_per=PAGE)
    )
    try:
        async for seq, body, previous_hash, hash_ in rows:
            yield Link(seq, body, bytes(previous_hash), bytes(hash_))
    finally:
        await rows.close()


def _plain(value: object) -> object:
    return str(value) if isinstance(value, UUID) else value
