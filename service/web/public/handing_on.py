"""Handing a registration on, by a manage link: to a representative; and an organisation's further inboxes."""

from typing import Final

from fastapi import APIRouter
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response

from service.doorbell import Job
from service.errors import NotFound
from service.registrations import preferences
from service.registrations.preferences import PreferencesChange, unusable
from service.registrations.words import ContactBy, Kind, Relationship
from service.web.public.changing import FIELDS, WRONG
from service.web.public.pages import READ
from service.web.public.process import Here
from service.web.public.visits import Visit, visit
from service.web.same_site import refuse_other_sites

router: Final = APIRouter(include_in_schema=False)

BY: Final = {
    "email": ContactBy.EMAIL,
    "mobile": ContactBy.SMS,
    "postal_address": ContactBy.LETTER,
}
"""How the one who takes over is reached, by what they enter."""


@router.api_route("/manage/{token}/takeover", methods=READ)
async def ask_takeover(request: Request, token: str, here: Here) -> Response:
    """Who takes it over, and where they are asked to confirm it."""
    async with here.transactions.begin() as tx:
        visitor = await visit(request, tx, here.pages, token)
    return _takeover_page(visitor, None, dict.fromkeys(FIELDS, ""))


@router.post("/manage/{token}/takeover")
async def take_takeover(request: Request, token: str, here: Here) -> Response:
    """Ask the holder of that address. Until they confirm, nothing changes."""
    refuse_other_sites(request, own_url=here.settings.public_url)
    sent = await request.form()
    relationship = str(sent.get("relationship", ""))
    typed = {name: str(sent.get(name, "")).strip() for name in FIELDS}
    async with here.transactions.begin() as tx:
        visitor = await visit(request, tx, here.pages, token)
        errors = _wrong(relationship, typed)
        if errors:
            return _takeover_page(visitor, relationship, typed, errors=errors)
        [field] = [name for name in BY if typed[name]]
        contact = {field: typed[field]} | ({"name": typed["name"]} if typed["name"] else {})
        await preferences.take_over(
            tx, token, Relationship(relationship), BY[field], contact, now=here.clock.now()
        )
    await here.doorbell.ring(Job.INTAKE)
    return visitor.done("takeover")


@router.api_route("/manage/{token}/inbox", methods=READ)
async def ask_inbox(request: Request, token: str, here: Here) -> Response:
    """The address of a further inbox."""
    async with here.transactions.begin() as tx:
        visitor = await visit(request, tx, here.pages, token)
    return _inbox_page(visitor, "")


@router.post("/manage/{token}/inbox")
async def take_inbox(request: Request, token: str, here: Here) -> Response:
    """Ask its holder."""
    refuse_other_sites(request, own_url=here.settings.public_url)
    email = str((await request.form()).get("email", "")).strip()
    async with here.transactions.begin() as tx:
        visitor = await visit(request, tx, here.pages, token)
        if not email:
            return _inbox_page(visitor, email, errors=(("email", "manage.email_missing"),))
        try:
            await preferences.add_inbox(tx, token, email, now=here.clock.now())
        except ValidationError:
            return _inbox_page(visitor, email, errors=(("email", "manage.email_wrong"),))
    await here.doorbell.ring(Job.INTAKE)
    return visitor.done("inbox")


def _wrong(relationship: str, typed: dict[str, str]) -> tuple[tuple[str, str], ...]:
    """What is wrong with the form; ids of inputs, and keys."""
    errors: list[tuple[str, str]] = []
    if relationship not in tuple(Relationship):
        errors.append(("relationship", "manage.relationship_missing"))
    given = [name for name in BY if typed[name]]
    if len(given) != 1:
        errors.append(("email", "manage.takeover_one"))
        return tuple(errors)
    wrong: set[str] = set()
    try:
        PreferencesChange.model_validate({given[0]: typed[given[0]], "name": typed["name"]})
        wrong |= set(
            unusable((BY[given[0]],), mobile=typed["mobile"] or None, postal=typed["postal_address"] or None)
        )
    except ValidationError as error:
        wrong |= {str(each["loc"][0]) for each in error.errors()}
    return tuple(errors) + tuple((name, WRONG[name]) for name in FIELDS if name in wrong)


def _takeover_page(
    visitor: Visit,
    relationship: str | None,
    typed: dict[str, str],
    *,
    errors: tuple[tuple[str, str], ...] = (),
) -> Response:
    return visitor.show(
        "manage_takeover",
        errors=errors,
        relationships=tuple(Relationship),
        relationship=relationship,
        typed=typed,
        action=visitor.path("/takeover"),
    )


def _inbox_page(visitor: Visit, email: str, *, errors: tuple[tuple[str, str], ...] = ()) -> Response:
    if visitor.found.kind is not Kind.ORGANISATION:
        raise NotFound
    return visitor.show("manage_inbox", errors=errors, email=email, action=visitor.path("/inbox"))
