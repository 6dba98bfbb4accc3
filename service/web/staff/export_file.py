"""The one download of a list: for the JSON API and for the button on its page."""

from collections.abc import AsyncIterator
from uuid import UUID

from starlette.responses import Response, StreamingResponse

from service.exports.downloading import begin_download, end_download, piece
from service.staff.principal import Staff
from service.web.staff.process import StaffProcess


async def file_of(here: StaffProcess, staff: Staff, export_id: UUID) -> Response:
    """The encrypted list, piece by piece. From the first on it counts as downloaded.

    Raises what `begin_download` does. Where the connection ends first, its pieces stay until the list
    expires, and nobody gets them.
    """
    async with here.transactions.begin() as tx:
        export = await begin_download(tx, staff, export_id, now=here.clock.now())
    return StreamingResponse(
        _pieces(here, export.id),
        media_type="application/octet-stream",
        headers={"Content-Disposition": f'attachment; filename="list-{export.id}.csv.age.age"'},
    )


async def _pieces(here: StaffProcess, export_id: UUID) -> AsyncIterator[bytes]:
    n = 0
    while True:
        async with here.transactions.begin() as tx:
            data = await piece(tx, export_id, n)
        if data is None:
            break
        yield data
        n += 1
    async with here.transactions.begin() as tx:
        await end_download(tx, export_id)
