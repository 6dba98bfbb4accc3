"""People whom somebody has to ring or to send a format to, and the staff who do it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest

from tests.channels.people import Office
from tests.harness.people import Service
from tests.harness.servers import Database
from tests.web_staff.conftest import (  # noqa: F401 - fixtures
    forger,
    host,
    issuer,
    staff_port,
    tokens,
)
from tests.web_staff.serving import StaffHost
from tests.work_sessions.working import Desk
from workers import work_sessions


@pytest.fixture
async def desk(
    service: Service,
    database: Database,
    host: StaffHost,  # noqa: F811
) -> AsyncIterator[Desk]:
    """The staff host, with a worker that opens people for it."""

    async def work() -> None:
        while True:
            await work_sessions.open_next(service.worker)
            await asyncio.sleep(0.02)

    task = asyncio.create_task(work())
    try:
        yield Desk(service, database, host, Office(service, database))
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
