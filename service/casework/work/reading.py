"""Looking at work sessions: one, all, how far they are, and who opened whom."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import func
from sqlalchemy import select as sa_select
from sqlmodel import col, select

from service.casework.work.tables import WorkItem, WorkOpening, WorkSession
from service.casework.work.words import UNDER_WAY, UNSETTLED, ItemState, Outcome, SessionState, WorkPurpose
from service.database import Transaction
from service.errors import Forbidden, NotFound
from service.staff.principal import Staff, require
from service.staff.roles import Act

NEWEST: Final = 100
"""Sessions on the list."""


class NoSuchWork(NotFound):
    """There is no work session of this id."""

    code = "no-such-work"


class NoSuchPerson(NotFound):
    """This work session has no person of this id."""

    code = "no-such-person"


class OpenedByOther(Forbidden):
    """Only whoever opened a person says what came of it."""

    code = "opened-by-other"


@dataclass(frozen=True)
class Progress:
    """How far a session is."""

    states: Counter[ItemState]
    outcomes: Counter[Outcome]
    next_call_at: datetime | None
    """When the next of those who are to be called again is due."""

    @property
    def left(self) -> int:
        """People of whom something is still to be done."""
        return sum(self.states[state] for state in UNSETTLED)


class Opened(NamedTuple):
    """One time that somebody's details were opened."""

    registration: UUID
    by: str
    at: datetime
    outcome: Outcome | None
    """What came of it; None while nothing was said."""


class Seen(NamedTuple):
    """That somebody had one person's details opened."""

    by: str
    purpose: WorkPurpose
    reference: str
    at: datetime


async def get_session(tx: Transaction, session_id: UUID, *, lock: bool = False) -> WorkSession:
    """The session, locked for a change where `lock`. Raises `NoSuchWork`."""
    statement = select(WorkSession).where(WorkSession.id == session_id)
    if lock:
        statement = statement.with_for_update(key_share=True)
    session = (await tx.exec(statement.execution_options(populate_existing=True))).one_or_none()
    if session is None:
        raise NoSuchWork
    return session


def state_at(session: WorkSession, now: datetime) -> SessionState:
    """Its state: one whose time is over is expired, also before a sweep has seen it."""
    if session.state in (SessionState.REQUESTED, *UNDER_WAY) and session.ends_at <= now:
        return SessionState.EXPIRED
    return session.state


async def people_of(tx: Transaction, session_id: UUID) -> list[UUID]:
    """The registrations of a session."""
    return list(await tx.exec(select(WorkItem.registration_id).where(WorkItem.session_id == session_id)))


async def newest(tx: Transaction) -> Sequence[WorkSession]:
    """The newest hundred sessions, newest first."""
    rows = await tx.exec(select(WorkSession).order_by(col(WorkSession.requested_at).desc()).limit(NEWEST))
    return rows.all()


async def in_hand(tx: Transaction, *, now: datetime) -> Sequence[WorkSession]:
    """Sessions that wait for a decision or are worked on, oldest first."""
    rows = await tx.exec(
        select(WorkSession)
        .where(
            col(WorkSession.state).in_((SessionState.REQUESTED, *UNDER_WAY)), col(WorkSession.ends_at) > now
        )
        .order_by(col(WorkSession.requested_at))
        .limit(NEWEST)
    )
    return rows.all()


async def progress_of(tx: Transaction, sessions: Collection[UUID]) -> dict[UUID, Progress]:
    """How far each of these sessions is. One query."""
    found = {each: Progress(Counter(), Counter(), None) for each in sessions}
    rows = await tx.execute(
        sa_select(
            col(WorkItem.session_id),
            col(WorkItem.state),
            col(WorkItem.outcome),
            func.count(),
            func.min(col(WorkItem.call_back_at)),
        )
        .where(col(WorkItem.session_id).in_(list(sessions)))
        .group_by(col(WorkItem.session_id), col(WorkItem.state), col(WorkItem.outcome))
    )
    for session, state, outcome, count, call_at in rows:
        so_far = found[session]
        so_far.states[state] += count
        if outcome is not None:
            so_far.outcomes[outcome] += count
        if call_at is not None:
            found[session] = Progress(so_far.states, so_far.outcomes, call_at)
    return found


async def open_with(tx: Transaction, staff: Staff) -> WorkItem | None:
    """The person whom a caseworker has open now, in whichever session; None where nobody."""
    statement = select(WorkItem).where(WorkItem.opened_by == staff.subject, WorkItem.state == ItemState.OPEN)
    return (await tx.exec(statement.execution_options(populate_existing=True))).one_or_none()


async def item_of(
    tx: Transaction, staff: Staff, session_id: UUID, item_id: UUID, *, lock: bool = False
) -> WorkItem:
    """A person whom this caseworker has opened, locked for a change where `lock`.

    Raises `NoSuchPerson`, `OpenedByOther`.
    """
    statement = select(WorkItem).where(WorkItem.session_id == session_id, WorkItem.id == item_id)
    if lock:
        statement = statement.with_for_update()
    item = (await tx.exec(statement.execution_options(populate_existing=True))).one_or_none()
    if item is None:
        raise NoSuchPerson
    if item.opened_by != staff.subject:
        raise OpenedByOther
    return item


async def openings(tx: Transaction, staff: Staff, session_id: UUID) -> list[Opened]:
    """Who opened whom in a session and when, in order. Raises `NotYourRole`, `NoSuchWork`."""
    require(staff, Act.SEE_OPENED)
    await get_session(tx, session_id)
    rows = await tx.exec(
        select(WorkItem.registration_id, WorkOpening.opened_by, WorkOpening.opened_at, WorkItem.outcome)
        .join(WorkOpening, col(WorkOpening.item_id) == col(WorkItem.id))
        .where(WorkItem.session_id == session_id)
        .order_by(col(WorkOpening.opened_at), col(WorkOpening.id))
    )
    return [Opened(*row) for row in rows]


async def openings_of(tx: Transaction, registration: UUID) -> list[Seen]:
    """Who opened one person in work sessions: the last fifty times, newest first."""
    rows = await tx.exec(
        select(WorkOpening.opened_by, WorkSession.purpose, WorkSession.reference, WorkOpening.opened_at)
        .join(WorkItem, col(WorkItem.id) == col(WorkOpening.item_id))
        .join(WorkSession, col(WorkSession.id) == col(WorkItem.session_id))
        .where(WorkItem.registration_id == registration)
        .order_by(col(WorkOpening.opened_at).desc(), col(WorkOpening.id).desc())
        .limit(50)
    )
    return [Seen(by, WorkPurpose(purpose), reference, at) for by, purpose, reference, at in rows]
