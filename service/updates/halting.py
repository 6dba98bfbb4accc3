"""Halting and resuming. A halt stops everything that has not been handed over, at once (promise 6)."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from service.audit import chain
from service.audit.events import UpdateHalted, UpdateResumed
from service.database import Transaction
from service.errors import Conflict
from service.holds.incidents import open_incidents
from service.holds.tables import IncidentKind
from service.schemes.reading import public_list
from service.staff.principal import Staff, require
from service.staff.roles import Act
from service.staff.step_up import require_fresh
from service.updates.audience import audience_sha256
from service.updates.checking.personal import without_numbers
from service.updates.drafting import locked
from service.updates.states import UpdateState, WrongState, check_move
from service.updates.tables import Update


class Why(StrEnum):
    """Why the service itself stopped an update, and what a person should do."""

    GUARD = "guard"
    TEMPLATE = "template"
    KEY = "key"
    AUDIENCE = "audience"
    BOUNCES = "bounces"


WHAT_TO_DO = {
    Why.GUARD: (
        "The outgoing guard found an email address or telephone number that is neither the recipient's own "
        "nor on the scheme's public list. Look at the words, tell the data-protection officer, and resume "
        "only when you know where it came from."
    ),
    Why.TEMPLATE: (
        "Notify's template is not the one that was approved, or refuses our messages. "
        "Put the template right in Notify, or edit the update and have it approved again."
    ),
    Why.KEY: (
        "Notify refuses our key, or our clock is wrong by more than 30 seconds; fresh tokens were tried. "
        "Ask an operator to put that right, then resume."
    ),
    Why.BOUNCES: (
        "Too many addresses of those who were written to so far do not exist. Find out whether the list of "
        "people is the right one, and resume when it is: those who have had the update do not get it again."
    ),
    Why.AUDIENCE: "The people are not those who were approved. Tell the data-protection officer.",
}


class OtherPeople(Conflict):
    """The people are not those who were approved, so it cannot go on. Tell the data-protection officer."""

    code = "other-people"


async def halt(
    tx: Transaction, staff: Staff, update_id: UUID, *, reason: str | None, now: datetime
) -> Update:
    """Stop an update that is approved or being sent. Anybody of staff may. Raises `WrongState`.

    Details of somebody's in the reason are blacked out: a halt is not refused for its words.
    """
    require(staff, Act.HALT_UPDATE)
    allowed = await public_list(tx, (await locked(tx, update_id)).scheme_id)
    why = without_numbers(reason, allowed) if reason else "halted by staff"
    return await _halt(tx, update_id, why=why, code="staff", actor=staff.subject, now=now)


async def halt_by_service(tx: Transaction, update_id: UUID, why: Why, *, now: datetime) -> None:
    """Stop an update because of what was found while sending it; one that has stopped stays so."""
    update = await locked(tx, update_id)
    if update.state in {UpdateState.SENDING, UpdateState.APPROVED}:
        actor = f"worker:{why.value}"
        await _halt(tx, update_id, why=WHAT_TO_DO[why], code=why.value, actor=actor, now=now)
        if why is Why.GUARD:
            await open_incidents(tx, IncidentKind.GUARD, [update_id], actor=actor, now=now)


async def resume(tx: Transaction, staff: Staff, update_id: UUID, *, now: datetime) -> Update:
    """Go on with a halted update, for those who have not had it. Only a senior may.

    Raises `WrongState`, a step-up error, `OtherPeople`.
    """
    require(staff, Act.RESUME_UPDATE)
    update = await locked(tx, update_id)
    require_fresh(staff, now)
    if update.state is not UpdateState.HALTED:
        raise WrongState(f"The update is {update.state.value}; there is nothing to resume.")
    # It may have been halted before it was ever sent, or because of its people.
    if await audience_sha256(tx, update.id) != update.audience_sha256:
        raise OtherPeople
    update.state = UpdateState.SENDING
    update.halted_why = None
    update.sending_since = update.sending_since or now
    update.resumed_at = now
    tx.add(update)
    await tx.flush()
    await chain.append(tx, UpdateResumed(actor=staff.subject, update=update.id), now=now)
    return update


async def _halt(
    tx: Transaction, update_id: UUID, *, why: str, code: str, actor: str, now: datetime
) -> Update:
    update = await locked(tx, update_id)
    check_move(update.state, UpdateState.HALTED)
    update.state = UpdateState.HALTED
    update.halted_why = why
    tx.add(update)
    await tx.flush()
    await chain.append(tx, UpdateHalted(actor=actor, update=update.id, why=code), now=now)
    return update
