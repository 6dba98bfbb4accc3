"""The staff JSON API for what follows an approval: the word, a correction, what happened over time."""

from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends

from service.deliveries.over_time import over_time
from service.doorbell import Job
from service.staff.principal import Staff
from service.staff.roles import Act
from service.updates import drafting, word
from service.updates.reading import get_update
from service.web.problem_schema import documented
from service.web.staff.process import Here, allowed
from service.web.staff.updates import shown_to_staff

router: Final = APIRouter(tags=["updates"])


@router.post("/v1/updates/{update_id}/word", responses=documented(401, 403, 404, 409))
async def give_word(
    update_id: UUID, here: Here, staff: Annotated[Staff, Depends(allowed(Act.GIVE_WORD))]
) -> dict[str, Any]:
    """The embargo is over: it leaves at `not_before`."""
    async with here.transactions.begin() as tx:
        await word.give_word(tx, staff, update_id, now=here.clock.now())
        shown = await shown_to_staff(tx, update_id, here)
    await here.doorbell.ring(Job.SEND)
    return shown


@router.post(
    "/v1/updates/{update_id}/correction", status_code=201, responses=documented(401, 403, 404, 409, 503)
)
async def correct(
    update_id: UUID, here: Here, staff: Annotated[Staff, Depends(allowed(Act.DRAFT_UPDATE))]
) -> dict[str, Any]:
    """Begin an update to exactly those whom this one reached, with its words to change."""
    async with here.transactions.begin() as tx:
        correction = await drafting.correct(tx, staff, update_id, now=here.clock.now())
        return await shown_to_staff(tx, correction.id, here)


@router.get("/v1/updates/{update_id}/progress", responses=documented(401, 403, 404))
async def progress(
    update_id: UUID, here: Here, staff: Annotated[Staff, Depends(allowed(Act.READ_UPDATES))]
) -> dict[str, Any]:
    """How many were accepted, delivered and failed over time, in at most sixty steps."""
    async with here.transactions.begin() as tx:
        return (await over_time(tx, await get_update(tx, update_id))).as_json()
