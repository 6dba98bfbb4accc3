"""Leaving, by the link in every message (RFC 8058; contract.md, Public JSON API).

Opening the link changes nothing, because mail scanners open links. Every POST is the same 200, whatever
its body, without a cookie and without a redirect: mail providers send it on a person's behalf.
"""

from typing import Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from service.registrations import links
from service.web.problem_schema import documented
from service.web.public.pages import READ, language_of, own_path, wants_page, with_language
from service.web.public.process import Here

router: Final = APIRouter(tags=["leaving"])

LEFT: Final = b'{"status":"left"}'


@router.head("/unsubscribe/{token}", include_in_schema=False)
@router.get("/unsubscribe/{token}", response_class=HTMLResponse, responses=documented(503))
async def ask(request: Request, token: str, here: Here) -> Response:
    """A page with a button, in the language of the registration. An unknown link gets it too."""
    async with here.transactions.begin() as tx:
        chosen = language_of(request, await links.language_of(tx, token))
    return here.pages.show(request, "leave", language=chosen, action=with_language(own_path(request), chosen))


@router.post("/unsubscribe/{token}", responses=documented(413, 503))
async def leave(request: Request, token: str, here: Here) -> Response:
    """Leave at once (one click, RFC 8058). The answer does not tell whether the link was known."""
    async for _ in request.stream():
        pass  # Nothing in it counts; reading it is what lets a body that is too long be refused.
    async with here.transactions.begin() as tx:
        await links.leave(tx, token)
    if wants_page(request):
        return here.pages.show(request, "left", other_language_at="/left")
    return Response(LEFT, media_type="application/json")


@router.api_route("/left", methods=READ, include_in_schema=False)
async def left(request: Request, here: Here) -> Response:
    """The page after leaving, for whoever wants it in the other language."""
    return here.pages.show(request, "left")
