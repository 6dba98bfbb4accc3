"""The hash chain: appending to it, and walking it.

Appended as the last statement of the transaction that does the act, because it holds the chain's lock
until that transaction ends.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from datetime import datetime
from hashlib import sha256
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import col

from service.audit.events import Event
from service.audit.tables import AuditEvent
from service.crypto.canonical import canonical_json
from service.database import Transaction


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


async def has(tx: Transaction, point: Point) -> bool:
    """Whether the chain goes through `point`."""
    there = select(col(AuditEvent.seq)).where(
        col(AuditEvent.seq) == point.seq, col(AuditEvent.hash) == point.hash
    )
    return (await tx.execute(there)).first() is not None


def walk(links: Iterable[Link]) -> Walk:
    """Follow the chain from its first event: numbers without a gap, each hash over the one before."""
    size, head = 0, b""
    for link in links:
        expected = sha256(head + link.seq.to_bytes(8, "big") + link.body.encode()).digest()
        if link.seq != size + 1 or link.previous_hash != head or link.hash != expected:
            return Walk(size=size, head=head, broken_at=size + 1)
        size, head = link.seq, link.hash
    return Walk(size=size, head=head, broken_at=None)


def as_links(rows: Iterable[Any]) -> Iterator[Link]:
    """Rows of `audit_events`, in the order of their numbers."""
    for row in rows:
        yield Link(row.seq, row.body, bytes(row.previous_hash), bytes(row.hash))


def _plain(value: object) -> object:
    return str(value) if isinstance(value, UUID) else value
