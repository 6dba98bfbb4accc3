"""A worker does its work and ends when it is told."""

import asyncio
import signal

from service.settings import WorkerSettings
from tests.deliveries.looking import times_told
from tests.harness.people import Service
from tests.workers.processes import environment, worker_process


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
