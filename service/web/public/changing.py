"""Changing choices by a manage link, one thing a page: language, topics, formats, ways, a pause."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from fastapi import APIRouter
from pydantic import ValidationError
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from service.doorbell import Job
from service.errors import Invalid
from service.registrations import preferences
from service.registrations.form import NEEDS
from service.registrations.preferences import Preferences, PreferencesChange
from service.registrations.words import ContactBy, Format, Language
from service.web.public.pages import READ
from service.web.public.process import Here
from service.web.public.visits import Visit, visit
from service.web.same_site import refuse_other_sites

router: Final = APIRouter(include_in_schema=False)

PAUSES: Final = {"1": 30, "3": 91, "6": 182, "12": 365}
"""Days, by months."""
WRONG: Final = {
    "email": "manage.email_wrong",
    "mobile": "manage.mobile_wrong",
    "postal_address": "manage.post_wrong",
    "name": "manage.name_wrong",
}
MISSING: Final = {
    "email": "manage.email_missing",
    "mobile": "manage.mobile_missing",
    "postal_address": "manage.post_missing",
}
FIELDS: Final = ("email", "mobile", "name", "postal_address")


@router.api_route("/manage/{token}/language", methods=READ)
async def ask_language(request: Request, token: str, here: Here) -> Response:
    async with here.transactions.begin() as tx:
        visitor = await visit(request, tx, here.pages, token)
    return _language_page(visitor)


@router.post("/manage/{token}/language")
async def take_language(request: Request, token: str, here: Here) -> Response:
    refuse_other_sites(request, own_url=here.settings.public_url)
    chosen = (await request.form()).get("language")
    async with here.transactions.begin() as tx:
        visitor = await visit(request, tx, here.pages, token)
        if chosen not in tuple(Language):
            return _language_page(visitor, errors=(("language", "manage.language_missing"),))
        language = Language(str(chosen))
        await preferences.change(tx, token, PreferencesChange(language=language), now=here.clock.now())
    return visitor.done("language", language=language)


@router.api_route("/manage/{token}/topics", methods=READ)
async def ask_topics(request: Request, token: str, here: Here) -> Response:
    async with here.transactions.begin() as tx:
        visitor = await visit(request, tx, here.pages, token)
    return _topics_page(visitor)


@router.post("/manage/{token}/topics")
async def take_topics(request: Request, token: str, here: Here) -> Response:
    refuse_other_sites(request, own_url=here.settings.public_url)
    chosen = _texts(await request.form(), "topics")
    async with here.transactions.begin() as tx:
        visitor = await visit(request, tx, here.pages, token)
        topics = [topic.code for topic in visitor.scheme.topics if topic.code in chosen]
        if not topics:
            return _topics_page(visitor, errors=(("topics", "manage.topics_missing"),))
        await preferences.change(tx, token, PreferencesChange(topics=topics), now=here.clock.now())
    return visitor.done("topics")


@router.api_route("/manage/{token}/formats", methods=READ)
async def ask_formats(request: Request, token: str, here: Here) -> Response:
    async with here.transactions.begin() as tx:
        visitor = await visit(request, tx, here.pages, token)
    return visitor.show("manage_formats", formats=tuple(Format), action=visitor.path("/formats"))


@router.post("/manage/{token}/formats")
async def take_formats(request: Request, token: str, here: Here) -> Response:
    refuse_other_sites(request, own_url=here.settings.public_url)
    chosen = _texts(await request.form(), "formats")
    formats = [need for need in Format if need.value in chosen]
    async with here.transactions.begin() as tx:
        visitor = await visit(request, tx, here.pages, token)
        await preferences.change(tx, token, PreferencesChange(formats=formats), now=here.clock.now())
    return visitor.done("formats")


@router.api_route("/manage/{token}/pause", methods=READ)
async def ask_pause(request: Request, token: str, here: Here) -> Response:
    async with here.transactions.begin() as tx:
        visitor = await visit(request, tx, here.pages, token)
    return _pause_page(visitor)


@router.post("/manage/{token}/pause")
async def take_pause(request: Request, token: str, here: Here) -> Response:
    """For so many months; or, where it is paused, not any more."""
    refuse_other_sites(request, own_url=here.settings.public_url)
    chosen = str((await request.form()).get("pause", ""))
    now = here.clock.now()
    async with here.transactions.begin() as tx:
        visitor = await visit(request, tx, here.pages, token)
        if chosen not in PAUSES and chosen != "end":
            return _pause_page(visitor, errors=(("pause", "manage.pause_missing"),))
        until = now + timedelta(days=PAUSES[chosen]) if chosen in PAUSES else None
        await preferences.change(tx, token, PreferencesChange(paused_until=until), now=now)
    return visitor.done("resumed" if until is None else "pause")


@router.api_route("/manage/{token}/ways", methods=READ)
async def ask_ways(request: Request, token: str, here: Here) -> Response:
    async with here.transactions.begin() as tx:
        visitor = await visit(request, tx, here.pages, token)
    return _ways_page(visitor, visitor.found.contact_by, dict.fromkeys(FIELDS, ""))


@router.post("/manage/{token}/ways")
async def take_ways(request: Request, token: str, here: Here) -> Response:
    """Ways, and other addresses for them. An address takes the place of the present one once confirmed."""
    refuse_other_sites(request, own_url=here.settings.public_url)
    sent = await request.form()
    typed = {name: str(sent.get(name, "")).strip() for name in FIELDS}
    async with here.transactions.begin() as tx:
        visitor = await visit(request, tx, here.pages, token)
        ways = _in_their_order(visitor.found, _texts(sent, "ways"))
        errors = _wrong_ways(visitor.found, ways, typed)
        if not errors:
            try:
                wanted = PreferencesChange.model_validate({"contact_by": ways, **typed})
                await preferences.change(tx, token, wanted, now=here.clock.now())
            except ValidationError as error:
                errors = _keys([str(each["loc"][0]) for each in error.errors()])
            except Invalid as error:
                errors = _keys(list(error.fields))
        if errors:
            return _ways_page(visitor, ways, typed, errors=errors)
    if not wanted.contacts:
        return visitor.done("ways")
    await here.doorbell.ring(Job.INTAKE)
    return visitor.done("asked")


def _in_their_order(found: Preferences, chosen: Sequence[str]) -> tuple[ContactBy, ...]:
    """What stays, in the order that it has; then what is new, in the order of the page."""
    both = dict.fromkeys([*found.contact_by, *ContactBy])
    return tuple(way for way in both if way.value in chosen)


def _wrong_ways(
    found: Preferences, ways: Sequence[ContactBy], typed: dict[str, str]
) -> tuple[tuple[str, str], ...]:
    if not ways:
        return (("ways", "manage.ways_missing"),)
    needed = {NEEDS[way] for way in ways if way not in found.ways_known and not typed[NEEDS[way]]}
    used = {NEEDS[way] for way in ways}
    unused = {name for name in MISSING if typed[name] and name not in used}
    return tuple((name, MISSING[name]) for name in FIELDS if name in needed) + tuple(
        (name, "manage.way_not_chosen") for name in FIELDS if name in unused
    )


def _keys(fields: Sequence[str]) -> tuple[tuple[str, str], ...]:
    return tuple((name, WRONG[name]) for name in dict.fromkeys(fields) if name in WRONG)


def _texts(sent: FormData, name: str) -> list[str]:
    return [each for each in sent.getlist(name) if isinstance(each, str)]


def _language_page(visitor: Visit, *, errors: tuple[tuple[str, str], ...] = ()) -> Response:
    return visitor.show("manage_language", errors=errors, action=visitor.path("/language"))


def _topics_page(visitor: Visit, *, errors: tuple[tuple[str, str], ...] = ()) -> Response:
    return visitor.show("manage_topics", errors=errors, action=visitor.path("/topics"))


def _pause_page(visitor: Visit, *, errors: tuple[tuple[str, str], ...] = ()) -> Response:
    return visitor.show("manage_pause", errors=errors, months=tuple(PAUSES), action=visitor.path("/pause"))


def _ways_page(
    visitor: Visit,
    ways: Sequence[ContactBy],
    typed: dict[str, str],
    *,
    errors: tuple[tuple[str, str], ...] = (),
) -> Response:
    return visitor.show(
        "manage_ways",
        errors=errors,
        ways=tuple(ContactBy),
        chosen=tuple(ways),
        typed=typed,
        action=visitor.path("/ways"),
    )
