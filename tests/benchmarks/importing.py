"""A list of 100,000 rows: how long until it is looked through and registered, and the worker's memory."""

import asyncio
import time
from typing import Final
from uuid import UUID

from service.doorbell import Job, Lane
from service.imports import deciding
from service.imports.matching import Matching
from service.imports.states import ImportState
from service.imports.tables import Import
from tests.benchmarks.bench import Bench, Servers
from tests.benchmarks.figures import Figures
from tests.benchmarks.processes import NotMeasured, peak_memory_mib
from tests.harness.people import now
from tests.imports.lists import CASEWORKER, COLUMNS, Office, csv_of

WARM: Final = "evidence"


def measure(servers: Servers, figures: Figures, *, rows: int) -> None:
    """One list, brought in by a care worker that runs as it does anywhere."""
    with servers.bench({WARM: 10}) as bench, bench.workers(Lane.CARE, 1) as pids:
        checked, registered = asyncio.run(_one(bench, rows))
        peak = peak_memory_mib(pids[0])
    figures.add("import_check_100k", "s", [checked])
    figures.add("import_register_100k", "s", [registered])
    figures.add("import_worker_memory_100k", "MiB", [peak])
    print(
        f"import: {rows} rows looked through in {checked:.0f} s, registered in {registered:.0f} s, "
        f"worker's peak {peak:.0f} MiB",
        flush=True,
    )


async def _one(bench: Bench, rows: int) -> tuple[float, float]:
    async with bench.service() as service:
        office = Office(service)
        data = csv_of(*(f"import.{row}@example.com,,Mary Example" for row in range(rows)))
        import_id = await office.hand_in(data)
        await service.worker.doorbell.ring(Job.IMPORTS)
        await _until(office, import_id, ImportState.READ)
        matching = Matching.model_validate({"columns": COLUMNS, "topics": [WARM]})
        async with service.staff.begin() as tx:
            await deciding.match(tx, CASEWORKER, import_id, matching, now=now())
        began = time.monotonic()
        await service.worker.doorbell.ring(Job.IMPORTS)
        await _until(office, import_id, ImportState.CHECKED)
        checked = time.monotonic() - began
        async with service.staff.begin() as tx:
            await deciding.commit_to(tx, CASEWORKER, import_id, new=rows, now=CASEWORKER.auth_time or now())
        began = time.monotonic()
        await service.worker.doorbell.ring(Job.IMPORTS)
        done = await _until(office, import_id, ImportState.DONE)
        registered = time.monotonic() - began
    if done.counts is None or done.counts["verdicts"]["registered"] != rows:
        raise NotMeasured(f"not all of {rows} people were registered")
    return checked, registered


async def _until(office: Office, import_id: UUID, state: ImportState) -> Import:
    for _ in range(7200):
        found = await office.shown(import_id)
        if found.state is state:
            return found
        await asyncio.sleep(0.25)
    raise NotMeasured(f"the list never was {state.value}")
