"""Deciding about somebody else's request for a list: over the hash of the request and its key.

The database refuses the same things by itself (`migrations/sql/0017_exports.sql`).
"""

from datetime import datetime
from uuid import UUID

from sqlmodel import select

from service.audit import chain
from service.audit.list_events import ExportApproved, ExportRefused
from service.database import Transaction
from service.errors import Conflict, Forbidden
from service.exports.keys import key_in_use
from service.exports.reading import NoSuchExport, needs_senior
from service.exports.states import ExportState, WrongState
from service.exports.tables import Export
from service.exports.words import Decision, Refusal
from service.staff.members import describe
from service.staff.principal import Staff, require
from service.staff.roles import Act
from service.staff.step_up import require_fresh


class OwnRequest(Forbidden):
    """Nobody decides about their own request."""

    code = "own-request"


class OtherRequest(Conflict):
    """This is not what was asked for. Read the request again."""

    code = "other-request"


class KeyChanged(Conflict):
    """The key that this list was asked for is not in use any more. Ask for the list again."""

    code = "key-changed"


async def decide(
    tx: Transaction,
    staff: Staff,
    export_id: UUID,
    decision: Decision,
    *,
    request_sha256: str,
    now: datetime,
) -> Export:
    """Approve or refuse exactly what was read. A worker builds what is approved: ring `Job.EXPORTS`.

    Raises `NotYourRole` (contacts need a senior), `NoSuchExport`, `OwnRequest`, a step-up error,
    `WrongState`, `OtherRequest`, `KeyChanged`.
    """
    require(staff, Act.APPROVE_EXPORT)
    export = await locked(tx, export_id)
    if export.requested_by == staff.subject:
        raise OwnRequest
    if needs_senior(export):
        require(staff, Act.APPROVE_CONTACT_EXPORT)
    require_fresh(staff, now)
    if export.state is not ExportState.REQUESTED:
        raise WrongState(f"The list is {export.state.value}; it does not await a decision.")
    if request_sha256 != export.request_sha256:
        raise OtherRequest
    await describe(tx, staff, now=now)
    export.decided_by, export.decided_at = staff.subject, now
    if decision is Decision.APPROVE:
        await require_key(tx, export)
        export.state = ExportState.APPROVED
    else:
        export.state, export.refused_why = ExportState.REFUSED, Refusal.DECLINED
    tx.add(export)
    await tx.flush()
    event = (
        ExportApproved(actor=staff.subject, export=export.id, request_sha256=export.request_sha256)
        if decision is Decision.APPROVE
        else ExportRefused(actor=staff.subject, export=export.id, why=Refusal.DECLINED.value)
    )
    await chain.append(tx, event, now=now)
    return export


async def require_key(tx: Transaction, export: Export) -> None:
    """Go on only while the key that it was asked for is in use. Raises `KeyChanged`."""
    key = await key_in_use(tx, export.requested_by)
    if key is None or (key.id, key.fingerprint) != (export.key_id, export.fingerprint):
        raise KeyChanged


async def locked(tx: Transaction, export_id: UUID) -> Export:
    """The list, for this transaction alone to change. Raises `NoSuchExport`."""
    found = select(Export).where(Export.id == export_id).with_for_update()
    export = (await tx.exec(found)).one_or_none()
    if export is None:
        raise NoSuchExport
    return export
