"""Saying what came of a person. Only whoever opened them does; what was needed is then met."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlmodel import col, select

from service.audit import chain
from service.audit.work_events import WorkEnded, WorkItemSettled
from service.casework.acting import ClosureForm, close
from service.casework.records import NoSuchRegistration
from service.casework.work.reading import get_session, item_of
from service.casework.work.tables import WorkItem, WorkSession
from service.casework.work.words import UNSETTLED, ItemState, Outcome, SessionState, WorkKind
from service.database import Transaction
from service.deliveries.fulfilling import A_CALL, A_FORMAT, meet_all
from service.errors import Conflict, Invalid
from service.registrations.words import GivenBy
from service.staff.principal import Staff, require
from service.staff.roles import Act

ON_THE_TELEPHONE: Final = ClosureForm(given_by=GivenBy.PHONE)
NOT_REACHED: Final = frozenset({Outcome.NO_ANSWER, Outcome.WRONG_NUMBER})


class NotOpen(Conflict):
    """Nobody has this person open: somebody has said already what came of it."""

    code = "not-open"


@dataclass(frozen=True)
class Said:
    """What a caseworker says of a person. `no_message`: no message may be left at later calls."""

    outcome: Outcome
    call_back_at: datetime | None = None
    no_message: bool = False


async def settle(
    tx: Transaction, staff: Staff, session_id: UUID, item_id: UUID, said: Said, *, now: datetime
) -> ItemState:
    """Keep what came of a person, and mark met what they needed. With the last of them a session is finished.

    It can be said after the session is over, too: somebody did ring. Raises `NotYourRole`, `NoSuchWork`,
    `NoSuchPerson`, `NotOpen`, `OpenedByOther`, and `Invalid` with the rule.
    """
    require(staff, Act.WORK_THROUGH)
    # Locked: of two who settle the last two at once, one sees that there is nobody left.
    session = await get_session(tx, session_id, lock=True)
    item = await item_of(tx, staff, session_id, item_id, lock=True)
    if item.state is not ItemState.OPEN:
        raise NotOpen
    _refuse(said, session, now=now)
    item.state = _becomes(said)
    item.lease_until = None
    item.outcome, item.settled_by, item.settled_at = said.outcome, staff.subject, now
    item.call_back_at, item.no_message = said.call_back_at, said.no_message
    tx.add(item)
    await tx.flush()
    finished = session.state is SessionState.WORKING and not await _anybody_left(tx, session_id)
    if finished:
        session.state = SessionState.FINISHED
        tx.add(session)
        await tx.flush()
    if said.outcome is Outcome.ASKED_TO_LEAVE:
        # Whoever has been erased meanwhile has left.
        with suppress(NoSuchRegistration):
            await close(tx, staff, item.registration_id, ON_THE_TELEPHONE, now=now)
    met = {(WorkKind.CALLS, Outcome.TOLD): A_CALL, (WorkKind.FORMATS, Outcome.SENT): A_FORMAT}
    if session.update_id is not None and (needs := met.get((session.kind, said.outcome))):
        await meet_all(tx, staff, session.update_id, item.registration_id, needs, now=now)
    event = WorkItemSettled(
        actor=staff.subject,
        session=session_id,
        item=item.id,
        registration=item.registration_id,
        outcome=said.outcome.value,
    )
    await chain.append(tx, event, now=now)
    if finished:
        await chain.append(tx, WorkEnded(actor=staff.subject, session=session_id, how="finished"), now=now)
    return item.state


def _becomes(said: Said) -> ItemState:
    if said.call_back_at is not None:
        return ItemState.CALLED_AGAIN
    return ItemState.NOT_REACHED if said.outcome in NOT_REACHED else ItemState.DONE


def _refuse(said: Said, session: WorkSession, *, now: datetime) -> None:
    if said.outcome is Outcome.SENT and session.kind is not WorkKind.FORMATS:
        raise Invalid({"outcome": "It is for people who need another format"})
    if said.call_back_at is None:
        return
    if said.outcome is not Outcome.NO_ANSWER:
        raise Invalid({"call_back_at": "It is for somebody who did not answer"})
    if not now < said.call_back_at < session.ends_at:
        raise Invalid({"call_back_at": "It has to be in the future, and before the work session ends"})


async def _anybody_left(tx: Transaction, session_id: UUID) -> bool:
    unsettled = select(WorkItem.id).where(
        WorkItem.session_id == session_id, col(WorkItem.state).in_(UNSETTLED)
    )
    return (await tx.exec(unsettled.limit(1))).first() is not None
