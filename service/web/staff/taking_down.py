"""The pages for those whom no page of the public's helped: registering them, and ringing them."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response

from service.casework.assisting import AssistedForm
from service.casework.calling import CallOutcome, calls_to_make, settle_call
from service.doorbell import Job
from service.errors import Invalid
from service.registrations.words import Language, Purpose
from service.schemes.reading import all_schemes, find_scheme
from service.staff.principal import Staff
from service.staff.roles import Act
from service.web.staff.casework import take_down
from service.web.staff.forms import SentForm, text
from service.web.staff.naming import LANGUAGES
from service.web.staff.pages import Errors, go_to
from service.web.staff.persons import (
    CALLED,
    CALLS,
    FORMATS,
    GIVEN_BY,
    KINDS,
    RELATIONSHIPS,
    WAYS,
    options,
    ticked,
    typed,
    wrong_answers,
)
from service.web.staff.process import Here, StaffProcess, allowed
from service.web.staff.updates import Slug
from service.web.staff.wording import counted, moment

router: Final = APIRouter(include_in_schema=False)

Assistant = Annotated[Staff, Depends(allowed(Act.ASSIST))]

TYPED: Final = (
    "kind",
    "relationship",
    "organisation",
    "name",
    "email",
    "mobile",
    "postal_address",
    "language",
    "given_by",
)
TICKED: Final = ("contact_by", "topics", "formats", "consent", "write_again")


ORDER: Final = (
    "given_by",
    "kind",
    "relationship",
    "organisation",
    "contact_by",
    "email",
    "mobile",
    "postal_address",
    "name",
    "formats",
    "topics",
    "language",
    "consent",
)
"""Of what may be wrong, as the page has it."""


@router.get("/people/register/{scheme}")
async def ask(request: Request, scheme: Slug, here: Here, staff: Assistant) -> Response:
    """The questions that everybody is asked, on one page."""
    return await _page(request, here, scheme, {"language": Language.ENGLISH.value}, {})


@router.post("/people/register/{scheme}")
async def take(request: Request, scheme: Slug, here: Here, staff: Assistant, form: SentForm) -> Response:
    """Register them; the number to read to them stands on the answer."""
    said, marked = typed(form, TYPED), ticked(form, TICKED)
    body: dict[str, Any] = {name: value for name, value in said.items() if value}
    body |= {name: marked[name] for name in ("contact_by", "topics", "formats")}
    body |= {"consent": bool(marked["consent"]), "write_again": bool(marked["write_again"])}
    try:
        wanted = AssistedForm.model_validate(body)
        became = await take_down(here, staff, scheme, wanted)
    except (ValidationError, Invalid) as error:
        return await _page(request, here, scheme, said, marked, errors=wrong_answers(error, ORDER))
    async with here.transactions.begin() as tx:
        found = await find_scheme(tx, scheme)
    return here.pages.show(
        request,
        "assisted",
        scheme=found,
        status_word=became["status"],
        numbers=became["numbers"],
        ways=[way.value for way in wanted.contact_by],
    )


@router.get("/calls")
async def calls(request: Request, here: Here, staff: Assistant) -> Response:
    """Who is to be rung, because no message can ask them."""
    async with here.transactions.begin() as tx:
        waiting = await calls_to_make(tx)
        schemes = {scheme.id: scheme.name["en"] for scheme in await all_schemes(tx)}
    return here.pages.show(
        request,
        "calls",
        waiting=[
            {
                "id": str(call.id),
                "scheme": schemes[call.scheme],
                "registration": str(call.registration),
                "number": call.number,
                "what": CALLS[call.purpose],
                "more": f"In {LANGUAGES[call.language]}. Waits since {moment(call.since)}."
                + (f" Nobody was reached {counted(call.tried, 'time', 'times')}." if call.tried else ""),
                "outcomes": [
                    (each.value, "I read it to them" if _read_out(call.purpose, each) else CALLED[each])
                    for each in call.outcomes
                ],
            }
            for call in waiting
        ],
    )


@router.post("/calls/{call}")
async def settle(call: UUID, here: Here, staff: Assistant, form: SentForm) -> Response:
    """What came of a call."""
    outcome = next((each for each in CallOutcome if each.value == text(form, "outcome")), None)
    if outcome is None:
        raise Invalid({"outcome": "Select what came of the call"})
    async with here.transactions.begin() as tx:
        await settle_call(tx, staff, call, outcome, now=here.clock.now())
    await here.doorbell.ring(Job.CHANGES)
    return go_to("/calls")


def _read_out(purpose: Purpose, outcome: CallOutcome) -> bool:
    return purpose is Purpose.COPY and outcome is CallOutcome.DONE


async def _page(
    request: Request,
    here: StaffProcess,
    slug: str,
    said: Mapping[str, str],
    ticked: Mapping[str, list[str]],
    *,
    errors: Errors = (),
) -> Response:
    async with here.transactions.begin() as tx:
        scheme = await find_scheme(tx, slug)
    return here.pages.show(
        request,
        "assist",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if errors else HTTPStatus.OK,
        errors=errors,
        scheme=scheme,
        said={**dict.fromkeys(TYPED, ""), **said},
        ticked={**{name: [] for name in TICKED}, **ticked},
        kinds=options(KINDS),
        relationships=options(RELATIONSHIPS),
        languages=options(LANGUAGES),
        topics=[(topic.code, topic.en) for topic in scheme.topics],
        ways=options(WAYS),
        formats=options(FORMATS),
        given_by=options(GIVEN_BY),
    )
