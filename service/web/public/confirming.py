"""Confirming, by the link in the message that asks.

Opening the link shows what it would do and changes nothing: mail scanners open links. The button acts.
A link is used once; used, expired and unknown links are the same page.
"""

from http import HTTPStatus
from typing import Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from service.database import Transaction
from service.doorbell import Job
from service.registrations import links
from service.registrations.words import Choice, Purpose
from service.schemes.reading import find_scheme
from service.web.public.pages import READ, language_of, own_path, see_other, with_language
from service.web.public.process import Here, PublicProcess

router: Final = APIRouter(include_in_schema=False)

NO_CHOICE: Final = (("choice", "change.missing"),)
AFTER: Final = {Purpose.CONFIRM: "/confirmed", Purpose.CHANGE: "/answered"}


@router.api_route("/confirm/{token}", methods=READ)
async def ask(request: Request, token: str, here: Here) -> Response:
    """What the link would do, and a button."""
    async with here.transactions.begin() as tx:
        return await _question(request, tx, token, here)


@router.post("/confirm/{token}")
async def act(request: Request, token: str, here: Here) -> Response:
    """Use the link. Where it is about a change, the page has to say whose."""
    form = await request.form()
    async with here.transactions.begin() as tx:
        link = await links.look_at(tx, token)
        chosen = form.get("choice") if link.purpose is Purpose.CHANGE else Choice.MINE
        if chosen not in tuple(Choice):
            return await _question(request, tx, token, here, missing=True)
        purpose = await links.use(tx, token, Choice(str(chosen)))
    if purpose is Purpose.CHANGE:
        await here.doorbell.ring(Job.CHANGES)
    return see_other(AFTER[purpose], language_of(request, link.language))


@router.api_route("/confirmed", methods=READ)
async def confirmed(request: Request, here: Here) -> Response:
    """After confirming."""
    return here.pages.show(request, "confirmed")


@router.api_route("/answered", methods=READ)
async def answered(request: Request, here: Here) -> Response:
    """After saying who it was."""
    return here.pages.show(request, "answered")


async def _question(
    request: Request, tx: Transaction, token: str, here: PublicProcess, *, missing: bool = False
) -> Response:
    link = await links.look_at(tx, token)
    scheme = await find_scheme(tx, link.scheme)
    return here.pages.show(
        request,
        "confirm" if link.purpose is Purpose.CONFIRM else "change",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if missing else HTTPStatus.OK,
        language=link.language,
        scheme=scheme,
        errors=NO_CHOICE if missing else (),
        link=link,
        action=with_language(own_path(request), language_of(request, link.language)),
    )
