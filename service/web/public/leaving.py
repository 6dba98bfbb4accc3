"""Leaving, by the link in every message (RFC 8058; contract.md, Public JSON API); undoing it; getting less.

Opening the link changes nothing, because mail scanners open links. Every POST to it is the same 200,
whatever its body, without a cookie and without a redirect: mail providers send it on a person's behalf.
"""

from dataclasses import replace
from http import HTTPStatus
from typing import Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from service.database import Transaction
from service.registrations import leaving, links
from service.registrations.words import Language
from service.schemes.reading import find_scheme
from service.updates.wording import IN_A_TEST
from service.web.problem_schema import documented
from service.web.public.pages import READ, language_of, own_path, see_other, wants_page
from service.web.public.process import Here, PublicProcess
from service.web.same_site import refuse_other_sites

router: Final = APIRouter(tags=["leaving"])

LEFT: Final = b'{"status":"left"}'


@router.api_route(f"/unsubscribe/{IN_A_TEST}", methods=READ, include_in_schema=False)
async def of_a_test(request: Request, here: Here) -> Response:
    """Where the link of a test-send leads: nobody leaves by it."""
    return here.pages.show(request, "test_link")


@router.head("/unsubscribe/{token}", include_in_schema=False)
@router.get("/unsubscribe/{token}", response_class=HTMLResponse, responses=documented(503))
async def ask(request: Request, token: str, here: Here) -> Response:
    """A page with a button, in the language of the registration. An unknown link gets it too."""
    async with here.transactions.begin() as tx:
        chosen = language_of(request, await links.language_of(tx, token))
    return here.pages.show(
        request,
        "leave",
        language=chosen,
        action=_in(chosen, own_path(request)),
        choices=_in(chosen, own_path(request) + "/choices"),
    )


@router.post("/unsubscribe/{token}", responses=documented(413, 503))
async def leave(request: Request, token: str, here: Here) -> Response:
    """Leave at once (one click, RFC 8058). The answer does not tell whether the link was known."""
    async for _ in request.stream():
        pass  # Nothing in it counts; reading it is what lets a body that is too long be refused.
    async with here.transactions.begin() as tx:
        await links.leave(tx, token)
    if wants_page(request):
        return _left_page(request, here, own_path(request))
    return Response(LEFT, media_type="application/json")


@router.api_route("/unsubscribe/{token}/left", methods=READ, include_in_schema=False)
async def left(request: Request, token: str, here: Here) -> Response:
    """The page after leaving, for whoever wants it in the other language."""
    return _left_page(request, here, own_path(request).removesuffix("/left"))


@router.post("/unsubscribe/{token}/undo", include_in_schema=False)
async def undo(request: Request, token: str, here: Here) -> Response:
    """Be told again, as before; for thirty days."""
    refuse_other_sites(request, own_url=here.settings.public_url)
    async with here.transactions.begin() as tx:
        chosen = language_of(request, await links.language_of(tx, token))
        await leaving.undo(tx, token)
    return see_other("/returned", chosen)


@router.api_route("/unsubscribe/{token}/choices", methods=READ, include_in_schema=False)
async def ask_choices(request: Request, token: str, here: Here) -> Response:
    """Fewer topics, or the other language, instead of leaving."""
    async with here.transactions.begin() as tx:
        return await _choices_page(request, tx, token, here)


@router.post("/unsubscribe/{token}/choices", include_in_schema=False)
async def take_choices(request: Request, token: str, here: Here) -> Response:
    """Be told about these alone. Who had left comes back with them."""
    refuse_other_sites(request, own_url=here.settings.public_url)
    sent = await request.form()
    topics = [each for each in sent.getlist("topics") if isinstance(each, str)]
    async with here.transactions.begin() as tx:
        found = await leaving.look(tx, token)
        wanted = str(sent.get("language", found.language))
        scheme = await find_scheme(tx, found.scheme)
        known = [topic.code for topic in scheme.topics if topic.code in topics]
        language = Language(wanted) if wanted in tuple(Language) else found.language
        if not known:
            return await _choices_page(request, tx, token, here, ticked_nothing=language)
        await leaving.choose(tx, token, language, known)
    return see_other("/chosen", language)


@router.api_route("/returned", methods=READ, include_in_schema=False)
async def returned(request: Request, here: Here) -> Response:
    """After coming back."""
    return here.pages.show(request, "returned")


@router.api_route("/chosen", methods=READ, include_in_schema=False)
async def chosen(request: Request, here: Here) -> Response:
    """After choosing less."""
    return here.pages.show(request, "chosen")


def _in(language: Language, path: str) -> str:
    """`path` in `language`, said also where it is English: the registration's may be the other."""
    return f"{path}?lang={language}"


def _left_page(request: Request, here: PublicProcess, link: str) -> Response:
    language = language_of(request)
    return here.pages.show(
        request,
        "left",
        other_language_at=f"{link}/left",
        undo=_in(language, f"{link}/undo"),
        choices=_in(language, f"{link}/choices"),
    )


async def _choices_page(
    request: Request,
    tx: Transaction,
    token: str,
    here: PublicProcess,
    *,
    ticked_nothing: Language | None = None,
) -> Response:
    """`ticked_nothing`: the language that was chosen with no topic; the page comes back with it."""
    found = await leaving.look(tx, token)
    missing = ticked_nothing is not None
    language = language_of(request, found.language)
    return here.pages.show(
        request,
        "choices",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if missing else HTTPStatus.OK,
        language=language,
        scheme=await find_scheme(tx, found.scheme),
        errors=(("topics", "choices.missing"),) if missing else (),
        held=replace(found, language=ticked_nothing or found.language),
        action=_in(language, own_path(request)),
    )
