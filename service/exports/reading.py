"""What is known of a list: how far it is, what waits for whom, and who could have opened it since when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import col, select

from service.database import Transaction
from service.errors import NotFound
from service.exports.columns import CONTACT_COLUMNS, Column
from service.exports.states import ExportState
from service.exports.tables import Export
from service.staff.principal import NotYourRole, Staff
from service.staff.roles import Act


class NoSuchExport(NotFound):
    """There is no such list."""

    code = "no-such-export"


@dataclass(frozen=True)
class Account:
    """Who could have opened a list, and since when; `since` is None where nobody could have."""

    who: str
    """Whoever asked for it: nobody else has its key."""
    since: datetime | None
    for_good: bool
    """Whether that cannot change any more."""

    def as_json(self) -> dict[str, Any]:
        return {
            "by": [self.who] if self.since is not None else [],
            "since": self.since.isoformat() if self.since is not None else None,
            "for_good": self.for_good,
        }


async def get_export(tx: Transaction, export_id: UUID) -> Export:
    """The list with this id. Raises `NoSuchExport`."""
    export = (await tx.exec(select(Export).where(Export.id == export_id))).one_or_none()
    if export is None:
        raise NoSuchExport
    return export


async def see(tx: Transaction, staff: Staff, export_id: UUID) -> Export:
    """A list, for whoever may see how far it is. Raises `NotYourRole`, `NoSuchExport`."""
    found = (await tx.exec(select(Export).where(Export.id == export_id))).one_or_none()
    own = found is not None and found.requested_by == staff.subject
    if not own and not staff.may(Act.SEE_EXPORT):
        raise NotYourRole
    if found is None:
        raise NoSuchExport
    return found


async def exports_of(tx: Transaction, scheme_id: UUID, *, limit: int = 100) -> Sequence[Export]:
    """The newest lists of a scheme, in whatever state."""
    newest = select(Export).where(Export.scheme_id == scheme_id).order_by(col(Export.id).desc())
    return (await tx.exec(newest.limit(limit))).all()


async def newest_exports(tx: Transaction, *, limit: int = 100) -> Sequence[Export]:
    """The newest lists of all schemes, in whatever state."""
    return (await tx.exec(select(Export).order_by(col(Export.id).desc()).limit(limit))).all()


async def own_exports(tx: Transaction, staff: Staff, *, limit: int = 100) -> Sequence[Export]:
    """The newest lists that somebody asked for."""
    newest = select(Export).where(Export.requested_by == staff.subject).order_by(col(Export.id).desc())
    return (await tx.exec(newest.limit(limit))).all()


async def awaiting(tx: Transaction, staff: Staff) -> Sequence[Export]:
    """The lists that wait for a decision and about which this person may decide, oldest first."""
    if not staff.may(Act.APPROVE_EXPORT):
        return []
    waiting = await tx.exec(
        select(Export)
        .where(Export.state == ExportState.REQUESTED, Export.requested_by != staff.subject)
        .order_by(col(Export.id))
    )
    seniors = staff.may(Act.APPROVE_CONTACT_EXPORT)
    return [each for each in waiting if seniors or not needs_senior(each)]


def needs_senior(export: Export) -> bool:
    """Whether it has a column that people can be reached by."""
    return any(Column(each) in CONTACT_COLUMNS for each in export.columns)


def account(export: Export) -> Account:
    """Who could have opened a list, and since when: from the moment that its key was handed over."""
    ended = export.state in (ExportState.EXPIRED, ExportState.REFUSED)
    return Account(
        who=export.requested_by, since=export.released_at, for_good=ended or export.released_at is not None
    )
