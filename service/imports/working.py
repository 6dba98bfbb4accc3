"""A worker's hold on an import: one at a time, for as long as it goes on, and from where the last one was."""

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import delete, text, update
from sqlmodel import col, select

from service.audit import chain
from service.audit.list_events import ImportEnded
from service.database import Transaction
from service.imports.looking_up import counted, locked
from service.imports.states import ENDED, ImportState, Verdict
from service.imports.tables import Import, ImportAddress, ImportChunk, ImportRow

LEASE: Final = timedelta(minutes=3)
"""How long a worker may be silent before another goes on: looking at the largest file takes less."""
UNDECIDED: Final = timedelta(days=7)
"""How long a list waits for a person. After it nothing of it is kept."""
ON_ITS_WAY: Final = timedelta(hours=1)
ACTOR: Final = "worker:imports"

# Locked while it is read, so that two workers never take the same one.
TAKE: Final = text("""
    WITH due AS (
        SELECT id FROM imports
        WHERE state IN ('arrived', 'matched', 'committed') AND (lease_until IS NULL OR lease_until <= :now)
        ORDER BY handed_in_at LIMIT 1
        FOR UPDATE SKIP LOCKED
    )
    UPDATE imports i SET lease_until = :until FROM due WHERE i.id = due.id RETURNING i.id
""")

DESTROY_CHUNKS: Final = text("""
    DELETE FROM import_chunks c USING imports i
    WHERE i.id = c.import_id AND i.state IN ('done', 'refused', 'given_up')
""")
DESTROY_ADDRESSES: Final = text("""
    DELETE FROM import_addresses a USING imports i
    WHERE i.id = a.import_id AND i.state IN ('done', 'refused', 'given_up')
""")
DESTROY_ROWS: Final = text("""
    UPDATE import_rows r SET sealed = NULL FROM imports i
    WHERE i.id = r.import_id AND i.state IN ('done', 'refused', 'given_up') AND r.sealed IS NOT NULL
""")
FORGOTTEN: Final = text("""
    SELECT id FROM imports
    WHERE (state IN ('read', 'checked') AND handed_in_at < :undecided)
        OR (state = 'arriving' AND handed_in_at < :on_its_way)
    FOR UPDATE SKIP LOCKED
""")


class LostLease(Exception):
    """Another worker has it by now, or it was given up: whoever notices leaves it alone."""


async def take(tx: Transaction, *, now: datetime) -> Import | None:
    """An import that this worker has until its lease ends; None where nothing is to be done."""
    taken = await tx.scalar(TAKE, {"now": now, "until": now + LEASE})
    if taken is None:
        return None
    found = (await tx.exec(select(Import).where(Import.id == taken))).one()
    return found


async def go_on(tx: Transaction, work: Import, *, done_line: int, now: datetime) -> None:
    """Keep how far it is, and the lease. Raises `LostLease`."""
    done = await tx.execute(
        update(Import)
        .where(
            col(Import.id) == work.id,
            col(Import.state) == work.state,
            col(Import.lease_until) == work.lease_until,
        )
        .values(done_line=done_line, lease_until=now + LEASE)
        .returning(col(Import.id))
    )
    if done.one_or_none() is None:
        raise LostLease
    work.lease_until = now + LEASE
    work.done_line = done_line


async def forget_rows(tx: Transaction, work: Import) -> None:
    """What an earlier look at its rows said: its columns were said anew."""
    await tx.execute(delete(ImportRow).where(col(ImportRow.import_id) == work.id))
    await tx.execute(delete(ImportAddress).where(col(ImportAddress.import_id) == work.id))


async def destroy_file(tx: Transaction, work: Import) -> None:
    """The file has been read for the last time."""
    await tx.execute(delete(ImportChunk).where(col(ImportChunk.import_id) == work.id))


async def was_seen(tx: Transaction, work: Import, seen: dict[str, Any]) -> None:
    """Its sheets and columns are known."""
    await _moves(tx, work, ImportState.READ, seen=seen)


async def was_checked(tx: Transaction, work: Import) -> None:
    """What would become of each of its rows is known."""
    await _moves(tx, work, ImportState.CHECKED, counts=await counted(tx, work.id))


async def is_done(tx: Transaction, work: Import, *, now: datetime) -> None:
    """Everybody who was new is registered."""
    counts = await counted(tx, work.id)
    await _moves(tx, work, ImportState.DONE, counts=counts, ended_at=now)
    await destroy(tx)
    await _ended(tx, work.id, ImportState.DONE, counts["verdicts"][Verdict.REGISTERED.value], now=now)


async def refuse(tx: Transaction, work: Import, why: str, *, now: datetime) -> None:
    """The file cannot be used."""
    await _moves(tx, work, ImportState.REFUSED, why=why, ended_at=now)
    await destroy(tx)
    await _ended(tx, work.id, ImportState.REFUSED, 0, now=now)


async def destroy(tx: Transaction) -> None:
    """Of every import that has ended: its file, its rows and the indexes of its addresses."""
    for statement in (DESTROY_CHUNKS, DESTROY_ADDRESSES, DESTROY_ROWS):
        await tx.execute(statement)


async def give_up_forgotten(tx: Transaction, *, now: datetime) -> None:
    """What nobody decided about in time, or never arrived whole, is given up."""
    times = {"undecided": now - UNDECIDED, "on_its_way": now - ON_ITS_WAY}
    for (import_id,) in (await tx.execute(FORGOTTEN, times)).all():
        found = await locked(tx, import_id)
        found.state = ImportState.GIVEN_UP
        found.ended_at = now
        tx.add(found)
        await tx.flush()
        await _ended(tx, import_id, ImportState.GIVEN_UP, 0, now=now)


async def _moves(tx: Transaction, work: Import, state: ImportState, **values: object) -> None:
    done = await tx.execute(
        update(Import)
        .where(
            col(Import.id) == work.id,
            col(Import.state) == work.state,
            col(Import.lease_until) == work.lease_until,
        )
        .values(state=state, lease_until=None, done_line=0, **values)
        .returning(col(Import.id))
    )
    if done.one_or_none() is None:
        raise LostLease


async def _ended(
    tx: Transaction, import_id: UUID, state: ImportState, registered: int, *, now: datetime
) -> None:
    assert state in ENDED
    event = ImportEnded(actor=ACTOR, import_id=import_id, outcome=state.value, registered=registered)
    await chain.append(tx, event, now=now)
