"""Handing over the key that opens a list: an act of its own, in the record before anything is unwrapped."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import text

from service.audit import chain
from service.audit.list_events import ExportReleased
from service.crypto.one_answer import OneAnswer
from service.database import Transaction
from service.errands.asking import put
from service.errands.tables import ErrandKind
from service.errors import Gone
from service.exports.approving import require_key
from service.exports.downloading import own
from service.exports.states import ExportState, WrongState
from service.schemes.reading import get_scheme
from service.staff.principal import Staff
from service.staff.step_up import require_fresh

# All of it as committed: a worker that looks before the release is in the record hands nothing over.
RELEASED: Final = text("""
    SELECT k.recipient FROM exports e JOIN recipient_keys k ON k.id = e.key_id
    WHERE e.id = :export AND e.state = 'released' AND e.expires_at > :now
        AND k.fingerprint = e.fingerprint AND k.revoked_at IS NULL AND release_is_recorded(e.id)
""")


class KeyDestroyed(Gone):
    """The key of this list is destroyed: its time is over. Nobody can open any copy of it any more."""

    code = "key-destroyed"


@dataclass(frozen=True)
class Released:
    """A list whose key may be handed over, and to whom."""

    export: UUID
    recipient: str


async def release(tx: Transaction, staff: Staff, export_id: UUID, key: OneAnswer, *, now: datetime) -> UUID:
    """Record that the key is handed over, and ask a worker for it; the errand's id. Ring `Job.RELEASES`.

    Both are committed together: there is no errand without its record. It may be asked for again until the
    list expires, each time in the record. Raises `NoSuchExport` to everybody but whoever asked for the list,
    `NotYourRole`, a step-up error, `WrongState` before the download, `KeyDestroyed`, `KeyChanged`.
    """
    export = await own(tx, staff, export_id)
    require_fresh(staff, now)
    expired = export.expires_at is not None and export.expires_at <= now
    if export.state is ExportState.EXPIRED or expired:
        raise KeyDestroyed
    if export.state not in (ExportState.DOWNLOADED, ExportState.RELEASED):
        raise WrongState(f"The list is {export.state.value}; download it first.")
    await require_key(tx, export)
    if export.state is ExportState.DOWNLOADED:
        export.state, export.released_at = ExportState.RELEASED, now
        tx.add(export)
        await tx.flush()
    scheme = await get_scheme(tx, export.scheme_id)
    asked = {"export": str(export.id), "answer_to": key.public}
    errand = await put(tx, staff, ErrandKind.RELEASE, scheme, asked, now=now)
    await chain.append(
        tx, ExportReleased(actor=staff.subject, export=export.id, fingerprint=export.fingerprint), now=now
    )
    return errand


async def released(tx: Transaction, export_id: UUID, *, now: datetime) -> Released | None:
    """Whose key may be handed over to whom; None unless the release is committed, in the record, in time."""
    recipient = await tx.scalar(RELEASED, {"export": export_id, "now": now})
    return None if recipient is None else Released(export_id, str(recipient))
