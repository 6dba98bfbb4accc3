"""The public JSON API (contract.md): partners' programs use it, and `kept run`.

Known, new and suppressed addresses get the same bytes: this process cannot tell them apart.
"""

from collections.abc import Callable, Coroutine
from typing import Annotated, Any, Final

from fastapi import APIRouter, Body
from fastapi.openapi.models import Example
from fastapi.routing import APIRoute
from pydantic import BaseModel, ConfigDict
from starlette.requests import Request
from starlette.responses import Response

from service.doorbell import Job
from service.errors import Gone, Invalid
from service.registrations import links
from service.registrations.form import RegistrationForm
from service.registrations.letterbox import enclose
from service.registrations.saying import said_code, said_number
from service.registrations.words import Choice, Purpose
from service.schemes.reading import find_scheme
from service.web.problem_schema import documented
from service.web.public.process import SLUG, Here, PublicProcess, SchemeSlug
from service.web.public.process import of as process_of

router: Final = APIRouter(tags=["registering"])

RECEIVED: Final = b'{"status":"received"}'

REGISTRATION: Final[dict[str, Example]] = {
    "a person": {
        "value": {
            "kind": "individual",
            "email": "ada@example.org",
            "language": "en",
            "topics": ["opening"],
            "contact_by": ["email"],
            "consent": True,
        }
    },
    "an organisation, in Welsh": {
        "value": {
            "kind": "organisation",
            "organisation": "Canolfan Gyngor",
            "email": "post@example.org",
            "language": "cy",
            "topics": ["opening"],
            "contact_by": ["email"],
            "consent": True,
        }
    },
}
A_LINK: Final[dict[str, Example]] = {
    "a link": {"value": {"token": "Zm9yIGV4YW1wbGUgb25seSwgbm90IGEgcmVhbCB0b2tlbiE"}}
}


class TopicShown(BaseModel):
    """A topic, in both languages."""

    code: str
    en: str
    cy: str


class SchemeShown(BaseModel):
    """What is public of a scheme."""

    slug: str
    name: dict[str, str]
    open: bool
    topics: list[TopicShown]
    privacy_notice: str


class Status(BaseModel):
    """What became of it."""

    status: str


class ConfirmationForm(BaseModel):
    """`token`, from a link. Or a code: of a text with its `challenge`, of a letter with its `number`."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    token: str | None = None
    choice: Choice = Choice.MINE
    challenge: str | None = None
    number: str | None = None
    code: str | None = None


@router.get("/v1/schemes/{scheme}", responses=documented(404))
async def show_scheme(scheme: SchemeSlug, here: Here) -> SchemeShown:
    """A scheme: its names, its topics, whether it is open, where its privacy notice is."""
    async with here.transactions.begin() as tx:
        found = await find_scheme(tx, scheme)
    return SchemeShown(
        slug=found.slug,
        name=dict(found.name),
        open=found.open,
        topics=[TopicShown(code=topic.code, en=topic.en, cy=topic.cy) for topic in found.topics],
        privacy_notice=found.privacy_notice,
    )


class RegistrationRoute(APIRoute):
    """A form that is in order is read here; any other by FastAPI, which finds out what is wrong with it.

    FastAPI looks for dependencies, a query, headers and cookies first, in each request. That costs more than
    reading the form (docs/performance.md, "One registration").
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        thorough = super().get_route_handler()

        async def read(request: Request) -> Response:
            scheme = request.path_params["scheme"]
            if request.headers.get("content-type") != "application/json" or not SLUG.fullmatch(scheme):
                return await thorough(request)
            try:
                form = RegistrationForm.model_validate(await request.json())
            except (ValueError, RecursionError):
                return await thorough(request)
            return await register(scheme, form, request)

        return read


async def register(
    scheme: SchemeSlug,
    form: Annotated[RegistrationForm, Body(openapi_examples=REGISTRATION)],
    request: Request,
) -> Response:
    """Register, or ask for a change: whoever holds the address is asked to confirm."""
    here = await process_of(request)
    found = await here.schemes.find(scheme)
    await here.letterbox.do(enclose(found, form, now=here.clock.now()))
    await here.doorbell.ring(Job.INTAKE)
    return Response(RECEIVED, status_code=202, media_type="application/json")


router.add_api_route(
    "/v1/schemes/{scheme}/registrations",
    register,
    methods=["POST"],
    status_code=202,
    response_model=Status,
    responses=documented(400, 404, 409, 413, 422, 503),
    route_class_override=RegistrationRoute,
)


@router.post("/v1/confirmations", responses=documented(400, 410, 413, 422, 503))
async def confirm(
    form: Annotated[
        ConfirmationForm,
        Body(openapi_examples=A_LINK),
    ],
    here: Here,
) -> Status:
    """Confirm with what was in the message. Used, expired, wrong and unknown are the same 410."""
    _one_way(form)
    if form.token is None:
        await _by_code(form, here)
        return Status(status="confirmed")
    async with here.transactions.begin() as tx:
        purpose = await links.use(tx, form.token, form.choice)
    if purpose is Purpose.CHANGE:
        await here.doorbell.ring(Job.CHANGES)
    return Status(status="confirmed")


def _one_way(form: ConfirmationForm) -> None:
    """Raises `Invalid` where the body is neither a link nor a code, or both."""
    ways = [way for way in (form.token, form.challenge, form.number) if way is not None]
    if len(ways) != 1 or (form.code is None) != (form.token is not None):
        raise Invalid({"token": "It is sent alone, or else a code with its challenge or its number"})


async def _by_code(form: ConfirmationForm, here: PublicProcess) -> None:
    """Raises `Gone` after its transaction has ended: a wrong try counts."""
    challenge = form.challenge if form.challenge is not None else said_number(form.number or "")
    code = said_code(form.code or "")
    async with here.transactions.begin() as tx:
        right = await links.use_code(tx, challenge, code)
    if not right:
        raise Gone
