"""The staff JSON API for lists in: hand one in, say its columns, see what would happen, bring it in."""

import csv
import io
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from service.database import Transaction
from service.doorbell import Job
from service.errors import Unavailable
from service.imports import deciding
from service.imports.looking_up import get_import, lines
from service.imports.matching import Matching
from service.imports.states import ImportState
from service.imports.tables import Import
from service.staff.principal import Staff
from service.staff.roles import Act
from service.updates.reading import notices_of
from service.web.problem_schema import documented
from service.web.staff.process import Here, StaffProcess, allowed
from service.web.staff.updates import Slug
from service.web.staff.uploads import take_in
from service.web.staff.waiting import ring_and_wait

router: Final = APIRouter(tags=["imports"])

Importer = Annotated[Staff, Depends(allowed(Act.IMPORT))]
PAGE: Final = 5_000
BEING_WORKED_ON: Final = frozenset({ImportState.ARRIVED, ImportState.MATCHED, ImportState.COMMITTED})
A_FORM: Final = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["reference", "file"],
                    "properties": {
                        "reference": {"type": "string", "maxLength": 40},
                        "file": {"type": "string", "format": "binary"},
                    },
                }
            }
        },
    }
}


class CommitForm(BaseModel):
    """How many people whoever decides was shown as new: 409 where that is not so any more."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    new: Annotated[int, Field(ge=0, le=10_000_000)]


@router.post(
    "/v1/schemes/{scheme}/imports",
    status_code=201,
    responses=documented(401, 403, 404, 409, 422, 503),
    openapi_extra=A_FORM,
)
async def hand_in(scheme: Slug, request: Request, here: Here, staff: Importer) -> dict[str, Any]:
    """Hand a file in: `reference` first, then `file`. It is sealed as it comes."""
    return await shown(here, await take_in(request, here, staff, scheme=scheme))


@router.get("/v1/imports/{import_id}", responses=documented(401, 403, 404))
async def show(import_id: UUID, here: Here, staff: Importer) -> dict[str, Any]:
    """An import as it is now: what is in the file, or what would become of its rows, by codes and counts."""
    return await shown(here, import_id)


@router.post("/v1/imports/{import_id}/columns", responses=documented(401, 403, 404, 409, 422))
async def columns(import_id: UUID, matching: Matching, here: Here, staff: Importer) -> dict[str, Any]:
    """Say which column is what. A worker then looks what would become of each row; nobody is registered."""
    async with here.transactions.begin() as tx:
        await deciding.match(tx, staff, import_id, matching, now=here.clock.now())
    await here.doorbell.ring(Job.IMPORTS)
    return await shown(here, import_id)


@router.post("/v1/imports/{import_id}/commit", responses=documented(401, 403, 404, 409, 422))
async def commit(import_id: UUID, form: CommitForm, here: Here, staff: Importer) -> dict[str, Any]:
    """Bring in those who are new. Nothing is sent to them before their notice."""
    async with here.transactions.begin() as tx:
        await deciding.commit_to(tx, staff, import_id, new=form.new, now=here.clock.now())
    await here.doorbell.ring(Job.IMPORTS)
    return await shown(here, import_id)


@router.get("/v1/imports/{import_id}/rows", responses=documented(401, 403, 404))
async def rows(import_id: UUID, here: Here, staff: Importer) -> Response:
    """What becomes of each line, as CSV: line numbers and codes."""
    return await account(here, import_id)


async def account(here: StaffProcess, import_id: UUID) -> Response:
    """The account of an import as it is read from the database, a page at a time. Raises `NoSuchImport`."""
    async with here.transactions.begin() as tx:
        await get_import(tx, import_id)
    return StreamingResponse(
        _lines(here, import_id),
        media_type="text/csv",
        headers={
            "Content-Disposition": f'attachment; filename="import-{import_id}.csv"',
            "Cache-Control": "no-store",
        },
    )


async def _lines(here: StaffProcess, import_id: UUID) -> AsyncIterator[str]:
    yield "line,verdict,duplicate_of,field,rule\r\n"
    after = 0
    while True:
        async with here.transactions.begin() as tx:
            page = await lines(tx, import_id, after=after, limit=PAGE)
        written = io.StringIO(newline="")
        csv.writer(written).writerows(
            (each.line, each.verdict.value, each.duplicate_of or "", each.field or "", each.rule or "")
            for each in page
        )
        yield written.getvalue()
        if len(page) < PAGE:
            return
        after = page[-1].line


async def shown(here: StaffProcess, import_id: UUID) -> dict[str, Any]:
    """An import as the API shows it."""
    async with here.transactions.begin() as tx:
        found = await get_import(tx, import_id)
        notices = await notices_of(tx, import_id)
    return {
        "id": str(found.id),
        "state": found.state.value,
        "reference": found.reference,
        "why": found.why,
        "file": found.seen,
        "matching": found.matching,
        "done_line": found.done_line,
        "counts": found.counts,
        "notices": [{"update": str(each.id), "state": each.state.value} for each in notices],
    }


async def worked_on(here: StaffProcess, import_id: UUID) -> None:
    """Wait a little for the worker, where there is something for it to do: most lists are short."""

    async def look(tx: Transaction) -> Import | None:
        found = await get_import(tx, import_id)
        return None if found.state in BEING_WORKED_ON else found

    with suppress(Unavailable):
        await ring_and_wait(here, Job.IMPORTS, look)
