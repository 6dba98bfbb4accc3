"""Work sessions, over the staff JSON API: asking, approving, opening one after the other, outcomes."""

from typing import Annotated, Any, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from service.casework.work.approving import WorkDecision, decide
from service.casework.work.reading import Progress, get_session, openings, progress_of, state_at
from service.casework.work.requesting import WorkForm, request
from service.casework.work.settling import Said, settle
from service.casework.work.tables import WorkSession
from service.casework.work.words import ItemState, Outcome
from service.schemes.reading import find_scheme
from service.staff.principal import Staff
from service.staff.roles import Act
from service.web.problem_schema import documented
from service.web.staff.next_person import show_next
from service.web.staff.process import Here, StaffProcess, allowed
from service.web.staff.updates import Slug

router: Final = APIRouter(tags=["work sessions"])

Worker = Annotated[Staff, Depends(allowed(Act.WORK_THROUGH))]
Approver = Annotated[Staff, Depends(allowed(Act.APPROVE_WORK))]


class WorkApprovalForm(BaseModel):
    """A decision on exactly what was read."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    decision: WorkDecision
    request_sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class OutcomeForm(BaseModel):
    """What came of one person. `call_back_at` goes with `no-answer`; `no_message` is for later calls."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    outcome: Literal[
        Outcome.TOLD,
        Outcome.SENT,
        Outcome.REACHED,
        Outcome.NO_ANSWER,
        Outcome.WRONG_NUMBER,
        Outcome.ASKED_NOT_TO_BE_CALLED,
        Outcome.ASKED_TO_LEAVE,
    ]
    call_back_at: AwareDatetime | None = None
    no_message: bool = False


@router.post(
    "/v1/schemes/{scheme}/work-sessions", status_code=201, responses=documented(401, 403, 404, 409, 422)
)
async def ask(scheme: Slug, form: WorkForm, here: Here, staff: Worker) -> dict[str, Any]:
    """Ask to open people one by one, up to 300. Another person has to approve it, once for all of them."""
    async with here.transactions.begin() as tx:
        made = await request(tx, staff, await find_scheme(tx, scheme), form, now=here.clock.now())
        return _described(here, made, (await progress_of(tx, [made.id]))[made.id])


@router.get("/v1/work-sessions/{session_id}", responses=documented(401, 403, 404))
async def show(session_id: UUID, here: Here, staff: Approver) -> dict[str, Any]:
    """What was asked for, by whom it was approved, and how far it is. Nobody's details."""
    async with here.transactions.begin() as tx:
        session = await get_session(tx, session_id)
        return _described(here, session, (await progress_of(tx, [session_id]))[session_id])


@router.post("/v1/work-sessions/{session_id}/approval", responses=documented(401, 403, 404, 409, 422))
async def approve(session_id: UUID, form: WorkApprovalForm, here: Here, staff: Approver) -> dict[str, str]:
    """Approve these very people for this purpose, or refuse. Your own request you can only take back."""
    async with here.transactions.begin() as tx:
        decided = await decide(
            tx, staff, session_id, form.decision, request=form.request_sha256, now=here.clock.now()
        )
    return {"state": decided.state.value}


@router.post("/v1/work-sessions/{session_id}/next", responses=documented(401, 403, 404, 409, 503))
async def open_one(session_id: UUID, here: Here, staff: Worker) -> dict[str, Any]:
    """The details of the next person, once; of the same again while nothing was said of them.

    `item` is null where nobody is due; `next_call_at` says when somebody is, if anybody is. `person` is null
    where they have left, or were erased: the next one can be opened at once.
    """
    shown = await show_next(here, staff, session_id)
    if shown is None:
        async with here.transactions.begin() as tx:
            progress = (await progress_of(tx, [session_id]))[session_id]
        return {"item": None, "person": None, "next_call_at": progress.next_call_at}
    return {
        "item": str(shown.next.item),
        "registration": str(shown.next.registration),
        "no_message": shown.next.no_message,
        "needs": [need.value for need in shown.next.needs],
        "person": shown.person,
    }


@router.post(
    "/v1/work-sessions/{session_id}/items/{item_id}/outcome", responses=documented(401, 403, 404, 409, 422)
)
async def say(
    session_id: UUID, item_id: UUID, form: OutcomeForm, here: Here, staff: Worker
) -> dict[str, str]:
    """What came of the person whom you have open. What they needed of an update is then met."""
    said = Said(Outcome(form.outcome), form.call_back_at, form.no_message)
    async with here.transactions.begin() as tx:
        state = await settle(tx, staff, session_id, item_id, said, now=here.clock.now())
    return {"state": state.value}


@router.get("/v1/work-sessions/{session_id}/openings", responses=documented(401, 403, 404))
async def opened(
    session_id: UUID, here: Here, staff: Annotated[Staff, Depends(allowed(Act.SEE_OPENED))]
) -> dict[str, Any]:
    """Who opened whom, and when, in order."""
    async with here.transactions.begin() as tx:
        found = await openings(tx, staff, session_id)
    return {
        "openings": [
            {
                "registration": str(each.registration),
                "by": each.by,
                "at": each.at.isoformat(),
                "outcome": each.outcome.value if each.outcome else None,
            }
            for each in found
        ]
    }


def _described(here: StaffProcess, session: WorkSession, progress: Progress) -> dict[str, Any]:
    return {
        "id": str(session.id),
        "state": state_at(session, here.clock.now()).value,
        "kind": session.kind.value,
        "update": str(session.update_id) if session.update_id else None,
        "purpose": session.purpose.value,
        "reference": session.reference,
        "people": session.people,
        "request_sha256": session.request_sha256,
        "requested_by": session.requested_by,
        "decided_by": session.decided_by,
        "ends_at": session.ends_at.isoformat(),
        "states": {state.value: progress.states[state] for state in ItemState},
        "outcomes": {outcome.value: progress.outcomes[outcome] for outcome in Outcome},
        "next_call_at": progress.next_call_at,
    }
