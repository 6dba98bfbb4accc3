"""Pages for whoever has no link at hand: asking for one, and telling that somebody has died."""

from http import HTTPStatus
from typing import Final

from fastapi import APIRouter
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response

from service.doorbell import Job
from service.registrations import letterbox
from service.registrations.asks import LinkAsk
from service.schemes.reading import SchemeView, find_scheme
from service.web.public.pages import READ, language_of, see_other
from service.web.public.process import Here, PublicProcess, SchemeSlug
from service.web.same_site import refuse_other_sites

router: Final = APIRouter(include_in_schema=False)


@router.api_route("/{scheme}/link", methods=READ)
async def ask(request: Request, scheme: SchemeSlug, here: Here) -> Response:
    """Where the link is to go."""
    async with here.transactions.begin() as tx:
        found = await find_scheme(tx, scheme)
    return _page(request, here, found, "")


@router.post("/{scheme}/link")
async def take(request: Request, scheme: SchemeSlug, here: Here) -> Response:
    """Hand the question on. The answer is the same whoever it was."""
    refuse_other_sites(request, own_url=here.settings.public_url)
    contact = str((await request.form()).get("contact", "")).strip()
    async with here.transactions.begin() as tx:
        found = await find_scheme(tx, scheme)
        if not contact:
            return _page(request, here, found, contact, wrong="link.missing")
        try:
            asked = LinkAsk(email=contact) if "@" in contact else LinkAsk(mobile=contact)
        except ValidationError:
            return _page(request, here, found, contact, wrong="link.wrong")
        await letterbox.drop_ask(tx, found, asked, now=here.clock.now())
    await here.doorbell.ring(Job.INTAKE)
    return see_other(f"/{scheme}/link/sent", language_of(request))


@router.api_route("/{scheme}/link/sent", methods=READ)
async def sent(request: Request, scheme: SchemeSlug, here: Here) -> Response:
    """The same page whoever it was."""
    async with here.transactions.begin() as tx:
        found = await find_scheme(tx, scheme)
    return here.pages.show(request, "link_sent", scheme=found)


@router.api_route("/{scheme}/bereavement", methods=READ)
async def bereavement(request: Request, scheme: SchemeSlug, here: Here) -> Response:
    """How to have messages to somebody who has died stopped."""
    async with here.transactions.begin() as tx:
        found = await find_scheme(tx, scheme)
    return here.pages.show(request, "bereavement", scheme=found)


def _page(
    request: Request, here: PublicProcess, scheme: SchemeView, contact: str, *, wrong: str | None = None
) -> Response:
    return here.pages.show(
        request,
        "link",
        status=HTTPStatus.OK if wrong is None else HTTPStatus.UNPROCESSABLE_ENTITY,
        scheme=scheme,
        errors=() if wrong is None else (("contact", wrong),),
        contact=contact,
    )
