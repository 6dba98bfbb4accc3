"""The one download of a list, by whoever asked for it: piece by piece, and then it lies nowhere any more."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete
from sqlmodel import col, select

from service.audit import chain
from service.audit.list_events import ExportDownloaded
from service.database import Transaction
from service.errors import Gone
from service.exports.approving import locked, require_key
from service.exports.reading import NoSuchExport
from service.exports.states import ExportState, WrongState
from service.exports.tables import Export, ExportChunk
from service.staff.principal import NotYourRole, Staff, require
from service.staff.roles import Act


class DownloadedBefore(Gone):
    """This list was downloaded, or its time is over. Ask for a new one."""

    code = "downloaded-before"


async def begin_download(tx: Transaction, staff: Staff, export_id: UUID, *, now: datetime) -> Export:
    """Take the one download. It counts as used when this is committed, however far it comes.

    Raises `NoSuchExport` to everybody but whoever asked for the list, `NotYourRole`, `WrongState` while it
    is not built, `DownloadedBefore`, `KeyChanged`.
    """
    export = await own(tx, staff, export_id)
    if export.state in (ExportState.DOWNLOADED, ExportState.RELEASED, ExportState.EXPIRED):
        raise DownloadedBefore
    if export.state is not ExportState.READY or export.expires_at is None:
        raise WrongState(f"The list is {export.state.value}; there is nothing to download.")
    if export.expires_at <= now:
        raise DownloadedBefore
    await require_key(tx, export)
    export.state, export.downloaded_at = ExportState.DOWNLOADED, now
    tx.add(export)
    await tx.flush()
    await chain.append(tx, ExportDownloaded(actor=staff.subject, export=export.id), now=now)
    return export


async def piece(tx: Transaction, export_id: UUID, n: int) -> bytes | None:
    """The n-th piece of the file, from 0; None after the last."""
    found = select(ExportChunk.data).where(ExportChunk.export_id == export_id, ExportChunk.n == n)
    data = (await tx.exec(found)).one_or_none()
    return None if data is None else bytes(data)


async def end_download(tx: Transaction, export_id: UUID) -> None:
    """The file lies here no more."""
    await tx.execute(delete(ExportChunk).where(col(ExportChunk.export_id) == export_id))


async def own(tx: Transaction, staff: Staff, export_id: UUID) -> Export:
    """A list of one's own, locked: of others' there is nothing here. Raises `NoSuchExport`, `NotYourRole`."""
    if not staff.roles:
        raise NotYourRole
    export = await locked(tx, export_id)
    if export.requested_by != staff.subject:
        raise NoSuchExport
    require(staff, Act.REQUEST_EXPORT)
    return export
