"""The staff JSON API for updates (contract.md): write, submit, approve, halt, resume."""

from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Path
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from starlette.responses import Response

from service.database import Transaction
from service.deliveries.cancelling import letters_to_cancel
from service.deliveries.costing import by_channel, cost
from service.deliveries.fulfilling import needed
from service.deliveries.outcomes import eta, outcomes
from service.doorbell import Job
from service.errors import Conflict
from service.schemes.reading import find_scheme
from service.staff.principal import Staff
from service.staff.roles import Act
from service.updates import approval, drafting, halting
from service.updates.approval import Decision
from service.updates.body import UpdateBody
from service.updates.checking.finding import Blocked
from service.updates.checking.reading_age import reading_ages
from service.updates.content import body_of
from service.updates.reading import approval_of, get_update
from service.updates.reasons import findings_of
from service.updates.states import UpdateState
from service.web.problem_schema import documented
from service.web.problems import MEDIA_TYPE, problem_of
from service.web.staff.process import Here, StaffProcess, Who, allowed
from service.web.staff.remarks import Remark

router: Final = APIRouter(tags=["updates"])


Slug = Annotated[str, Path(pattern="^[a-z][a-z0-9-]{1,39}$")]
"""A scheme's name, as its table allows it."""


class ApprovalForm(BaseModel):
    """A decision on exactly what was read."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    decision: Decision
    content_sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    audience_sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    comment: Remark | None = None
    urgent_reason: Annotated[Remark, Field(min_length=1)] | None = None
    """Why it should leave sooner than the hold window says, and at any hour."""
    submitted_at: AwareDatetime | None = None
    """When what was read had been submitted: the same words may come again with other reasons."""


VersionRead = Annotated[int, Field(ge=1, le=2**31 - 1)]
"""The version that somebody read before they wrote: where it is no longer the current one, that is a 409."""


_VERSION_READ: Final = TypeAdapter[int | None](VersionRead | None)


class SubmissionForm(BaseModel):
    """Reasons for findings that want one, by the finding's key, or by its code for all of that code."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    reasons: dict[str, Remark] = {}
    version: VersionRead | None = None


class HaltForm(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    reason: Remark | None = None


@router.get("/v1/me")
async def me(staff: Who) -> dict[str, Any]:
    """Who is asking, as the issuer says."""
    return {"subject": staff.subject, "roles": sorted(staff.roles)}


@router.post("/v1/schemes/{scheme}/updates", status_code=201, responses=documented(401, 403, 404, 422, 503))
async def draft(
    scheme: Slug, body: UpdateBody, here: Here, staff: Annotated[Staff, Depends(allowed(Act.DRAFT_UPDATE))]
) -> dict[str, Any]:
    """Begin an update."""
    async with here.transactions.begin() as tx:
        found = await find_scheme(tx, scheme)
        update = await drafting.draft(tx, staff, found, body, now=here.clock.now())
        return await shown_to_staff(tx, update.id, here)


@router.get("/v1/updates/{update_id}", responses=documented(401, 403, 404))
async def show(
    update_id: UUID, here: Here, staff: Annotated[Staff, Depends(allowed(Act.READ_UPDATES))]
) -> dict[str, Any]:
    """An update as it is now."""
    async with here.transactions.begin() as tx:
        return await shown_to_staff(tx, update_id, here)


@router.patch("/v1/updates/{update_id}", response_model=None, responses=documented(401, 403, 404, 409, 422))
async def edit(
    update_id: UUID,
    changes: dict[str, Any],
    here: Here,
    staff: Annotated[Staff, Depends(allowed(Act.EDIT_UPDATE))],
) -> dict[str, Any] | Response:
    """Change it: back to draft, its people dropped, any approval void. `version` is the one that was read."""
    try:
        read = _VERSION_READ.validate_python(changes.pop("version", None))
        async with here.transactions.begin() as tx:
            await drafting.edit(tx, staff, update_id, changes, read=read, now=here.clock.now())
            return await shown_to_staff(tx, update_id, here)
    except ValidationError as error:
        raise _of_the_body(error, "version") from None
    except drafting.BadChanges as error:
        raise _of_the_body(error.error) from None
    except drafting.SomebodyElseSaved as error:
        return _conflict(error, version=error.version)


@router.post(
    "/v1/updates/{update_id}/submission",
    status_code=202,
    response_model=None,
    responses=documented(401, 403, 404, 409, 422),
)
async def submit(
    update_id: UUID,
    here: Here,
    staff: Annotated[Staff, Depends(allowed(Act.SUBMIT_UPDATE))],
    form: SubmissionForm | None = None,
) -> dict[str, Any] | Response:
    """Hand it in. A worker freezes its people, then it waits for its approval."""
    said = form or SubmissionForm()
    now = here.clock.now()
    try:
        async with here.transactions.begin() as tx:
            await drafting.submit(tx, staff, update_id, reasons=said.reasons, read=said.version, now=now)
            shown = await shown_to_staff(tx, update_id, here)
    except Blocked as error:
        return _conflict(error, findings=[finding.as_json() for finding in error.findings])
    except drafting.SomebodyElseSaved as error:
        return _conflict(error, version=error.version)
    await here.doorbell.ring(Job.PLAN)
    return shown


@router.post("/v1/updates/{update_id}/approval", responses=documented(401, 403, 404, 409, 422))
async def decide(
    update_id: UUID,
    form: ApprovalForm,
    here: Here,
    staff: Annotated[Staff, Depends(allowed(Act.APPROVE_UPDATE))],
) -> dict[str, Any]:
    """Approve these words and people, or send them back."""
    async with here.transactions.begin() as tx:
        await approval.decide(
            tx,
            staff,
            update_id,
            form.decision,
            content_sha256=form.content_sha256,
            audience_sha256=form.audience_sha256,
            comment=form.comment,
            hold_window=here.hold_window_of(urgent=form.urgent_reason is not None),
            urgent_reason=form.urgent_reason,
            submitted_at=form.submitted_at,
            now=here.clock.now(),
        )
        shown = await shown_to_staff(tx, update_id, here)
    await here.doorbell.ring(Job.SEND)
    return shown


@router.post("/v1/updates/{update_id}/halt", responses=documented(401, 403, 404, 409))
async def halt(
    update_id: UUID,
    here: Here,
    staff: Annotated[Staff, Depends(allowed(Act.HALT_UPDATE))],
    form: HaltForm | None = None,
) -> dict[str, Any]:
    """Stop everything of it that has not been handed over."""
    async with here.transactions.begin() as tx:
        reason = form.reason if form is not None else None
        await halting.halt(tx, staff, update_id, reason=reason, now=here.clock.now())
        return await shown_to_staff(tx, update_id, here)


@router.post("/v1/updates/{update_id}/resume", responses=documented(401, 403, 404, 409))
async def resume(
    update_id: UUID, here: Here, staff: Annotated[Staff, Depends(allowed(Act.RESUME_UPDATE))]
) -> dict[str, Any]:
    """Go on, for those who have not had it."""
    async with here.transactions.begin() as tx:
        await halting.resume(tx, staff, update_id, now=here.clock.now())
        shown = await shown_to_staff(tx, update_id, here)
    await here.doorbell.ring(Job.SEND)
    return shown


def _of_the_body(error: ValidationError, *place: str) -> RequestValidationError:
    details = error.errors(include_url=False, include_input=False)
    return RequestValidationError([{**each, "loc": ("body", *place, *each["loc"])} for each in details])


def _conflict(error: Conflict, **members: object) -> Response:
    """The problem that `error` is, with members of its own."""
    document = {**problem_of(error).document(), **members}
    return JSONResponse(document, status_code=409, media_type=MEDIA_TYPE)


async def shown_to_staff(tx: Transaction, update_id: UUID, here: StaffProcess) -> dict[str, Any]:
    """An update as the API shows it."""
    update = await get_update(tx, update_id)
    version = await drafting.current_version(tx, update)
    counted = await outcomes(tx, update)
    findings = await findings_of(tx, update, version)
    now = here.clock.now()
    done_at = eta(update, counted, now=now)
    channels = await by_channel(tx, update)
    costs = await cost(tx, update.id, version.content, channels, public_url=here.settings.public_url)
    approved = await approval_of(tx, update)
    halted = update.state is UpdateState.HALTED
    letters = await letters_to_cancel(tx, update.id, now=now) if halted else None
    return {
        "id": str(update.id),
        "state": update.state.value,
        "version": version.version,
        "content_sha256": version.content_sha256,
        "audience_sha256": update.audience_sha256,
        "submitted_at": update.submitted_at.isoformat() if update.submitted_at else None,
        "planned": update.planned,
        "outcomes": counted,
        "channels": {channel.value: count for channel, count in channels.items()},
        "fulfilment": await needed(tx, update),
        "cost": costs.as_json(here.prices),
        "letters_to_cancel": letters.as_json() if letters else None,
        "findings": [finding.as_json() for finding in findings],
        "reading_age": reading_ages(version.content),
        "eta": done_at.isoformat() if done_at else None,
        "not_before": update.not_before.isoformat() if update.not_before else None,
        "word": {"by": update.word_by, "at": update.word_at.isoformat()} if update.word_at else None,
        "urgent_reason": approved.urgent_reason if approved else None,
        "halted_why": update.halted_why,
        "sent_back_why": update.sent_back_why,
        **body_of(version.content),
    }
