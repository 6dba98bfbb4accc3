"""Approving a work session, once, for all of its people: another person, over the hash of the request.

The database refuses the same things by itself (migrations/sql/0016_work_sessions.sql).
"""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from service.audit import chain
from service.audit.work_events import WorkApproved, WorkRefused
from service.casework.work.reading import get_session, people_of, state_at
from service.casework.work.requesting import LASTS, request_sha256
from service.casework.work.tables import WorkSession
from service.casework.work.words import SessionState
from service.database import Transaction
from service.errors import Conflict, Forbidden
from service.staff.members import describe
from service.staff.principal import Staff, require
from service.staff.roles import Act
from service.staff.step_up import require_fresh


class WorkDecision(StrEnum):
    APPROVE = "approve"
    REFUSE = "refuse"


class OwnRequest(Forbidden):
    """Somebody else has to approve what you asked for yourself."""

    code = "own-request"


class OtherRequest(Conflict):
    """This is not what you read. Read it again."""

    code = "other-request"


class DecidedAlready(Conflict):
    """This request does not wait for a decision: somebody decided, or it waited for more than seven days."""

    code = "decided-already"


async def decide(
    tx: Transaction,
    staff: Staff,
    session_id: UUID,
    decision: WorkDecision,
    *,
    request: str,
    now: datetime,
) -> WorkSession:
    """Approve these very people for this purpose, or refuse. `request` is the SHA-256 of what was read.

    Whoever asked for it can take it back by refusing. Raises `NotYourRole`, `NoSuchWork`, `OwnRequest`, a
    step-up error, `DecidedAlready`, `OtherRequest`.
    """
    require(staff, Act.APPROVE_WORK)
    session = await get_session(tx, session_id, lock=True)
    approves = decision is WorkDecision.APPROVE
    if approves and session.requested_by == staff.subject:
        raise OwnRequest
    require_fresh(staff, now)
    if state_at(session, now) is not SessionState.REQUESTED:
        raise DecidedAlready
    if request != session.request_sha256 or request != request_sha256(
        session, await people_of(tx, session.id)
    ):
        raise OtherRequest
    await describe(tx, staff, now=now)
    session.decided_by, session.decided_at = staff.subject, now
    if approves:
        session.state, session.approved_sha256, session.ends_at = SessionState.APPROVED, request, now + LASTS
    else:
        session.state = SessionState.REFUSED
    tx.add(session)
    await tx.flush()
    event = (
        WorkApproved(actor=staff.subject, session=session.id, people=session.people, request_sha256=request)
        if approves
        else WorkRefused(actor=staff.subject, session=session.id)
    )
    await chain.append(tx, event, now=now)
    return session
