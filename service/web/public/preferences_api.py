"""A manage link by the JSON API (contract.md): asking for one, and what its holder may do.

The token in the path is the authority. One that ended and one that never was get the same 410.
"""

from datetime import datetime
from typing import Annotated, Final, Self

from fastapi import APIRouter, Body
from fastapi.openapi.models import Example
from pydantic import BaseModel, ConfigDict, field_validator, model_validator
from pydantic_core import PydanticCustomError
from starlette.requests import Request
from starlette.responses import Response

from service.doorbell import Job
from service.registrations import letterbox, preferences
from service.registrations.asks import LinkAsk
from service.registrations.form import Email, Phone
from service.registrations.preferences import Preferences, PreferencesChange
from service.registrations.words import ContactBy, Format, Kind, Language
from service.schemes.reading import find_scheme
from service.web.problem_schema import documented
from service.web.public.api import RECEIVED, Status
from service.web.public.process import Here

router: Final = APIRouter(tags=["living with it"])

A_LINK: Final[dict[str, Example]] = {
    "by email": {"value": {"scheme": "windrush", "email": "ada@example.org"}},
    "by text": {"value": {"scheme": "windrush", "mobile": "07700 900123"}},
}
A_CHANGE: Final[dict[str, Example]] = {
    "topics": {"value": {"topics": ["opening"]}},
    "another address": {"value": {"email": "ada.new@example.org"}},
    "a pause": {"value": {"paused_until": "2027-01-31T00:00:00Z"}},
}


class LinkForm(BaseModel):
    """Where the link is to go: an address or a number, one of them."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True, str_strip_whitespace=True)

    scheme: str
    email: Email | None = None
    mobile: Phone | None = None

    @field_validator("email", "mobile", mode="before")
    @classmethod
    def _empty_is_absent(cls, value: object) -> object:
        return None if isinstance(value, str) and not value.strip() else value

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if (self.email is None) == (self.mobile is None):
            raise PydanticCustomError("one_of_them", "It has to have an email or a mobile, and not both")
        return self


class PreferencesShown(BaseModel):
    """What somebody gets, and how. No contact details."""

    status: str
    """`confirmed` or `left`."""
    kind: Kind
    language: Language
    topics: list[str]
    contact_by: list[ContactBy]
    formats: list[Format]
    paused_until: datetime | None


@router.post(
    "/v1/links", status_code=202, response_model=Status, responses=documented(400, 404, 413, 422, 503)
)
async def ask_for_link(form: Annotated[LinkForm, Body(openapi_examples=A_LINK)], here: Here) -> Response:
    """Ask for a link to the choices. It goes to that address if there is a registration; the answer is
    the same where there is none."""
    async with here.transactions.begin() as tx:
        scheme = await find_scheme(tx, form.scheme)
        ask = LinkAsk(email=form.email, mobile=form.mobile)
        await letterbox.drop_ask(tx, scheme, ask, now=here.clock.now())
    await here.doorbell.ring(Job.INTAKE)
    return Response(RECEIVED, status_code=202, media_type="application/json")


@router.get("/v1/preferences/{token}", responses=documented(410, 503))
async def show(token: str, here: Here) -> PreferencesShown:
    """What is chosen now. Whoever has left can look, come back on the page, and be erased."""
    async with here.transactions.begin() as tx:
        found = await preferences.look(tx, token)
    return _shown(found)


@router.patch("/v1/preferences/{token}", responses=documented(400, 409, 410, 413, 422, 503))
async def change(
    token: str, wanted: Annotated[PreferencesChange, Body(openapi_examples=A_CHANGE)], here: Here
) -> PreferencesShown:
    """Change what is named. Another address takes the place of the present one once it is confirmed.

    A pause ends by itself, within a year; `null` ends it now. 409 for whoever has left.
    """
    async with here.transactions.begin() as tx:
        changed = await preferences.change(tx, token, wanted, now=here.clock.now())
    await here.doorbell.ring(Job.INTAKE)
    return _shown(changed)


@router.delete("/v1/preferences/{token}", status_code=204, responses=documented(410, 413, 503))
async def erase(request: Request, token: str, here: Here) -> Response:
    """Erase everything that is held of them, at once."""
    await _read(request)
    async with here.transactions.begin() as tx:
        await preferences.erase(tx, token)
    return Response(status_code=204)


@router.post(
    "/v1/preferences/{token}/copy",
    status_code=202,
    response_model=Status,
    responses=documented(410, 413, 503),
)
async def ask_for_copy(request: Request, token: str, here: Here) -> Response:
    """Have a copy of what is held sent to themselves, once a day at most."""
    await _read(request)
    async with here.transactions.begin() as tx:
        await preferences.ask_for_copy(tx, token)
    await here.doorbell.ring(Job.CONFIRM)
    return Response(RECEIVED, status_code=202, media_type="application/json")


async def _read(request: Request) -> None:
    """Nothing in the body counts; reading it is what lets one that is too long be refused."""
    async for _ in request.stream():
        pass


def _shown(found: Preferences) -> PreferencesShown:
    return PreferencesShown(
        status=found.status.value,
        kind=found.kind,
        language=found.language,
        topics=list(found.topics),
        contact_by=list(found.contact_by),
        formats=list(found.formats),
        paused_until=found.paused_until,
    )
