"""The hash chain: appending to it, and walking it.

Appended as the last statement of the transaction that does the act, because it holds the chain's lock
until that transaction ends.
"""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, fields
from datetime import datetime
from hashlib import sha256
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import col

from service.audit.events import Event
from service.audit.tables import AuditEvent
from service.crypto.canonical import canonical_json
from service.database import Transaction

PAGE: Final = 1000
"""Events that are read at a time."""


class Link(NamedTuple):
    """One stored event."""

    seq: int
    body: str
    previous_hash: bytes
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
