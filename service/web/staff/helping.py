"""The pages for somebody who rang, wrote or came: correct, hand on, close, erase."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response

from service.casework import acting
from service.casework.acting import ClosureForm, CorrectionForm, ErasureForm
from service.errors import Invalid
from service.registrations.preferences import Preferences
from service.staff.principal import Staff
from service.staff.roles import Act
from service.web.staff.casework import put_right
from service.web.staff.forms import SentForm, text
from service.web.staff.naming import LANGUAGES
from service.web.staff.pages import Errors, go_to
from service.web.staff.people import record_and_scheme, rows_of
from service.web.staff.persons import (
    CLOSING,
    FORMATS,
    GIVEN_BY,
    RELATIONSHIPS,
    WAYS,
    options,
    ticked,
    typed,
    wrong_answers,
)
from service.web.staff.process import Here, StaffProcess, allowed

router: Final = APIRouter(include_in_schema=False)

Corrector = Annotated[Staff, Depends(allowed(Act.CORRECT_REGISTRATION))]
Closer = Annotated[Staff, Depends(allowed(Act.CLOSE_REGISTRATION))]
Eraser = Annotated[Staff, Depends(allowed(Act.ERASE_REGISTRATION))]

ADDRESSES: Final = ("email", "mobile", "postal_address", "name")
CHOSEN: Final = ("topics", "contact_by", "formats")
ORDER: Final = ("language", *CHOSEN, "becomes", *ADDRESSES, "why", "given_by")
"""Of what may be wrong, as the pages have it."""


@router.get("/registrations/{registration}/correct")
async def ask_correction(request: Request, registration: UUID, here: Here, staff: Corrector) -> Response:
    """What they chose, to be changed."""
    return await _page(request, here, registration, "correct")


@router.post("/registrations/{registration}/correct")
async def correct(
    request: Request, registration: UUID, here: Here, staff: Corrector, form: SentForm
) -> Response:
    """Change it. Another address is asked about where it leads."""
    said = typed(form, (*ADDRESSES, "language", "given_by"))
    marked = ticked(form, (*CHOSEN, "write_again"))
    async with here.transactions.begin() as tx:
        before = (await record_and_scheme(tx, registration))[0].preferences
    body: dict[str, Any] = {
        name: value for name, value in said.items() if value or name in ("language", "given_by")
    }
    ways = _in_their_order(before, marked["contact_by"])
    body |= {"topics": marked["topics"], "formats": marked["formats"], "contact_by": ways}
    body["write_again"] = bool(marked["write_again"])
    try:
        asked = await put_right(here, staff, registration, CorrectionForm.model_validate(body))
    except (ValidationError, Invalid) as error:
        return await _page(
            request,
            here,
            registration,
            "correct",
            errors=wrong_answers(error, ORDER),
            said=said,
            ticked=marked,
        )
    if not any(said[name] for name in ADDRESSES):
        return go_to(f"/registrations/{registration}?done=corrected")
    return go_to(f"/registrations/{registration}?done={'asked' if asked else 'not-asked'}")


@router.get("/registrations/{registration}/hand-on")
async def ask_to_hand_on(request: Request, registration: UUID, here: Here, staff: Corrector) -> Response:
    """Who takes it over, and where they are asked to confirm it."""
    return await _page(request, here, registration, "hand_on")


@router.post("/registrations/{registration}/hand-on")
async def hand_on(
    request: Request, registration: UUID, here: Here, staff: Corrector, form: SentForm
) -> Response:
    """Ask the holder of that address."""
    said = typed(form, (*ADDRESSES, "becomes", "given_by"))
    given = [name for name in acting.REACHED_BY if said[name]]
    try:
        if len(given) != 1:
            raise Invalid({"email": "Enter one of email address, mobile number and postal address"})
        body = {name: value for name, value in said.items() if value or name in ("becomes", "given_by")}
        asked = await put_right(here, staff, registration, CorrectionForm.model_validate(body))
    except (ValidationError, Invalid) as error:
        return await _page(
            request, here, registration, "hand_on", errors=wrong_answers(error, ORDER), said=said
        )
    return go_to(f"/registrations/{registration}?done={'handed-on' if asked else 'not-asked'}")


@router.get("/registrations/{registration}/close")
async def ask_to_close(request: Request, registration: UUID, here: Here, staff: Closer) -> Response:
    """Why, and how they asked."""
    return await _page(request, here, registration, "close")


@router.post("/registrations/{registration}/close")
async def close(request: Request, registration: UUID, here: Here, staff: Closer, form: SentForm) -> Response:
    """Send them nothing any more, at once."""
    said = typed(form, ("why", "given_by"))
    try:
        wanted = ClosureForm.model_validate(said)
    except ValidationError as error:
        return await _page(
            request, here, registration, "close", errors=wrong_answers(error, ORDER), said=said
        )
    async with here.transactions.begin() as tx:
        await acting.close(tx, staff, registration, wanted, now=here.clock.now())
    return go_to(f"/registrations/{registration}?done=closed")


@router.get("/registrations/{registration}/erase")
async def ask_to_erase(request: Request, registration: UUID, here: Here, staff: Eraser) -> Response:
    """What goes, what is kept and why."""
    return await _page(request, here, registration, "erase")


@router.post("/registrations/{registration}/erase")
async def erase(request: Request, registration: UUID, here: Here, staff: Eraser, form: SentForm) -> Response:
    """Delete everything that is held of them."""
    said = typed(form, ("given_by",))
    errors: Errors = ()
    try:
        wanted = ErasureForm.model_validate(said)
    except ValidationError as error:
        errors = wrong_answers(error, ORDER)
    if not text(form, "sure"):
        errors = (*errors, ("sure", "Tick that they asked for everything to be erased"))
    if errors:
        return await _page(request, here, registration, "erase", errors=errors, said=said)
    async with here.transactions.begin() as tx:
        await acting.erase(tx, staff, registration, wanted, now=here.clock.now())
    return go_to("/people?done=erased")


def _in_their_order(before: Preferences, chosen: list[str]) -> list[str]:
    """What stays, in the order that it has; then what is new, in the order of the page."""
    both = dict.fromkeys([*before.contact_by, *WAYS])
    return [way.value for way in both if way.value in chosen]


async def _page(
    request: Request,
    here: StaffProcess,
    registration: UUID,
    name: str,
    *,
    errors: Errors = (),
    said: Mapping[str, str] | None = None,
    ticked: Mapping[str, list[str]] | None = None,
) -> Response:
    async with here.transactions.begin() as tx:
        found, scheme = await record_and_scheme(tx, registration)
    held = found.preferences
    blank: dict[str, Any] = {**dict.fromkeys((*ADDRESSES, "given_by", "becomes", "why"), "")}
    return here.pages.show(
        request,
        name,
        status=HTTPStatus.UNPROCESSABLE_ENTITY if errors else HTTPStatus.OK,
        errors=errors,
        found=found,
        scheme=scheme,
        rows=rows_of(found, scheme),
        stopped=any(way.stopped for way in found.ways),
        never_again=any(way.stopped == "do-not-contact" for way in found.ways),
        said={**blank, "language": held.language.value, **(said or {})},
        ticked={
            "topics": list(held.topics),
            "contact_by": [way.value for way in held.contact_by],
            "formats": [need.value for need in held.formats],
            "write_again": [],
            **(ticked or {}),
        },
        languages=options(LANGUAGES),
        topics=[(topic.code, topic.en) for topic in scheme.topics],
        ways=options(WAYS),
        formats=options(FORMATS),
        given_by=options(GIVEN_BY),
        relationships=options(RELATIONSHIPS),
        closing=options(CLOSING),
    )
