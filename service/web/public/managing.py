"""The pages of a manage link: what is chosen, and the acts that one button does.

They show choices and never an address, number or name: a link may be opened by somebody else. Opening a
page changes nothing, because mail scanners open links.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from service.database import Transaction
from service.doorbell import Job
from service.registrations import preferences
from service.registrations.states import RegistrationState
from service.web.public.pages import READ, see_other
from service.web.public.process import Here
from service.web.public.visits import visit
from service.web.same_site import refuse_other_sites

router: Final = APIRouter(include_in_schema=False)

DONE: Final = {
    "language": "manage.done_language",
    "topics": "manage.done_topics",
    "formats": "manage.done_formats",
    "ways": "manage.done_ways",
    "asked": "manage.done_asked",
    "pause": "manage.done_pause",
    "resumed": "manage.done_resumed",
    "copy": "manage.done_copy",
    "leave": "manage.done_leave",
    "return": "manage.done_return",
    "takeover": "manage.done_takeover",
    "inbox": "manage.done_inbox",
}
"""What the first page says after each act."""


@dataclass(frozen=True)
class Act:
    """Something that one button does, and the page that asks first. Its words are keys."""

    does: Callable[[Transaction, str], Awaitable[None]]
    heading: str
    said: tuple[str, ...]
    button: str
    points: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    warns: bool = False


ACTS: Final = {
    "copy": Act(
        preferences.ask_for_copy,
        heading="manage.copy_heading",
        said=("manage.copy_what", "manage.copy_where"),
        button="manage.copy_button",
    ),
    "leave": Act(
        preferences.leave,
        heading="manage.leave_heading",
        said=("manage.leave_what", "manage.leave_effect"),
        button="manage.leave_button",
    ),
    "bereavement": Act(
        preferences.leave,
        heading="manage.bereavement_heading",
        said=("manage.bereavement_sorry", "manage.bereavement_what", "manage.bereavement_after"),
        button="manage.bereavement_button",
    ),
    "erase": Act(
        preferences.erase,
        heading="manage.erase_heading",
        said=("manage.erase_what", "manage.erase_effect", "manage.erase_kept"),
        points=(
            "manage.erase_kept_sent",
            "manage.erase_kept_notify",
            "manage.erase_kept_backups",
            "manage.erase_kept_never",
        ),
        after=("manage.erase_why",),
        button="manage.erase_button",
        warns=True,
    ),
}


@router.api_route("/manage/{token}", methods=READ)
async def overview(request: Request, token: str, here: Here) -> Response:
    """What is chosen, and where it can be changed."""
    async with here.transactions.begin() as tx:
        visitor = await visit(request, tx, here.pages, token)
    return visitor.show("manage", done=DONE.get(request.query_params.get("done", "")))


@router.post("/manage/{token}/return")
async def come_back(request: Request, token: str, here: Here) -> Response:
    """Be told again, after leaving."""
    refuse_other_sites(request, own_url=here.settings.public_url)
    async with here.transactions.begin() as tx:
        visitor = await visit(request, tx, here.pages, token)
        await preferences.come_back(tx, token)
    return visitor.done("return")


@router.api_route("/manage/{token}/stopped", methods=READ)
async def stopped(request: Request, token: str, here: Here) -> Response:
    """After a bereavement: that nothing more is sent, and how somebody else can go on."""
    async with here.transactions.begin() as tx:
        visitor = await visit(request, tx, here.pages, token)
    if visitor.found.status is not RegistrationState.LEFT:
        return visitor.go("/bereavement")
    return visitor.show("manage_stopped")


@router.api_route("/erased", methods=READ)
async def erased(request: Request, here: Here) -> Response:
    """After erasing: the link is dead, and nobody knows any more whose it was."""
    return here.pages.show(request, "erased")


def _ask(name: str, act: Act) -> None:
    """Routes for the page that asks, and for its button."""

    @router.api_route(f"/manage/{{token}}/{name}", methods=READ)
    async def ask(request: Request, token: str, here: Here) -> Response:
        async with here.transactions.begin() as tx:
            visitor = await visit(request, tx, here.pages, token)
        return visitor.show("manage_act", act=act, action=visitor.path(f"/{name}"))

    @router.post(f"/manage/{{token}}/{name}")
    async def do(request: Request, token: str, here: Here) -> Response:
        refuse_other_sites(request, own_url=here.settings.public_url)
        async with here.transactions.begin() as tx:
            visitor = await visit(request, tx, here.pages, token)
            await act.does(tx, token)
        if name == "copy":
            await here.doorbell.ring(Job.CONFIRM)
        if name == "erase":
            return see_other("/erased", visitor.language)
        if name == "bereavement":
            return visitor.go("/stopped")
        return visitor.done(name)


for _name, _act in ACTS.items():
    _ask(_name, _act)
