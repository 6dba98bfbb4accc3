"""One person at a time, over the staff JSON API: find, see, register, close, correct, erase (contract.md)."""

from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse
from starlette.responses import Response
from uuid6 import uuid7

from service.casework import acting, assisting, revealing, searching
from service.casework.acting import ClosureForm, CorrectionForm, ErasureForm
from service.casework.assisting import AssistedForm
from service.casework.records import NoSuchRegistration, Record, record_of
from service.casework.revealing import EnoughRevealed, RevealForm
from service.casework.searching import SearchForm
from service.crypto.one_answer import OneAnswer
from service.doorbell import Job
from service.schemes.reading import SchemeView, find_scheme
from service.staff.principal import Staff
from service.staff.roles import Act
from service.web.problem_schema import documented
from service.web.staff import waiting
from service.web.staff.process import Here, StaffProcess, allowed
from service.web.staff.updates import Slug

router: Final = APIRouter(tags=["casework"])


@router.post("/v1/schemes/{scheme}/searches", responses=documented(401, 403, 404, 422, 429, 503))
async def search(
    scheme: Slug, form: SearchForm, here: Here, staff: Annotated[Staff, Depends(allowed(Act.SEARCH))]
) -> dict[str, Any]:
    """Who is registered at an address or number, or with a registration number. No detail of theirs."""
    return {"registrations": [_listed(each) for each in await find(here, staff, scheme, form)]}


@router.post("/v1/registrations/{registration}/reveals", responses=documented(401, 403, 404, 422, 429, 503))
async def reveal(
    registration: UUID,
    form: RevealForm,
    here: Here,
    staff: Annotated[Staff, Depends(allowed(Act.REVEAL))],
) -> dict[str, Any]:
    """Their details, once. It is recorded before they are opened."""
    return await show(here, staff, registration, form, reveal=uuid7())


@router.post(
    "/v1/schemes/{scheme}/assisted-registrations",
    status_code=201,
    responses=documented(401, 403, 404, 409, 422, 503),
)
async def assist(
    scheme: Slug, form: AssistedForm, here: Here, staff: Annotated[Staff, Depends(allowed(Act.ASSIST))]
) -> Response:
    """Register somebody who rang, wrote or came.

    `registered` (201), with the number to tell them; `known` (200), with the numbers of those who are there
    and whose holder is asked about it; `stopped` (200): nothing may be sent to these addresses.
    """
    said = await take_down(here, staff, scheme, form)
    new = said["status"] == "registered"
    return JSONResponse(dict(said), status_code=HTTPStatus.CREATED if new else HTTPStatus.OK)


@router.post("/v1/registrations/{registration}/closure", responses=documented(401, 403, 404, 422))
async def close(
    registration: UUID,
    form: ClosureForm,
    here: Here,
    staff: Annotated[Staff, Depends(allowed(Act.CLOSE_REGISTRATION))],
) -> dict[str, str]:
    """Send them nothing any more."""
    async with here.transactions.begin() as tx:
        await acting.close(tx, staff, registration, form, now=here.clock.now())
    return {"state": "left"}


@router.post(
    "/v1/registrations/{registration}/correction", responses=documented(401, 403, 404, 409, 422, 503)
)
async def correct(
    registration: UUID,
    form: CorrectionForm,
    here: Here,
    staff: Annotated[Staff, Depends(allowed(Act.CORRECT_REGISTRATION))],
) -> dict[str, Any]:
    """Change their choices. Another address waits until its own holder confirms it: `asked`."""
    asked = await put_right(here, staff, registration, form)
    async with here.transactions.begin() as tx:
        record = await record_of(tx, registration)
    return {**_listed(record), **_choices(record), "asked": asked}


@router.post(
    "/v1/registrations/{registration}/erasure", status_code=204, responses=documented(401, 403, 404, 422)
)
async def erase(
    registration: UUID,
    form: ErasureForm,
    here: Here,
    staff: Annotated[Staff, Depends(allowed(Act.ERASE_REGISTRATION))],
) -> Response:
    """Delete everything that is held of them."""
    async with here.transactions.begin() as tx:
        await acting.erase(tx, staff, registration, form, now=here.clock.now())
    return Response(status_code=204)


async def find(here: StaffProcess, staff: Staff, scheme: str, form: SearchForm) -> list[Record]:
    """What the workers find, as records. Raises `TooOften`, `Unavailable`, `NoSuchScheme`."""
    key = OneAnswer()
    async with here.transactions.begin() as tx:
        view = await find_scheme(tx, scheme)
        errand = await searching.ask(tx, staff, view, form, answer_to=key.public, now=here.clock.now())
    said = await waiting.opened_answer(here, Job.CASEWORK, errand, key)
    registrations = [UUID(each) for each in said["registrations"]]
    async with here.transactions.begin() as tx:
        return await searching.found(tx, staff, view, form, registrations, now=here.clock.now())


async def show(
    here: StaffProcess, staff: Staff, registration: UUID, form: RevealForm, *, reveal: UUID
) -> dict[str, Any]:
    """One person's details, recorded first. Raises what `revealing.record_reveal` does, and `Unavailable`."""
    now, key = here.clock.now(), OneAnswer()
    try:
        async with here.transactions.begin() as tx:
            record = await revealing.record_reveal(
                tx,
                staff,
                registration,
                form,
                reveal=reveal,
                per_day=here.settings.reveals_per_day,
                now=now,
            )
    except EnoughRevealed:
        # In a transaction of its own: what was refused is rolled back, and that it was is kept.
        async with here.transactions.begin() as tx:
            await revealing.report(tx, staff, now=now)
        raise
    # Only now that it is committed: nothing is opened that nobody would know of.
    async with here.transactions.begin() as tx:
        errand = await revealing.ask(tx, staff, record, reveal, answer_to=key.public, now=now)
    person = (await waiting.opened_answer(here, Job.CASEWORK, errand, key))["person"]
    if person is None:
        raise NoSuchRegistration
    shown: dict[str, Any] = person
    return shown


async def take_down(here: StaffProcess, staff: Staff, scheme: str, form: AssistedForm) -> dict[str, Any]:
    """`status` and `numbers`, as the workers say."""
    key = OneAnswer()
    async with here.transactions.begin() as tx:
        view: SchemeView = await find_scheme(tx, scheme)
        errand = await assisting.ask(tx, staff, view, form, answer_to=key.public, now=here.clock.now())
    return dict(await waiting.opened_answer(here, Job.CASEWORK, errand, key))


async def put_right(here: StaffProcess, staff: Staff, registration: UUID, form: CorrectionForm) -> bool:
    """Change what `form` names; whether the holder of another address is asked.

    Raises what `acting.correct` does; `Unavailable` where the choices were changed, and no worker has
    the address yet: the same again does no harm.
    """
    async with here.transactions.begin() as tx:
        errand = await acting.correct(tx, staff, registration, form, now=here.clock.now())
    if errand is None:
        return False
    return bool((await waiting.answer(here, Job.CASEWORK, errand))["asked"])


def _listed(record: Record) -> dict[str, Any]:
    return {
        "id": str(record.id),
        "number": record.preferences.number,
        "kind": record.preferences.kind.value,
        "state": record.preferences.status.value,
        "language": record.preferences.language.value,
        "registered_on": record.registered_at.date().isoformat(),
    }


def _choices(record: Record) -> dict[str, Any]:
    found = record.preferences
    until: datetime | None = found.paused_until
    return {
        "topics": list(found.topics),
        "contact_by": [way.value for way in found.contact_by],
        "formats": [need.value for need in found.formats],
        "paused_until": until.isoformat() if until else None,
    }
