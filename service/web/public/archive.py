"""The archive: what was published, so that whoever comes late misses nothing. Open to everybody."""

import re
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Path
from starlette.requests import Request
from starlette.responses import Response

from service.schemes.reading import find_scheme
from service.updates.archive import archive_page, find_published
from service.updates.drafting import NoSuchUpdate
from service.updates.showing import as_html
from service.web.public import feed
from service.web.public.pages import READ, language_of
from service.web.public.process import Here, SchemeSlug

router: Final = APIRouter(include_in_schema=False)

UpdateId = Annotated[UUID, Path(alias="id")]


@router.api_route("/{scheme}/updates", methods=READ)
async def updates(request: Request, scheme: SchemeSlug, here: Here) -> Response:
    """What was published, newest first; `?page=2` goes on.

    Raises `NoSuchUpdate` for a page that is not there.
    """
    number = _page_number(request)
    async with here.transactions.begin() as tx:
        found = await find_scheme(tx, scheme)
        page = await archive_page(tx, found.id, number)
    if number > page.pages:
        raise NoSuchUpdate
    return here.pages.show(
        request,
        "updates",
        scheme=found,
        page=page,
        path=f"/{found.slug}/updates",
        other_language_at=f"?page={number}" if number > 1 else None,
    )


@router.api_route("/{scheme}/updates/feed", methods=READ)
async def updates_feed(request: Request, scheme: SchemeSlug, here: Here) -> Response:
    """The newest of them as an Atom feed, with their words (RFC 4287)."""
    async with here.transactions.begin() as tx:
        found = await find_scheme(tx, scheme)
        page = await archive_page(tx, found.id)
    language = language_of(request)
    document = feed.atom(
        found,
        page.updates,
        language,
        title=here.pages.words(language)("archive.heading", scheme=found.name[language]),
        host=here.settings.public_url,
        now=here.clock.now(),
    )
    return Response(document, media_type=feed.MEDIA_TYPE)


@router.api_route("/{scheme}/updates/{id}", methods=READ)
async def update(request: Request, scheme: SchemeSlug, update_id: UpdateId, here: Here) -> Response:
    """One update, in the language of the page where it was written in it."""
    async with here.transactions.begin() as tx:
        found = await find_scheme(tx, scheme)
        published = await find_published(tx, found.id, update_id)
    written_in = published.read_in(language_of(request))
    words = published.words[written_in]
    return here.pages.show(
        request,
        "update",
        scheme=found,
        update=published,
        written_in=written_in,
        words=words,
        body=as_html(words.body),
    )


def _page_number(request: Request) -> int:
    asked = request.query_params.get("page", "1")
    if re.fullmatch(r"[1-9]\d{0,5}", asked, re.ASCII) is None:
        raise NoSuchUpdate
    return int(asked)
