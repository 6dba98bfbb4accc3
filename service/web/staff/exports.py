"""The staff JSON API for lists out (contract.md): ask, decide, download once, release."""

from collections.abc import AsyncIterator
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from service.crypto.one_answer import OneAnswer
from service.doorbell import Job
from service.exports import approving, downloading, manifest, reading, releasing, requesting
from service.exports.requesting import ExportRequest
from service.exports.tables import Export
from service.exports.words import Decision
from service.schemes.reading import find_scheme
from service.staff.principal import Staff
from service.staff.roles import Act
from service.web.problem_schema import documented
from service.web.staff.process import Here, StaffProcess, Who, allowed
from service.web.staff.updates import Slug
from service.web.staff.waiting import opened_answer

router: Final = APIRouter(tags=["exports"])

AGE: Final = "application/vnd.age"


class DecisionForm(BaseModel):
    """A decision on exactly what was read."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    decision: Decision
    request_sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


@router.post("/v1/schemes/{scheme}/exports", status_code=201, responses=documented(401, 403, 404, 409, 422))
async def request(
    scheme: Slug,
    form: ExportRequest,
    here: Here,
    staff: Annotated[Staff, Depends(allowed(Act.REQUEST_EXPORT))],
) -> dict[str, Any]:
    """Ask for a list, encrypted to your own key. Another person decides about it."""
    async with here.transactions.begin() as tx:
        found = await find_scheme(tx, scheme)
        return shown(await requesting.request(tx, staff, found, form, now=here.clock.now()))


@router.get("/v1/schemes/{scheme}/exports", responses=documented(401, 403, 404))
async def listed(
    scheme: Slug, here: Here, staff: Annotated[Staff, Depends(allowed(Act.SEE_EXPORT))]
) -> dict[str, Any]:
    """The newest hundred lists of a scheme, and who could have opened each since when."""
    async with here.transactions.begin() as tx:
        found = await find_scheme(tx, scheme)
        return {"exports": [shown(each) for each in await reading.exports_of(tx, found.id)]}


@router.get("/v1/exports/{export_id}", responses=documented(401, 403, 404))
async def show(export_id: UUID, here: Here, staff: Who) -> dict[str, Any]:
    """A list as it is now, and who could have opened it since when."""
    async with here.transactions.begin() as tx:
        return shown(await reading.see(tx, staff, export_id))


@router.post("/v1/exports/{export_id}/approval", responses=documented(401, 403, 404, 409, 422))
async def decide(
    export_id: UUID,
    form: DecisionForm,
    here: Here,
    staff: Annotated[Staff, Depends(allowed(Act.APPROVE_EXPORT))],
) -> dict[str, Any]:
    """Approve or refuse somebody else's request. A worker builds what is approved."""
    async with here.transactions.begin() as tx:
        export = await approving.decide(
            tx, staff, export_id, form.decision, request_sha256=form.request_sha256, now=here.clock.now()
        )
    await here.doorbell.ring(Job.EXPORTS)
    return shown(export)


@router.get(
    "/v1/exports/{export_id}/file",
    response_class=StreamingResponse,
    responses=documented(401, 403, 404, 409, 410),
)
async def download(export_id: UUID, here: Here, staff: Who) -> StreamingResponse:
    """The encrypted list, once, for whoever asked for it."""
    return await one_download(here, staff, export_id)


@router.get("/v1/exports/{export_id}/manifest", responses=documented(401, 403, 404, 409))
async def show_manifest(export_id: UUID, here: Here, staff: Who) -> dict[str, Any]:
    """What it is, for what, of how many rows, between which people: signed."""
    async with here.transactions.begin() as tx:
        return manifest.manifest_of(await reading.see(tx, staff, export_id)).as_json()


@router.post("/v1/exports/{export_id}/release", responses=documented(401, 403, 404, 409, 410, 503))
async def release(export_id: UUID, here: Here, staff: Who) -> dict[str, Any]:
    """The key that opens it, sealed to your own. From now on you could have opened it: that is recorded."""
    return {"release_key": await released_key(here, staff, export_id)}


async def one_download(here: StaffProcess, staff: Staff, export_id: UUID) -> StreamingResponse:
    """The file as it leaves, piece by piece. Raises what `downloading.begin_download` does."""
    async with here.transactions.begin() as tx:
        export = await downloading.begin_download(tx, staff, export_id, now=here.clock.now())
    name = f"{export.purpose.value}-{export.id}.csv.age.age"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(_pieces(here, export_id), media_type=AGE, headers=headers)


async def released_key(here: StaffProcess, staff: Staff, export_id: UUID) -> str:
    """The key of a list, as an armoured age file. Raises what `release` does, and `Unavailable`."""
    key = OneAnswer()
    async with here.transactions.begin() as tx:
        errand = await releasing.release(tx, staff, export_id, key, now=here.clock.now())
    armoured = (await opened_answer(here, Job.RELEASES, errand, key))["release_key"]
    if armoured is None:
        raise releasing.KeyDestroyed
    return str(armoured)


def shown(export: Export) -> dict[str, Any]:
    """A list as the API shows it."""
    return {
        "id": str(export.id),
        "state": export.state.value,
        "purpose": export.purpose.value,
        "reference": export.reference,
        "columns": export.columns,
        "filter": export.filter,
        "row_cap": export.row_cap,
        "people": export.people,
        "fingerprint": export.fingerprint,
        "requested_by": export.requested_by,
        "request_sha256": export.request_sha256,
        "decided_by": export.decided_by,
        "refused_why": export.refused_why.value if export.refused_why else None,
        "rows": export.rows,
        "sha256": export.sha256,
        "expires_at": export.expires_at.isoformat() if export.expires_at else None,
        "downloaded_at": export.downloaded_at.isoformat() if export.downloaded_at else None,
        "released_at": export.released_at.isoformat() if export.released_at else None,
        "could_have_been_opened": reading.account(export).as_json(),
    }


async def _pieces(here: StaffProcess, export_id: UUID) -> AsyncIterator[bytes]:
    """The file, a piece a transaction: whoever reads slowly holds none open. Then it lies here no more."""
    n = 0
    while True:
        async with here.transactions.begin() as tx:
            data = await downloading.piece(tx, export_id, n)
            if data is None:
                await downloading.end_download(tx, export_id)
                return
        yield data
        n += 1
