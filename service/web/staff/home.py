"""The first page: what waits for whoever is signed in; and who may do what, as the code has it."""

from typing import Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from service.staff.roles import MAY
from service.web.staff.process import Here, visitor_or_none
from service.web.staff.wording import ACTS, ROLES

router: Final = APIRouter(include_in_schema=False)


@router.get("/")
async def home(request: Request, here: Here) -> Response:
    """What waits; or how to sign in."""
    visitor = visitor_or_none(request)
    if visitor is None:
        return here.pages.show(request, "start")
    name = visitor.staff.name
    return here.pages.show(
        request,
        "home",
        greeting=f"Hello, {name}" if name else "Hello",
        has_a_role=bool(visitor.staff.roles),
    )


@router.get("/who-may-do-what")
async def who_may_do_what(request: Request, here: Here) -> Response:
    """The table that the code asks (`service.staff.roles`)."""
    return here.pages.show(
        request,
        "who_may_do_what",
        roles=list(ROLES.values()),
        acts=[(words, [role in MAY[act] for role in ROLES]) for act, words in ACTS.items()],
    )
