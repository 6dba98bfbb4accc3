"""Opening an incident: one row for one thing that a person must look into."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, func, select
from uuid6 import uuid7

from service.audit import chain
from service.audit.events import IncidentOpened
from service.database import Transaction
from service.holds.tables import Incident, IncidentKind
from service.observability import log


async def open_incidents(
    tx: Transaction, kind: IncidentKind, subjects: Iterable[UUID], *, actor: str, now: datetime
) -> int:
    """Open one for each of `subjects` that has none of this kind; how many there are new."""
    rows = [{"id": uuid7(), "kind": kind, "subject": each, "opened_at": now} for each in subjects]
    if not rows:
        return 0
    new = insert(Incident).on_conflict_do_nothing().returning(col(Incident.id))
    opened = len((await tx.execute(new.values(rows))).all())
    if opened:
        log.error("incidents are opened", kind=kind.value, count=opened)
        await chain.append(tx, IncidentOpened(actor=actor, kind=kind.value, count=opened), now=now)
    return opened


async def incidents(tx: Transaction) -> list[Incident]:
    """Every incident, oldest first."""
    return list((await tx.exec(select(Incident).order_by(col(Incident.opened_at)))).all())


async def counted(tx: Transaction) -> dict[IncidentKind, int]:
    """How many incidents of each kind there are; without those of which there is none."""
    rows = await tx.exec(select(Incident.kind, func.count()).group_by(col(Incident.kind)))
    return {IncidentKind(kind): count for kind, count in rows}
