"""Confirming: by the link in the message that asks, or by the code of a letter.

Opening the link shows what it would do and changes nothing: mail scanners open links. The button acts.
A link is used once; used, expired and unknown links are the same page, and such codes the same error.
The code of a text is taken by the last page of registering, which has its challenge (`registering`).
"""

from http import HTTPStatus
from typing import Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from service.database import Transaction
from service.doorbell import Job
from service.registrations import links
from service.registrations.saying import said_code, said_number
from service.registrations.words import Choice, Purpose
from service.schemes.reading import find_scheme
from service.web.public.pages import READ, language_of, own_path, see_other, with_language
from service.web.public.process import Here, PublicProcess, SchemeSlug
from service.web.same_site import refuse_other_sites

router: Final = APIRouter(include_in_schema=False)

NO_CHOICE: Final = (("choice", "change.missing"),)
NOTHING_TYPED: Final = {"number": "code.number_missing", "code": "code.code_missing"}
WRONG_CODE: Final = (("code", "code.letter_wrong"),)
AFTER: Final = {Purpose.CONFIRM: "confirmed", Purpose.CHANGE: "answered"}


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
    return see_other(f"/{link.scheme}/{AFTER[purpose]}", language_of(request, link.language))


@router.api_route("/{scheme}/code", methods=READ)
async def ask_code(request: Request, scheme: SchemeSlug, here: Here) -> Response:
    """Where the number and the code of a letter are typed. The letter prints this address."""
    async with here.transactions.begin() as tx:
        found = await find_scheme(tx, scheme)
    return here.pages.show(request, "code", scheme=found, number="", code="")


@router.post("/{scheme}/code")
async def take_code(request: Request, scheme: SchemeSlug, here: Here) -> Response:
    """Confirm a postal address by the code that was sent to it."""
    refuse_other_sites(request, own_url=here.settings.public_url)
    form = await request.form()
    typed = {name: str(form.get(name, "")).strip() for name in ("number", "code")}
    wrong = tuple((name, NOTHING_TYPED[name]) for name, text in typed.items() if not said_code(text))
    async with here.transactions.begin() as tx:
        found = await find_scheme(tx, scheme)
        if not wrong and not await links.use_code(tx, said_number(typed["number"]), said_code(typed["code"])):
            # No error is raised: the transaction ends well, and the try counts.
            wrong = WRONG_CODE
    if wrong:
        return here.pages.show(
            request,
            "code",
            status=HTTPStatus.UNPROCESSABLE_ENTITY,
            scheme=found,
            errors=wrong,
            number=typed["number"],
            code=typed["code"],
        )
    return see_other(f"/{scheme}/confirmed", language_of(request))


@router.api_route("/{scheme}/confirmed", methods=READ)
async def confirmed(request: Request, scheme: SchemeSlug, here: Here) -> Response:
    """After confirming."""
    async with here.transactions.begin() as tx:
        found = await find_scheme(tx, scheme)
    return here.pages.show(request, "confirmed", scheme=found)


@router.api_route("/{scheme}/answered", methods=READ)
async def answered(request: Request, scheme: SchemeSlug, here: Here) -> Response:
    """After saying who it was."""
    async with here.transactions.begin() as tx:
        found = await find_scheme(tx, scheme)
    return here.pages.show(request, "answered", scheme=found)


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
