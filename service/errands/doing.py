"""Doing what staff asked: the workers' side of an errand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text, update
from sqlmodel import col, select

from service.crypto.canonical import canonical_json
from service.crypto.one_answer import answer_key
from service.crypto.sealing import seal
from service.database import Transaction
from service.errands.tables import Errand, ErrandKind, answer_place

# What was asked leaves the table in the same statement. A worker that dies here has lost it: whoever asked
# is told to try again, and nothing is done twice.
TAKE: Final = text("""
    WITH due AS (
        SELECT id, scheme_id, asked_by, sealed FROM errands
        WHERE kind = :kind AND taken_at IS NULL AND expires_at > :now
        ORDER BY asked_at LIMIT :limit
        FOR UPDATE SKIP LOCKED
    )
    UPDATE errands e SET taken_at = :now, sealed = NULL FROM due WHERE e.id = due.id
    RETURNING due.id, due.scheme_id, due.asked_by, due.sealed
""")

# A test-send's bare id stays as long as Notify lists its messages: without it they would look like
# messages that are not ours.
FORGET: Final = text("""
    DELETE FROM errands
    WHERE asked_at < CAST(:now AS timestamptz) - interval '8 days'
        OR (kind <> 'test-send' AND asked_at < CAST(:now AS timestamptz) - interval '1 hour')
""")


@dataclass(frozen=True, slots=True)
class Taken:
    """An errand that this worker does, and no other."""

    id: UUID
    scheme_id: UUID
    asked_by: str = field(repr=False)
    sealed: bytes = field(repr=False)


async def waiting(tx: Transaction, kind: ErrandKind, *, now: datetime) -> bool:
    """Whether anybody waits for an errand of this kind."""
    asked = select(Errand.id).where(
        Errand.kind == kind, col(Errand.taken_at).is_(None), col(Errand.expires_at) > now
    )
    return (await tx.exec(asked.limit(1))).first() is not None


async def take(tx: Transaction, kind: ErrandKind, *, limit: int, now: datetime) -> list[Taken]:
    """Take up to `limit` errands, oldest first. Concurrent callers never share one."""
    rows = await tx.execute(TAKE, {"kind": kind.value, "limit": limit, "now": now})
    return [Taken(row.id, row.scheme_id, row.asked_by, bytes(row.sealed)) for row in rows]


async def answer(tx: Transaction, errands: Sequence[UUID], said: Mapping[str, Any], *, now: datetime) -> None:
    """Answer errands that were taken. `said` holds codes and counts, and nobody's details."""
    await tx.execute(
        update(Errand)
        .where(col(Errand.id).in_(errands), col(Errand.answered_at).is_(None))
        .values(answer=dict(said), answered_at=now)
    )


async def answer_sealed(
    tx: Transaction, errand: UUID, said: Mapping[str, Any], *, to: str, now: datetime
) -> None:
    """Answer one errand with a person's details, for the process that asked and nobody else.

    `to` is its `OneAnswer.public`, which came with what was asked. Raises ValueError where it is none.
    """
    sealed = seal(canonical_json(said), key=answer_key(to), place=answer_place(errand))
    await tx.execute(
        update(Errand)
        .where(col(Errand.id) == errand, col(Errand.answered_at).is_(None))
        .values(sealed_answer=sealed, answered_at=now)
    )
