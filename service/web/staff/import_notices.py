"""The notice of a list that was brought in: comms begin it here, and it goes the way of every update."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from service.imports.looking_up import awaiting_notice, get_import
from service.imports.notice import NoticeThere, draft_notice
from service.schemes.reading import get_scheme
from service.staff.principal import Staff
from service.staff.roles import Act
from service.updates.reading import notices_of
from service.updates.states import UpdateState
from service.web.staff.forms import SentForm
from service.web.staff.naming import STATES
from service.web.staff.pages import go_to
from service.web.staff.process import Here, allowed
from service.web.staff.wording import counted

router: Final = APIRouter(include_in_schema=False)

Author = Annotated[Staff, Depends(allowed(Act.DRAFT_UPDATE))]


@router.get("/imports/{import_id}/notice")
async def notice(request: Request, import_id: UUID, here: Here, staff: Author) -> Response:
    """Who waits for the notice of a list, and its prepared words to begin with."""
    async with here.transactions.begin() as tx:
        found = await get_import(tx, import_id)
        scheme = await get_scheme(tx, found.scheme_id)
        waiting = await awaiting_notice(tx, import_id)
        notices = await notices_of(tx, import_id)
    return here.pages.show(
        request,
        "import_notice",
        found=found,
        scheme=scheme,
        people=counted(len(waiting), "person", "people"),
        waiting=len(waiting),
        notices=[(each.id, STATES[each.state]) for each in notices],
        may_begin=bool(waiting) and all(each.state is UpdateState.SENT for each in notices),
    )


@router.post("/imports/{import_id}/notice")
async def begin_notice(import_id: UUID, here: Here, staff: Author, form: SentForm) -> Response:
    """Begin the notice: a draft with the prepared words, to be read, changed and submitted."""
    try:
        async with here.transactions.begin() as tx:
            update = await draft_notice(
                tx, staff, import_id, public_url=here.settings.public_url, now=here.clock.now()
            )
    except NoticeThere as error:
        return go_to(f"/updates/{error.update}")
    return go_to(f"/updates/{update.id}/edit")
