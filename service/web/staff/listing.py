"""The list of updates: of one scheme, newest first, in every state or in one."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import Response

from service.schemes.reading import NoSuchScheme, all_schemes
from service.staff.principal import Staff
from service.staff.roles import Act
from service.updates.listing import list_updates
from service.updates.states import UpdateState
from service.web.staff.naming import STATES
from service.web.staff.process import Here, allowed
from service.web.staff.wording import counted, moment

router: Final = APIRouter(include_in_schema=False)


@router.get("/updates")
async def updates(
    request: Request,
    here: Here,
    staff: Annotated[Staff, Depends(allowed(Act.READ_UPDATES))],
    scheme: Annotated[str | None, Query(max_length=40)] = None,
    state: UpdateState | None = None,
    after: UUID | None = None,
) -> Response:
    """The updates of `scheme`, else of the first one."""
    async with here.transactions.begin() as tx:
        schemes = await all_schemes(tx)
        chosen = next((each for each in schemes if scheme in (None, each.slug)), None)
        if chosen is None:
            raise NoSuchScheme
        found = await list_updates(
            tx, chosen.id, states=(state,) if state else tuple(UpdateState), after=after
        )
    return here.pages.show(
        request,
        "updates",
        schemes=schemes,
        chosen=chosen,
        state=state,
        states=[(each.value, STATES[each][0], found.counts[each]) for each in UpdateState],
        every=sum(found.counts.values()),
        may_write=staff.may(Act.DRAFT_UPDATE),
        updates=found.updates,
        tags=STATES,
        moment=moment,
        counted=counted,
        next=found.after,
        later=after is not None,
    )
