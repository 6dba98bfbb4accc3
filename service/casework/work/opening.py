"""Opening the next person of a work session: leased to one caseworker, recorded, then asked of a worker."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, insert, text, update
from sqlmodel import col, select
from uuid6 import uuid7

from service.audit import chain
from service.audit.work_events import WorkItemOpened
from service.casework.work.reading import get_session, open_with, state_at
from service.casework.work.requesting import request_sha256
from service.casework.work.tables import WorkItem, WorkOpening, WorkSession
from service.casework.work.words import UNDER_WAY, ItemState, SessionState, WorkKind
from service.crypto.one_answer import OneAnswer
from service.database import Transaction
from service.deliveries.fulfilling import A_FORMAT, needs_of
from service.deliveries.tables import Need
from service.errands.asking import put
from service.errands.tables import ErrandKind
from service.errors import Conflict
from service.schemes.reading import get_scheme
from service.staff.members import describe
from service.staff.principal import Staff, require
from service.staff.roles import Act

LEASE: Final = timedelta(hours=2)
"""How long a person stays with whoever opened them and does not say what came of it."""

# Whoever was promised a call at a time comes first. SKIP LOCKED: two caseworkers never get the same person.
TAKE: Final = text("""
    WITH due AS (
        SELECT id FROM work_items
        WHERE session_id = :session AND (
            state = 'waiting' OR (state = 'called_again' AND call_back_at <= :now)
            OR (state = 'open' AND lease_until <= :now)
        )
        ORDER BY state <> 'called_again', call_back_at, id LIMIT 1
        FOR UPDATE SKIP LOCKED
    )
    UPDATE work_items i
    SET state = 'open', opened_by = :who, opened_at = :now, lease_until = :until, outcome = NULL,
        settled_by = NULL, settled_at = NULL, call_back_at = NULL,
        no_message = coalesce((
            SELECT last.no_message FROM work_items last
            WHERE last.registration_id = i.registration_id AND last.settled_at IS NOT NULL
            ORDER BY last.settled_at DESC LIMIT 1
        ), false)
    FROM due WHERE i.id = due.id
    RETURNING i.id
""")


class NotUnderWay(Conflict):
    """This work session is not approved, or it is over."""

    code = "not-under-way"


class OpenElsewhere(Conflict):
    """You have a person open in another work session. Say there first what came of it."""

    code = "open-elsewhere"


@dataclass(frozen=True)
class Next:
    """The person whom a caseworker has open, and the errand that brings their details."""

    item: UUID
    registration: UUID
    errand: UUID
    needs: tuple[Need, ...]
    """The formats in which they are still to get the update, in a session of those."""
    no_message: bool
    """Whoever called them last says that no message may be left."""


async def open_next(
    tx: Transaction, staff: Staff, session_id: UUID, key: OneAnswer, *, now: datetime
) -> Next | None:
    """Lease the next person to this caseworker and ask a worker for their details; None where nobody is due.

    Whoever has one open gets the same person again, which is recorded again. The errand's job is rung when
    this is committed. Raises `NotYourRole`, `NoSuchWork`, `NotUnderWay`, `OpenElsewhere`, `Unavailable`.
    """
    require(staff, Act.WORK_THROUGH)
    # One at a time: two at once would each find that nobody is open.
    await tx.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"work/{staff.subject}"))))
    session = await get_session(tx, session_id)
    state = state_at(session, now)
    if state is SessionState.FINISHED:
        return None
    if state not in UNDER_WAY:
        raise NotUnderWay
    await describe(tx, staff, now=now)
    theirs = await open_with(tx, staff)
    if theirs is not None and theirs.session_id != session_id:
        raise OpenElsewhere
    item = await _again(tx, theirs, now=now) if theirs else await _take(tx, staff, session_id, now=now)
    if item is None:
        return None
    await tx.execute(
        update(WorkSession)
        .where(col(WorkSession.id) == session_id, col(WorkSession.state) == SessionState.APPROVED)
        .values(state=SessionState.WORKING)
    )
    await tx.execute(
        insert(WorkOpening).values(id=uuid7(), item_id=item.id, opened_by=staff.subject, opened_at=now)
    )
    scheme = await get_scheme(tx, session.scheme_id)
    asked = {"item": str(item.id), "key": key.public}
    opened = Next(
        item=item.id,
        registration=item.registration_id,
        errand=await put(tx, staff, ErrandKind.WORK_ITEM, scheme, asked, now=now),
        needs=await _needs(tx, session, item.registration_id),
        no_message=item.no_message,
    )
    event = WorkItemOpened(
        actor=staff.subject, session=session.id, item=item.id, registration=item.registration_id
    )
    await chain.append(tx, event, now=now)
    return opened


@dataclass(frozen=True)
class MayOpen:
    """One person whom a worker may open for one caseworker."""

    registration: UUID
    kind: WorkKind


async def may_be_opened(tx: Transaction, asked: Mapping[UUID, str], *, now: datetime) -> dict[UUID, MayOpen]:
    """For the workers: which of these items may be opened for whom asks, by item.

    Its session is approved and not over, the item is leased to them, and the people and the purpose are
    those that were approved.
    """
    rows = await tx.exec(
        select(WorkItem, WorkSession)
        .join(WorkSession, col(WorkSession.id) == col(WorkItem.session_id))
        .where(
            col(WorkItem.id).in_(list(asked)),
            WorkItem.state == ItemState.OPEN,
            col(WorkItem.lease_until) > now,
            col(WorkSession.state).in_(UNDER_WAY),
            col(WorkSession.ends_at) > now,
        )
    )
    leased = [(item, session) for item, session in rows if item.opened_by == asked[item.id]]
    untouched = await _as_approved(tx, {session.id: session for _, session in leased}.values())
    return {
        item.id: MayOpen(item.registration_id, session.kind)
        for item, session in leased
        if session.id in untouched
    }


async def _as_approved(tx: Transaction, sessions: Collection[WorkSession]) -> set[UUID]:
    """Those of which everything is as it was approved."""
    people: dict[UUID, list[UUID]] = {session.id: [] for session in sessions}
    rows = await tx.exec(
        select(WorkItem.session_id, WorkItem.registration_id).where(col(WorkItem.session_id).in_(people))
    )
    for session_id, registration in rows:
        people[session_id].append(registration)
    return {each.id for each in sessions if each.approved_sha256 == request_sha256(each, people[each.id])}


async def _take(tx: Transaction, staff: Staff, session_id: UUID, *, now: datetime) -> WorkItem | None:
    named: dict[str, Any] = {
        "session": session_id,
        "who": staff.subject,
        "now": now,
        "until": now + LEASE,
    }
    taken = (await tx.execute(TAKE, named)).one_or_none()
    return await open_with(tx, staff) if taken is not None else None


async def _again(tx: Transaction, item: WorkItem, *, now: datetime) -> WorkItem:
    item.opened_at, item.lease_until = now, now + LEASE
    tx.add(item)
    await tx.flush()
    return item


async def _needs(tx: Transaction, session: WorkSession, registration: UUID) -> tuple[Need, ...]:
    if session.kind is not WorkKind.FORMATS or session.update_id is None:
        return ()
    return tuple(need for need in await needs_of(tx, session.update_id, registration) if need in A_FORMAT)
