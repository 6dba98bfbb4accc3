"""The page of holds: what is held and why, holding, and letting go on."""

from http import HTTPStatus
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from service.doorbell import Job
from service.holds import holding
from service.holds.tables import Hold, Scope
from service.staff.principal import Staff
from service.staff.roles import Act
from service.staff.step_up import require_fresh
from service.web.staff.forms import SentForm, text
from service.web.staff.holds import without_details
from service.web.staff.naming import SCOPES
from service.web.staff.pages import Errors, go_to
from service.web.staff.process import Here, StaffProcess, allowed, who
from service.web.staff.remarks import LONGEST_REMARK
from service.web.staff.rows import Row, row
from service.web.staff.wording import moment

router: Final = APIRouter(include_in_schema=False)

Holder = Annotated[Staff, Depends(allowed(Act.SET_HOLD))]


@router.get("/holds")
async def page(request: Request, here: Here, staff: Holder) -> Response:
    """What is held."""
    return await _page(request, here)


@router.post("/holds")
async def set_hold(request: Request, here: Here, staff: Holder, form: SentForm) -> Response:
    """Stop all sending, or all updates, at once."""
    scope, reason = text(form, "scope"), text(form, "reason")
    errors: list[tuple[str, str]] = []
    if scope not in set(Scope):
        errors.append(("scope", "Select what to hold"))
    if not reason:
        errors.append(("reason", "Enter why, for whoever has to lift it"))
    elif len(reason) > LONGEST_REMARK:
        errors.append(("reason", f"Why must be {LONGEST_REMARK:,} characters or fewer"))
    if errors:
        return await _page(request, here, scope=scope, reason=reason, errors=tuple(errors))
    async with here.transactions.begin() as tx:
        said = without_details(reason)
        await holding.set_hold(tx, staff, scope=Scope(scope), reason=said, now=here.clock.now())
    return go_to("/holds")


@router.post("/holds/{hold_id}/lift")
async def lift(
    hold_id: UUID, here: Here, staff: Annotated[Staff, Depends(allowed(Act.LIFT_HOLD))], form: SentForm
) -> Response:
    """Let sending go on."""
    now = here.clock.now()
    require_fresh(staff, now)
    async with here.transactions.begin() as tx:
        await holding.lift_hold(tx, staff, hold_id, now=now)
    await here.doorbell.ring(Job.SEND)
    return go_to("/holds")


async def _page(
    request: Request, here: StaffProcess, *, scope: str = "", reason: str = "", errors: Errors = ()
) -> Response:
    async with here.transactions.begin() as tx:
        in_force = await holding.holds_in_force(tx)
    return here.pages.show(
        request,
        "holds",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if errors else HTTPStatus.OK,
        errors=errors,
        holds=[(str(hold.id), _rows(hold), _awaits(hold)) for hold in in_force],
        scopes=[(each.value, words) for each, words in SCOPES.items()],
        may_lift=who(request).may(Act.LIFT_HOLD),
        scope=scope,
        reason=reason,
    )


def _rows(hold: Hold) -> list[Row]:
    rows = [
        row("Held", SCOPES[hold.scope]),
        row("Why", hold.reason),
        row("Set", f"By {hold.set_by}, on {moment(hold.set_at)}"),
    ]
    if hold.ends_at is not None:
        rows.append(row("Ends by itself", f"On {moment(hold.ends_at)}"))
    return rows


def _awaits(hold: Hold) -> bool:
    """Whether the last seven days are to be compared with Notify first."""
    return hold.awaits_comparison and hold.compared_at is None
