"""200,000 rows (`make long`): everybody once, and the worker's memory does not grow with the list."""

import pytest

from service.imports import deciding
from service.imports.matching import Matching
from service.settings import WorkerSettings
from tests.benchmarks.processes import peak_memory_mib
from tests.harness.people import now
from tests.harness.servers import Database
from tests.imports.lists import CASEWORKER, COLUMNS, Office, csv_of
from tests.imports.test_going_on import until
from tests.workers.processes import environment, worker_process

ROWS = 200_000
MOST_MIB = 250


@pytest.mark.long
@pytest.mark.timeout(3000)
async def test_two_hundred_thousand_rows_in_flat_memory(
    office: Office, database: Database, worker_settings: WorkerSettings
) -> None:
    rows = [f"long.{line}@example.com,,Mary" for line in range(ROWS)]
    import_id = await office.hand_in(csv_of(*rows, rows[0], "nobody,,"))
    with database.connect() as owner, worker_process("care", environment(worker_settings)) as worker:
        until(owner, "state = 'read'", tries=3000)
        matching = Matching.model_validate({"columns": COLUMNS, "topics": ["eligibility"]})
        async with office.service.staff.begin() as tx:
            await deciding.match(tx, CASEWORKER, import_id, matching, now=now())
        until(owner, "state = 'checked'", tries=6000)
        async with office.service.staff.begin() as tx:
            await deciding.commit_to(tx, CASEWORKER, import_id, new=ROWS, now=CASEWORKER.auth_time or now())
        until(owner, "state = 'done'", tries=6000)
        assert peak_memory_mib(worker.pid) < MOST_MIB

        assert owner.execute(
            "SELECT count(DISTINCT contact_id) FROM registration_contacts JOIN registrations r "
            "ON r.id = registration_id WHERE r.awaits_notice"
        ).fetchone() == (ROWS,)
        assert owner.execute(
            "SELECT verdict, line, duplicate_of FROM import_rows WHERE verdict <> 'registered' ORDER BY line"
        ).fetchall() == [("duplicate", ROWS + 2, 2), ("unusable", ROWS + 3, None)]
