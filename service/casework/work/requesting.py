"""Asking for a work session: these very people, for a purpose, under a reference.

What another person approves is a hash of all of it. The database keeps the people as they were asked for
(migrations/sql/0016_work_sessions.sql), and a worker compares the hash before it opens anybody.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Annotated, Final
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import func, insert
from sqlmodel import select
from uuid6 import uuid7

from service.audit import chain
from service.audit.work_events import WorkRequested
from service.casework.work.choosing import HAS_BEGUN, choose
from service.casework.work.tables import MOST_PEOPLE, WorkItem, WorkSession
from service.casework.work.words import ItemState, SessionState, WorkKind, WorkPurpose
from service.crypto.canonical import canonical_sha256
from service.database import Transaction
from service.errors import Conflict, Invalid
from service.schemes.reading import SchemeView
from service.staff.members import describe
from service.staff.principal import Staff, require
from service.staff.references import Reference
from service.staff.roles import Act
from service.staff.step_up import require_fresh
from service.updates.drafting import NoSuchUpdate
from service.updates.reading import get_update

LASTS: Final = timedelta(days=7)
"""From the request until somebody decides, and from the approval until nobody is opened any more."""


class NobodyToWorkThrough(Conflict):
    """There is nobody of this kind who is not with another work session already."""

    code = "nobody-to-work-through"


class NotBegun(Conflict):
    """This update is not being sent, and was not."""

    code = "not-begun"


class WorkForm(BaseModel):
    """Which people, what for, and the department's own reference of it."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    kind: WorkKind
    update: UUID | None = None
    """Of which update; None for those who have no way left, and only for them."""
    purpose: WorkPurpose
    reference: Reference
    at_most: Annotated[int, Field(ge=1, le=MOST_PEOPLE)] = MOST_PEOPLE


async def request(
    tx: Transaction, staff: Staff, scheme: SchemeView, wanted: WorkForm, *, now: datetime
) -> WorkSession:
    """Put a session of up to 300 people before another person.

    Raises `NotYourRole`, a step-up error, `Invalid`, `NoSuchUpdate`, `NotBegun`, `NobodyToWorkThrough`.
    """
    require(staff, Act.WORK_THROUGH)
    require_fresh(staff, now)
    if (wanted.update is None) != (wanted.kind is WorkKind.NO_WAY_LEFT):
        raise Invalid({"update": "It is needed for all kinds but no-way-left, which is of no update"})
    if wanted.update is not None:
        update = await get_update(tx, wanted.update)
        if update.scheme_id != scheme.id:
            raise NoSuchUpdate
        if update.state not in HAS_BEGUN:
            raise NotBegun
    await describe(tx, staff, now=now)
    # Two requests at once would each choose the same people.
    await tx.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"work/{scheme.id}"))))
    people = await choose(tx, scheme.id, wanted.kind, wanted.update, at_most=wanted.at_most, now=now)
    if not people:
        raise NobodyToWorkThrough
    session = WorkSession(
        id=uuid7(),
        scheme_id=scheme.id,
        kind=wanted.kind,
        update_id=wanted.update,
        purpose=wanted.purpose,
        reference=wanted.reference,
        people=len(people),
        request_sha256="",
        requested_by=staff.subject,
        requested_at=now,
        state=SessionState.REQUESTED,
        ends_at=now + LASTS,
    )
    session.request_sha256 = request_sha256(session, people)
    tx.add(session)
    await tx.flush()
    # One statement: the database takes no further people.
    await tx.execute(
        insert(WorkItem).values(
            [
                {"id": uuid7(), "session_id": session.id, "registration_id": each, "state": ItemState.WAITING}
                for each in people
            ]
        )
    )
    event = WorkRequested(
        actor=staff.subject,
        session=session.id,
        scheme=scheme.id,
        kind=session.kind.value,
        purpose=session.purpose.value,
        people=session.people,
        request_sha256=session.request_sha256,
    )
    await chain.append(tx, event, now=now)
    return session


def request_sha256(session: WorkSession, people: Collection[UUID]) -> str:
    """The hash of what is asked for and of whom, in lower-case hex: over canonical JSON."""
    return canonical_sha256(
        {
            "session": str(session.id),
            "scheme": str(session.scheme_id),
            "kind": session.kind,
            "update": str(session.update_id) if session.update_id else None,
            "purpose": session.purpose,
            "reference": session.reference,
            "requested_by": session.requested_by,
            "people": sorted(map(str, people)),
        }
    )
