"""A worker's hold on one list while it builds it: taken, kept with every piece, given back whole or refused.

A worker that dies leaves nothing that counts: the next one begins again, with another release key.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import delete, insert, text, update
from sqlmodel import col, select
from uuid6 import uuid7

from service.audit import chain
from service.audit.list_events import ExportBuilt, ExportRefused
from service.database import Transaction
from service.exports import manifest
from service.exports.columns import Column
from service.exports.states import ExportState
from service.exports.tables import Export, ExportChunk, RecipientKey
from service.exports.words import Purpose, Refusal
from service.registrations.listing import Reach, Wanted
from service.registrations.recipients import AudienceRule
from service.updates.body import Audience

ACTOR: Final = "worker:exports"
LEASE: Final = timedelta(minutes=2)
OPEN_FOR: Final = timedelta(hours=24)
"""From the moment that it is ready: then its key is destroyed (security.md, Export)."""

REACHED: Final = {
    Column.EMAIL: Reach.EMAIL,
    Column.MOBILE: Reach.MOBILE,
    Column.POSTAL_ADDRESS: Reach.POST,
}
USES_CONTACTS: Final = frozenset({Purpose.CALL_BACK, Purpose.POST})
"""Lists of people to be rung or posted to: a contact that is not to be used is left out of them."""

# Before anything of it is built: an approval was over that very key.
TO_ANOTHER_KEY: Final = text("""
    UPDATE exports e SET state = 'refused', refused_why = 'key-changed', build = NULL, lease_until = NULL
    FROM recipient_keys k
    WHERE k.id = e.key_id AND e.state IN ('approved', 'building', 'ready')
        AND (k.revoked_at IS NOT NULL OR k.fingerprint <> e.fingerprint)
    RETURNING e.id
""")
TAKE: Final = text("""
    UPDATE exports SET state = 'building', build = :build, lease_until = :until
    WHERE id = (
        SELECT id FROM exports
        WHERE state = 'approved' OR (state = 'building' AND lease_until < :now)
        ORDER BY decided_at LIMIT 1
        FOR UPDATE SKIP LOCKED
    )
    RETURNING id
""")


class Abandoned(Exception):
    """The list is not this worker's any more: it was refused meanwhile, or another builds it."""


@dataclass(frozen=True)
class Order:
    """One list that this worker builds, and no other."""

    export: Export
    build: UUID
    recipient: str
    """Of whoever asked for it."""

    @property
    def columns(self) -> tuple[Column, ...]:
        return tuple(Column(each) for each in self.export.columns)

    @property
    def rule(self) -> AudienceRule:
        return Audience.model_validate(self.export.filter).rule()

    @property
    def wanted(self) -> Wanted:
        """What has to be read of each registration: no more than the columns need."""
        return Wanted(
            profile=not {Column.NAME, Column.ORGANISATION}.isdisjoint(self.columns),
            contacts=tuple(REACHED[each] for each in self.columns if each in REACHED),
            suppressed_too=self.export.purpose not in USES_CONTACTS,
        )


async def refuse_changed_keys(tx: Transaction, *, now: datetime) -> None:
    """Refuse what was approved, or built, for a key that is not in use any more."""
    refused = (await tx.execute(TO_ANOTHER_KEY)).scalars().all()
    for export_id in refused:
        event = ExportRefused(actor=ACTOR, export=export_id, why=Refusal.KEY_CHANGED.value)
        await chain.append(tx, event, now=now)


async def take(tx: Transaction, *, now: datetime) -> Order | None:
    """Take the oldest list that is approved, or that a dead worker left; None where there is none."""
    build = uuid7()
    taken = await tx.execute(TAKE, {"build": build, "now": now, "until": now + LEASE})
    export_id = taken.scalar_one_or_none()
    if export_id is None:
        return None
    await tx.execute(delete(ExportChunk).where(col(ExportChunk.export_id) == export_id))
    export = (await tx.exec(select(Export).where(Export.id == export_id))).one()
    recipient = (await tx.exec(select(RecipientKey.recipient).where(RecipientKey.id == export.key_id))).one()
    return Order(export, build, recipient)


async def store(
    tx: Transaction, order: Order, pieces: Collection[tuple[int, bytes]], *, now: datetime
) -> None:
    """Keep pieces of the encrypted file. Raises `Abandoned`."""
    await _keep(tx, order, lease_until=now + LEASE)
    await tx.execute(
        insert(ExportChunk), [{"export_id": order.export.id, "n": n, "data": data} for n, data in pieces]
    )


async def finish(
    tx: Transaction, order: Order, key: Ed25519PrivateKey, *, rows: int, sha256: str, now: datetime
) -> None:
    """Say that it is ready, with its manifest. Raises `Abandoned`."""
    expires_at = now + OPEN_FOR
    body, signature = manifest.make(
        order.export, key, rows=rows, sha256=sha256, built_at=now, expires_at=expires_at
    )
    await _keep(
        tx,
        order,
        state=ExportState.READY,
        build=None,
        lease_until=None,
        rows=rows,
        sha256=sha256,
        built_at=now,
        expires_at=expires_at,
        manifest=body,
        signature=signature,
    )
    event = ExportBuilt(actor=ACTOR, export=order.export.id, rows=rows, file_sha256=sha256)
    await chain.append(tx, event, now=now)


async def refuse(tx: Transaction, order: Order, why: Refusal, *, now: datetime) -> None:
    """Give it up for good; nothing of it stays. Raises `Abandoned`."""
    await _keep(tx, order, state=ExportState.REFUSED, refused_why=why, build=None, lease_until=None)
    await tx.execute(delete(ExportChunk).where(col(ExportChunk.export_id) == order.export.id))
    await chain.append(tx, ExportRefused(actor=ACTOR, export=order.export.id, why=why.value), now=now)


async def _keep(tx: Transaction, order: Order, **values: Any) -> None:
    mine = (col(Export.id) == order.export.id, col(Export.build) == order.build)
    kept = await tx.execute(update(Export).where(*mine).values(**values).returning(col(Export.id)))
    if kept.scalar_one_or_none() is None:
        raise Abandoned
