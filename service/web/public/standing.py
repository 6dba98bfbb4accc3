"""The pages that ask nothing: the list of schemes, a scheme's first page, privacy, accessibility, cookies."""

from typing import Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from service.schemes.reading import all_schemes, find_scheme
from service.web.public.pages import READ
from service.web.public.process import Here, SchemeSlug

router: Final = APIRouter(include_in_schema=False)


@router.api_route("/", methods=READ)
async def home(request: Request, here: Here) -> Response:
    """Every scheme."""
    async with here.transactions.begin() as tx:
        schemes = await all_schemes(tx)
    return here.pages.show(request, "home", schemes=schemes)


@router.api_route("/accessibility", methods=READ)
async def accessibility(request: Request, here: Here) -> Response:
    """The accessibility statement (the 2018 regulations)."""
    return here.pages.show(request, "accessibility")


@router.api_route("/cookies", methods=READ)
async def cookies(request: Request, here: Here) -> Response:
    """The one cookie."""
    return here.pages.show(request, "cookies")


@router.api_route("/{scheme}", methods=READ)
async def start(request: Request, scheme: SchemeSlug, here: Here) -> Response:
    """What registering means, and where it begins."""
    async with here.transactions.begin() as tx:
        found = await find_scheme(tx, scheme)
    return here.pages.show(request, "start", scheme=found)


@router.api_route("/{scheme}/privacy", methods=READ)
async def privacy(request: Request, scheme: SchemeSlug, here: Here) -> Response:
    """What is kept and why, and where the scheme's own notice is."""
    async with here.transactions.begin() as tx:
        found = await find_scheme(tx, scheme)
    return here.pages.show(request, "privacy", scheme=found)
