"""Holds, over the staff JSON API."""

from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from service.doorbell import Job
from service.holds import holding
from service.holds.tables import Scope
from service.schemes.reading import PublicList
from service.staff.principal import Staff
from service.staff.roles import Act
from service.staff.step_up import require_fresh
from service.updates.checking.personal import without_numbers
from service.web.problem_schema import documented
from service.web.staff.process import Here, allowed
from service.web.staff.remarks import Remark

router: Final = APIRouter(tags=["holds"])


class HoldForm(BaseModel):
    """Why, and what."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    reason: Annotated[Remark, Field(min_length=1)]
    scope: Scope = Scope.EVERYTHING


@router.post("/v1/holds", status_code=201, responses=documented(401, 403, 422))
async def set_hold(
    form: HoldForm, here: Here, staff: Annotated[Staff, Depends(allowed(Act.SET_HOLD))]
) -> dict[str, Any]:
    """Stop all sending, or all updates, at once."""
    reason = without_details(form.reason)
    async with here.transactions.begin() as tx:
        hold = await holding.set_hold(tx, staff, scope=form.scope, reason=reason, now=here.clock.now())
    return {"id": str(hold), "scope": form.scope.value}


@router.delete("/v1/holds/{hold_id}", status_code=204, responses=documented(401, 403, 404))
async def lift_hold(
    hold_id: UUID, here: Here, staff: Annotated[Staff, Depends(allowed(Act.LIFT_HOLD))]
) -> Response:
    """Let sending go on."""
    now = here.clock.now()
    require_fresh(staff, now)
    async with here.transactions.begin() as tx:
        await holding.lift_hold(tx, staff, hold_id, now=now)
    await here.doorbell.ring(Job.SEND)
    return Response(status_code=204)


def without_details(reason: str) -> str:
    """`reason` with everybody's details blacked out: it is kept, and a hold is not refused for its words."""
    return without_numbers(reason, PublicList(frozenset(), frozenset()))
