"""A worker that is killed in the middle loses nobody and repeats nobody."""

import asyncio
import signal

from service.settings import WorkerSettings
from tests.deliveries.looking import ask_until_settled, fault, one_value, run_sql, times_told
from tests.harness.people import Service
from tests.harness.servers import Database
from tests.workers.processes import environment, worker_process

EVERYBODY = 60


async def test_kill_9_in_the_middle_of_an_update_loses_nobody_and_repeats_nobody(
    service: Service, database: Database, worker_settings: WorkerSettings
) -> None:
    people = await service.people(EVERYBODY)
    update = await service.approved()
    # Taken, and the answer is on its way for a while: at the kill some are with Notify, unknown to us.
    fault(service.notify, "after-queueing:stall", times=EVERYBODY, seconds=0.5)
    with worker_process("bulk", environment(worker_settings)) as worker:
        for _ in range(400):
            if sum(times_told(service, people)) >= 10:
                break
            await asyncio.sleep(0.05)
        worker.send_signal(signal.SIGKILL)
        worker.wait()
    service.notify.reset()
    told = sum(times_told(service, people))
    assert 10 <= told < EVERYBODY
    assert (await service.outcomes(update)).get("claimed", 0) > 0

    # While the lease runs nobody else touches them: the dead one might only have been slow.
    await ask_until_settled(service, times=1)
    assert sum(times_told(service, people)) == told
    run_sql(database, "UPDATE deliveries SET lease_until = now() WHERE state = 'claimed'")
    await ask_until_settled(service, times=6)

    assert times_told(service, people) == [1] * EVERYBODY
    assert await service.outcomes(update) == {"accepted": EVERYBODY}
    assert one_value(database, "SELECT count(*) FROM duplicates") == 0


async def test_a_worker_sends_what_it_finds_and_ends_when_it_is_told(
    service: Service, worker_settings: WorkerSettings
) -> None:
    people = await service.people(3)
    await service.approved()
    with worker_process("bulk", environment(worker_settings)) as worker:
        for _ in range(200):
            if times_told(service, people) == [1, 1, 1]:
                break
            await asyncio.sleep(0.05)
        worker.terminate()
        assert worker.wait(10) in {0, -signal.SIGTERM}
    assert times_told(service, people) == [1, 1, 1]
