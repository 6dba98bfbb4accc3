"""Deciding: a senior person reads exactly what would leave and to whom, and approves it or sends it back."""

from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from service.doorbell import Job
from service.errors import Invalid
from service.staff.principal import Staff
from service.staff.roles import Act
from service.updates import approval
from service.updates.approval import Decision, SelfApproval, StaleApproval, authors_of
from service.updates.history import NoSuchVersion, changed_since
from service.updates.reading import get_update
from service.updates.states import UpdateState, WrongState
from service.updates.tables import Update
from service.web.staff.forms import SentForm, text
from service.web.staff.naming import STATES
from service.web.staff.pages import Errors, go_to
from service.web.staff.process import Here, StaffProcess, allowed
from service.web.staff.reading import changes, read_whole, read_words, urgently
from service.web.staff.remarks import LONGEST_REMARK

router: Final = APIRouter(include_in_schema=False)

Approver = Annotated[Staff, Depends(allowed(Act.APPROVE_UPDATE))]

INPUTS: Final = {"comment": "comment", "urgent_reason": "urgent-reason"}
"""The inputs of the page, by the name of what they say."""


@dataclass(frozen=True)
class Sent:
    """What somebody sent from the page: a decision, their words, and exactly what they had read."""

    decision: Decision
    urgent: bool
    urgent_reason: str
    comment: str
    version: str
    content_sha256: str
    audience_sha256: str
    submitted_at: datetime | None
    planned: str

    @classmethod
    def of(cls, form: FormData) -> "Sent":
        approves = text(form, "decision") == Decision.APPROVE.value
        return cls(
            decision=Decision.APPROVE if approves else Decision.SEND_BACK,
            urgent=approves and text(form, "window") == "urgent",
            urgent_reason=text(form, "urgent_reason"),
            comment=text(form, "comment"),
            version=text(form, "version"),
            content_sha256=text(form, "content_sha256"),
            audience_sha256=text(form, "audience_sha256"),
            submitted_at=_moment_of(text(form, "submitted_at")),
            planned=text(form, "planned"),
        )

    def missing(self) -> Errors:
        """What has to be said before it can be decided."""
        wrong = []
        if self.urgent and not self.urgent_reason:
            wrong.append(("urgent-reason", "Enter why it cannot wait for the usual time"))
        if self.decision is Decision.SEND_BACK and not self.comment:
            wrong.append(("comment", "Enter what its author has to change"))
        for name, said in (("urgent_reason", self.urgent_reason), ("comment", self.comment)):
            if len(said) > LONGEST_REMARK:
                wrong.append((INPUTS[name], f"It must be {LONGEST_REMARK:,} characters or fewer"))
        return tuple(wrong)


@router.get("/updates/{update_id}/approve")
async def page(request: Request, update_id: UUID, here: Here, staff: Approver) -> Response:
    """What would leave, and the two ways to decide."""
    return await _page(request, here, staff, update_id)


@router.post("/updates/{update_id}/approval")
async def decide(request: Request, update_id: UUID, here: Here, staff: Approver, form: SentForm) -> Response:
    """Approve these very words and people, or send them back. What changed meanwhile is not decided."""
    sent = Sent.of(form)
    errors = sent.missing()
    if errors:
        return await _page(request, here, staff, update_id, sent=sent, errors=errors)
    try:
        if sent.submitted_at is None:
            raise StaleApproval
        async with here.transactions.begin() as tx:
            update = await approval.decide(
                tx,
                staff,
                update_id,
                sent.decision,
                content_sha256=sent.content_sha256,
                audience_sha256=sent.audience_sha256,
                comment=sent.comment or None,
                hold_window=here.hold_window_of(urgent=sent.urgent),
                urgent_reason=sent.urgent_reason if sent.urgent else None,
                submitted_at=sent.submitted_at,
                now=here.clock.now(),
            )
            done = _done(update, sent)
    except (StaleApproval, WrongState):
        return await _changed_meanwhile(request, here, update_id, sent)
    except SelfApproval:
        return await _page(request, here, staff, update_id, status=HTTPStatus.FORBIDDEN)
    except Invalid as error:
        wrong = tuple((INPUTS[name], rule) for name, rule in error.fields.items())
        return await _page(request, here, staff, update_id, sent=sent, errors=wrong)
    await here.doorbell.ring(Job.SEND)
    return go_to(f"/updates/{update_id}?done={done}")


async def _page(
    request: Request,
    here: StaffProcess,
    staff: Staff,
    update_id: UUID,
    *,
    sent: Sent | None = None,
    errors: Errors = (),
    status: HTTPStatus | None = None,
) -> Response:
    async with here.transactions.begin() as tx:
        update = await get_update(tx, update_id)
        if update.state is not UpdateState.AWAITING_APPROVAL:
            return go_to(f"/updates/{update_id}")
        seen = await read_whole(tx, here, update)
        own = staff.subject in await authors_of(tx, update)
    return here.pages.show(
        request,
        "approve",
        status=status or (HTTPStatus.UNPROCESSABLE_ENTITY if errors else HTTPStatus.OK),
        errors=errors,
        **seen.shown,
        version=seen.version.version,
        content_sha256=seen.version.content_sha256,
        audience_sha256=update.audience_sha256,
        submitted_at=update.submitted_at.isoformat() if update.submitted_at else "",
        own=own,
        submitted_by=update.submitted_by,
        urgent_leaves=urgently(here),
        sent=sent,
    )


async def _changed_meanwhile(request: Request, here: StaffProcess, update_id: UUID, sent: Sent) -> Response:
    """What is other than it was when they read it. Nothing was decided, and their words are not lost."""
    async with here.transactions.begin() as tx:
        update = await get_update(tx, update_id)
        try:
            changed = await changed_since(tx, update, int(sent.version)) if sent.version.isdecimal() else None
        except NoSuchVersion:
            changed = None
        title = (await read_words(tx, here, update)).shown["title"]
    return here.pages.show(
        request,
        "changed_meanwhile",
        status=HTTPStatus.CONFLICT,
        id=str(update_id),
        title=title,
        changed=changes(changed) if changed else None,
        people=_people_changed(update, sent),
        submitted_again=sent.submitted_at != update.submitted_at,
        state=STATES[update.state][0],
        still_waits=update.state is UpdateState.AWAITING_APPROVAL,
        typed=sent.comment or sent.urgent_reason,
    )


def _moment_of(said: str) -> datetime | None:
    """When something was, as the page said it; None where it is no such moment."""
    try:
        return datetime.fromisoformat(said)
    except ValueError:
        return None


def _people_changed(update: Update, sent: Sent) -> str | None:
    if update.audience_sha256 in (None, sent.audience_sha256) or not sent.planned.isdecimal():
        return None
    return f"There were {int(sent.planned):,} messages, and now there are {update.planned:,}."


def _done(update: Update, sent: Sent) -> str:
    if update.state is UpdateState.APPROVED:
        return "approved"
    return "overdue" if sent.decision is Decision.APPROVE else "sent-back"
