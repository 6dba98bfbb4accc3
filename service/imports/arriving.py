"""A list arrives: sealed a piece at a time, in the process that it comes to, before it touches a disk."""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import insert
from uuid6 import uuid7

from service.audit import chain
from service.audit.list_events import ImportHandedIn
from service.crypto.sealing import SealingKey, seal
from service.database import Transaction
from service.errors import Conflict, Invalid, Unavailable
from service.imports.looking_up import locked
from service.imports.states import ImportState
from service.imports.tables import Import, ImportChunk, chunk_place
from service.schemes.reading import SchemeView
from service.staff.references import RULE, names_nobody

LARGEST: Final = 30 * 1024 * 1024
"""Bytes of a file."""
CHUNK: Final = 256 * 1024 - 4
"""Bytes of a piece: with its length before it, it fills a bucket of what is sealed."""


class FileTooLarge(Conflict):
    """The file is larger than 30 MiB. Split it, and bring the parts in one after the other."""

    code = "file-too-large"


class NothingArrived(Invalid):
    """There was no file, or it was empty."""


def reference(text: str) -> str:
    """What a list is called where it was kept. Raises `Invalid` where it could hold somebody's details."""
    said = text.strip()
    if not names_nobody(said):
        raise Invalid({"reference": RULE})
    return said


def sealing_key(scheme: SchemeView) -> SealingKey:
    """Raises `Unavailable` where the scheme has no key."""
    if scheme.sealing_key is None:
        raise Unavailable
    return scheme.sealing_key


async def begin(tx: Transaction, actor: str, scheme: SchemeView, called: str, *, now: datetime) -> UUID:
    """An import whose file is on its way. Raises `Invalid` for its reference, `Unavailable`."""
    sealing_key(scheme)
    import_id = uuid7()
    tx.add(
        Import(
            id=import_id,
            scheme_id=scheme.id,
            reference=reference(called),
            state=ImportState.ARRIVING,
            handed_in_by=actor,
            handed_in_at=now,
        )
    )
    await tx.flush()
    return import_id


async def add_piece(tx: Transaction, import_id: UUID, number: int, piece: bytes, key: SealingKey) -> None:
    """Seal one piece of at most `CHUNK` bytes, and keep it."""
    row = uuid7()
    # Whoever inserts it may not read it: no RETURNING.
    await tx.execute(
        insert(ImportChunk).values(
            import_id=import_id, number=number, id=row, sealed=seal(piece, key=key, place=chunk_place(row))
        )
    )


async def arrived(tx: Transaction, actor: str, import_id: UUID, size: int, *, now: datetime) -> None:
    """All of it is here: ring `Job.IMPORTS` when this is committed."""
    found = await locked(tx, import_id)
    found.state = ImportState.ARRIVED
    found.bytes = size
    tx.add(found)
    await tx.flush()
    event = ImportHandedIn(actor=actor, import_id=import_id, scheme=found.scheme_id, size=size)
    await chain.append(tx, event, now=now)


async def broke_off(tx: Transaction, import_id: UUID, *, now: datetime) -> None:
    """It did not arrive, or was too large: a worker destroys what is here of it."""
    found = await locked(tx, import_id)
    found.state = ImportState.GIVEN_UP
    found.ended_at = now
    tx.add(found)
    await tx.flush()
