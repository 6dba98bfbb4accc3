"""Whom an update did not reach, and who needs what Notify cannot do: for caseworkers (contract.md)."""

from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict

from service.deliveries.fulfilling import PAGE as NEEDING_PAGE
from service.deliveries.fulfilling import meet, needing
from service.deliveries.tables import Need
from service.deliveries.unreached import PAGE
from service.deliveries.unreached import unreached as unreached_people
from service.staff.principal import Staff
from service.staff.roles import Act
from service.updates.reading import get_update
from service.web.problem_schema import documented
from service.web.staff.process import Here, allowed

router: Final = APIRouter(tags=["updates"])


class FulfilmentForm(BaseModel):
    """What was done for whom."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    registration: UUID
    need: Need


@router.get("/v1/updates/{update_id}/unreached", responses=documented(401, 403, 404, 422))
async def unreached(
    update_id: UUID,
    here: Here,
    staff: Annotated[Staff, Depends(allowed(Act.SEARCH))],
    after: UUID | None = None,
) -> dict[str, Any]:
    """People whom it did not reach, for caseworkers to write or ring to: `next` goes on, None at the end."""
    async with here.transactions.begin() as tx:
        await get_update(tx, update_id)
        page = await unreached_people(tx, update_id, after=after)
    return {
        "registrations": [
            {"registration": str(each.registration), "outcome": each.state.value} for each in page
        ],
        "next": str(page[-1].registration) if len(page) == PAGE else None,
    }


@router.get("/v1/updates/{update_id}/fulfilment", responses=documented(401, 403, 404, 422))
async def fulfilment(
    update_id: UUID,
    here: Here,
    staff: Annotated[Staff, Depends(allowed(Act.SEARCH))],
    after: UUID | None = None,
) -> dict[str, Any]:
    """People who still need a call or a format, for caseworkers: `next` goes on, None at the end."""
    async with here.transactions.begin() as tx:
        page = await needing(tx, await get_update(tx, update_id), after=after)
    return {
        "registrations": [
            {"registration": str(each.registration), "needs": [need.value for need in each.needs]}
            for each in page
        ],
        "next": str(page[-1].registration) if len(page) == NEEDING_PAGE else None,
    }


@router.post("/v1/updates/{update_id}/fulfilment", responses=documented(401, 403, 404, 422))
async def fulfil(
    update_id: UUID,
    form: FulfilmentForm,
    here: Here,
    staff: Annotated[Staff, Depends(allowed(Act.SEARCH))],
) -> dict[str, str]:
    """Somebody rang, or sent it in the format: this person needs it no more."""
    async with here.transactions.begin() as tx:
        await meet(tx, staff, update_id, form.registration, form.need, now=here.clock.now())
    return {"status": "done"}
