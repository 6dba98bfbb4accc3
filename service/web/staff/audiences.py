"""The staff JSON API: how many people a rule means, and an update's frozen people, by what they are."""

from typing import Annotated, Any, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from service.registrations.words import Channel
from service.schemes.reading import find_scheme
from service.staff.principal import Staff
from service.staff.roles import Act
from service.updates.body import Audience
from service.updates.counting import count_frozen, count_rule
from service.updates.drafting import current_version
from service.updates.reading import get_update
from service.web.problem_schema import documented
from service.web.staff.process import Here, allowed
from service.web.staff.updates import Slug

router: Final = APIRouter(tags=["updates"])


class AudienceForm(BaseModel):
    """A rule, and the channels that there will be words for."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    audience: Audience
    channels: Annotated[
        list[Literal[Channel.EMAIL, Channel.SMS, Channel.LETTER]], Field(min_length=1, max_length=3)
    ] = [Channel.EMAIL]


@router.post("/v1/schemes/{scheme}/audiences", responses=documented(401, 403, 404, 422))
async def count(
    scheme: Slug, form: AudienceForm, here: Here, staff: Annotated[Staff, Depends(allowed(Act.DRAFT_UPDATE))]
) -> dict[str, Any]:
    """How many people it would reach now."""
    async with here.transactions.begin() as tx:
        found = await find_scheme(tx, scheme)
        people = await count_rule(tx, found.id, form.audience.rule(), form.channels, now=here.clock.now())
    return people.as_json()


@router.get("/v1/updates/{update_id}/audience", responses=documented(401, 403, 404))
async def frozen(
    update_id: UUID, here: Here, staff: Annotated[Staff, Depends(allowed(Act.READ_UPDATES))]
) -> dict[str, Any]:
    """How many people it is frozen to, and how many of them have joined since its words were saved."""
    async with here.transactions.begin() as tx:
        update = await get_update(tx, update_id)
        saved_at = (await current_version(tx, update)).edited_at
        people, joined = await count_frozen(tx, update, since=saved_at)
    return {**people.as_json(), "joined_since_saved": joined, "saved_at": saved_at.isoformat()}
