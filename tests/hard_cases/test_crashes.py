"""Workers that are killed, cancelled or one too many lose nobody and repeat nobody."""

import asyncio
import signal
from contextlib import suppress

from service.settings import WorkerSettings
from tests.deliveries.looking import ask_until_settled, begins_with, fault, one_value, run_sql, times_told
from tests.harness.people import Service
from tests.harness.servers import Database
from tests.workers.processes import environment, worker_process

EVERYBODY = 60


async def test_case_05_kill_9_in_the_middle_of_an_update_loses_nobody_and_repeats_nobody(
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
    assert 10 <= sum(times_told(service, people)) < EVERYBODY
    claimed = (await service.outcomes(update)).get("claimed", 0)
    assert claimed > 0

    # While the lease runs nobody else touches them: the dead one might only have been slow. Others, whom it
    # had not taken yet, are told meanwhile.
    await ask_until_settled(service, times=1)
    assert max(times_told(service, people)) == 1
    assert (await service.outcomes(update)).get("claimed", 0) == claimed
    run_sql(database, "UPDATE deliveries SET lease_until = now() WHERE state = 'claimed'")
    await ask_until_settled(service, times=6)

    assert times_told(service, people) == [1] * EVERYBODY
    assert await service.outcomes(update) == {"accepted": EVERYBODY}
    assert one_value(database, "SELECT count(*) FROM duplicates") == 0


async def test_case_06_a_job_that_is_cancelled_while_its_posts_go_on_repeats_nobody(
    service: Service, database: Database
) -> None:
    people = await service.people(12)
    update = await service.approved()
    begins_with(service, 100)
    fault(service.notify, "after-queueing:stall", times=12, seconds=1.0)
    job = asyncio.create_task(service.send())
    while sum(times_told(service, people)) == 0:
        assert not job.done()
        await asyncio.sleep(0.02)
    # As the queue does when a job takes too long. Threads cannot be cancelled.
    job.cancel()
    with suppress(asyncio.CancelledError):
        await job
    # The queue runs it again, and others look for what was left over: not while the lease runs.
    await ask_until_settled(service, times=2)
    await asyncio.sleep(2.5)
    service.notify.reset()
    told = sum(times_told(service, people))
    assert told > 0
    assert max(times_told(service, people)) == 1
    assert await service.outcomes(update) == {"claimed": 12}

    run_sql(database, "UPDATE deliveries SET lease_until = now() WHERE state = 'claimed'")
    await ask_until_settled(service)
    assert times_told(service, people) == [1] * 12
    assert await service.outcomes(update) == {"accepted": 12}
    assert one_value(database, "SELECT count(*) FROM duplicates") == 0


async def test_case_07_two_worker_processes_and_everybody_has_one_message(
    service: Service, database: Database, worker_settings: WorkerSettings
) -> None:
    people = await service.people(24)
    update = await service.approved()
    # Slow enough for both to take part.
    fault(service.notify, "after-queueing:stall", times=24, seconds=0.3)
    told = environment(worker_settings, KEPT_RAMP="100")
    accepted = {"accepted": 24}
    with worker_process("bulk", told), worker_process("bulk", told):
        for _ in range(400):
            if await service.outcomes(update) == accepted:
                break
            await asyncio.sleep(0.05)
    assert await service.outcomes(update) == accepted
    assert times_told(service, people) == [1] * 24
    assert one_value(database, "SELECT count(*) FROM attempts") == 24
