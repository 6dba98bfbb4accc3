"""The pages that ask nothing: the list of schemes, a scheme's first page, and what has to be said.

Privacy and complaints belong to a scheme, whose settings fill them; accessibility and cookies to the host.
"""

from datetime import date
from typing import Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from service.schemes.reading import all_schemes, find_scheme
from service.web.public.pages import READ
from service.web.public.process import Here, PublicProcess, SchemeSlug

router: Final = APIRouter(include_in_schema=False)

REVIEWED: Final = date(2026, 11, 22)
"""When somebody last read the accessibility statement against the pages. It has to be done every year."""


@router.api_route("/", methods=READ)
async def home(request: Request, here: Here) -> Response:
    """Every scheme."""
    async with here.transactions.begin() as tx:
        schemes = await all_schemes(tx)
    return here.pages.show(request, "home", schemes=schemes)


@router.api_route("/accessibility", methods=READ)
async def accessibility(request: Request, here: Here) -> Response:
    """The accessibility statement, in the form of the 2018 regulations, with where to ask for help."""
    async with here.transactions.begin() as tx:
        schemes = await all_schemes(tx)
    return here.pages.show(request, "accessibility", schemes=schemes, reviewed=REVIEWED)


@router.api_route("/cookies", methods=READ)
async def cookies(request: Request, here: Here) -> Response:
    """The one cookie."""
    return here.pages.show(request, "cookies")


@router.api_route("/{scheme}", methods=READ)
async def start(request: Request, scheme: SchemeSlug, here: Here) -> Response:
    """What registering means, and where it begins."""
    return await _of_scheme(request, scheme, here, "start")


@router.api_route("/{scheme}/privacy", methods=READ)
async def privacy(request: Request, scheme: SchemeSlug, here: Here) -> Response:
    """What is kept and why, for how long, who sees it, and what can be asked (UK GDPR, Article 13)."""
    return await _of_scheme(request, scheme, here, "privacy")


@router.api_route("/{scheme}/complaints", methods=READ)
async def complaints(request: Request, scheme: SchemeSlug, here: Here) -> Response:
    """How to complain about data protection (Data Protection Act 2018, s.164A)."""
    return await _of_scheme(request, scheme, here, "complaints")


@router.api_route("/{scheme}/help", methods=READ)
async def get_help(request: Request, scheme: SchemeSlug, here: Here) -> Response:
    """Where to ring or write: on every page, at the same place (WCAG 2.2, 3.2.6)."""
    return await _of_scheme(request, scheme, here, "help")


async def _of_scheme(request: Request, scheme: str, here: PublicProcess, page: str) -> Response:
    async with here.transactions.begin() as tx:
        found = await find_scheme(tx, scheme)
    return here.pages.show(request, page, scheme=found)
