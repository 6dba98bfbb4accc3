"""A test-send: an author gets an update's emails as a recipient would, at their own address and no other."""

from datetime import datetime
from uuid import UUID

from service.audit import chain
from service.audit.events import UpdateTested
from service.database import Transaction
from service.errands.asking import put
from service.errands.tables import ErrandKind
from service.errors import Conflict
from service.notify.addresses import NotAnAddress, email_address
from service.schemes.reading import get_scheme, public_list
from service.staff.principal import Staff, require
from service.staff.roles import Act
from service.updates.checks import Blocked, check
from service.updates.drafting import current_version
from service.updates.reading import get_update


class NoAddress(Conflict):
    """Your sign-in gives no email address of yours. Ask whoever manages access to have it added, verified."""

    code = "no-address"


async def ask_for_test(tx: Transaction, staff: Staff, update_id: UUID, *, now: datetime) -> UUID:
    """Ask the workers to send the words as they are now to `staff` alone; the errand's id.

    Raises `NotYourRole`, `NoSuchUpdate`, `NoAddress`, `Blocked` (words that may not leave are not sent as a
    test either), `TooOften`, `Unavailable`.
    """
    require(staff, Act.TEST_SEND)
    update = await get_update(tx, update_id)
    address = _own_address(staff)
    version = await current_version(tx, update)
    findings = check(version.content, await public_list(tx, update.scheme_id))
    if blocking := [finding for finding in findings if finding.blocks]:
        raise Blocked(blocking)
    scheme = await get_scheme(tx, update.scheme_id)
    asked = {"update": str(update.id), "version": version.version, "email": address}
    errand = await put(tx, staff, ErrandKind.TEST_SEND, scheme, asked, now=now)
    await chain.append(
        tx, UpdateTested(actor=staff.subject, update=update.id, version=version.version), now=now
    )
    return errand


def _own_address(staff: Staff) -> str:
    """As Notify takes it. Raises `NoAddress`."""
    try:
        return email_address(staff.email or "").as_typed
    except NotAnAddress:
        raise NoAddress from None
