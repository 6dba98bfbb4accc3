"""The ramp: a few people first, and everyone else when it is known what became of those."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from service.deliveries.ramping import Ramp
from service.doorbell import Lane
from service.settings import WorkerSettings
from service.updates.halting import WHAT_TO_DO, Why
from service.updates.states import UpdateState
from tests.deliveries.looking import begins_with, fault, one_value, receive, resume, run_sql, times_told
from tests.harness.people import Service
from tests.harness.servers import EMAIL_TEMPLATE, Database
from workers import send
from workers.context import WorkerContext, make_context

EVERYBODY = 40


@pytest.mark.parametrize(
    ("percentages", "planned", "steps"),
    [
        ((1, 10, 100), 40, [1, 4, 40]),
        ((1, 10, 100), 250_000, [2_500, 25_000, 250_000]),
        ((1, 2, 10, 100), 40, [1, 4, 40]),
        ((1, 10, 100), 10, [1, 10]),
        ((1, 10, 100), 1, [1]),
        ((100,), 40, [40]),
    ],
)
def test_percentages_are_of_everybody_rounded_up_and_equal_steps_are_one(
    percentages: tuple[int, ...], planned: int, steps: list[int]
) -> None:
    ramp, percent, found = Ramp(percentages, timedelta(0)), 0, []
    while percent < 100:
        percent = ramp.after(percent, planned)
        found.append(-(-planned * percent // 100))
    assert found == steps or found == [*steps, steps[-1]]


async def test_each_step_waits_for_the_receipts_of_the_last_one(service: Service, database: Database) -> None:
    people = await service.people(EVERYBODY)
    update = await service.approved()
    begins_with(service, 1, 2, 10, 100)
    for told in (1, 4, 40):
        for _ in range(2):
            await service.send()
            await service.finish()
            assert sum(times_told(service, people)) == told
        if told == 4:
            # All but one: that one is still awaited.
            receive(database, "delivered", limit=2)
            await service.finish()
            await service.send()
            assert sum(times_told(service, people)) == told
        receive(database, "delivered")
        await service.finish()
    assert times_told(service, people) == [1] * EVERYBODY
    assert (await service.update(update)).state is UpdateState.SENT


async def test_it_goes_on_without_receipts_after_the_wait(service: Service, database: Database) -> None:
    people = await service.people(EVERYBODY)
    update = await service.approved()
    begins_with(service, 10, 100)
    await service.send()
    run_sql(database, "UPDATE updates SET ramp_since = ramp_since - interval '590 seconds'")
    await service.send()
    assert sum(times_told(service, people)) == 4
    run_sql(database, "UPDATE updates SET ramp_since = ramp_since - interval '11 seconds'")
    await service.send()
    assert times_told(service, people) == [1] * EVERYBODY
    assert await service.outcomes(update) == {"accepted": EVERYBODY}


async def test_an_unclear_hand_over_is_awaited_and_one_that_never_was_makes_room(
    service: Service, database: Database
) -> None:
    people = await service.people(20)
    await service.approved()
    begins_with(service, 10, 100)
    fault(service.notify, "before-commit:reset")
    await service.send()
    receive(database, "delivered")
    await service.finish()
    await service.send()
    assert sum(times_told(service, people)) == 1
    run_sql(database, "UPDATE deliveries SET state = 'planned' WHERE state = 'uncertain'")
    await service.send()
    assert sum(times_told(service, people)) == 2
    receive(database, "delivered")
    await service.finish()
    await service.send()
    assert times_told(service, people) == [1] * 20


@asynccontextmanager
async def another_worker(service: Service, settings: WorkerSettings) -> AsyncIterator[WorkerContext]:
    """A second worker with connections, clients and a stop flag of its own, and the same ramp."""
    context = make_context(settings, Lane.BULK)
    context.settings = service.worker.settings
    await context.stop.read()
    context.stop.start()
    yield context
    await context.close()


async def test_workers_at_once_never_exceed_the_step(
    service: Service, database: Database, worker_settings: WorkerSettings
) -> None:
    people = await service.people(EVERYBODY)
    await service.approved()
    begins_with(service, 25, 50, 100)
    async with another_worker(service, worker_settings) as other:
        for told in (10, 20, 40):
            await asyncio.gather(
                *(send.send_updates(worker) for worker in (service.worker, other, service.worker, other))
            )
            assert sum(times_told(service, people)) == told
            assert one_value(database, "SELECT count(*) FROM attempts") == told
            receive(database, "delivered")
            await service.finish()
    assert times_told(service, people) == [1] * EVERYBODY


async def test_bounces_halt_it_in_mid_ramp_and_the_same_bounces_do_not_halt_it_again(
    service: Service, database: Database
) -> None:
    people = await service.people(EVERYBODY)
    update = await service.approved()
    begins_with(service, 10, 100)
    await service.send()
    receive(database, "permanent-failure", limit=3)
    await service.finish()
    halted = await service.update(update)
    assert (halted.state, halted.halted_why) == (UpdateState.HALTED, WHAT_TO_DO[Why.BOUNCES])
    receive(database, "delivered")
    await service.finish()
    await service.send()
    assert sum(times_told(service, people)) == 4

    await resume(service, update)
    await service.finish()
    assert (await service.update(update)).state is UpdateState.SENDING
    await service.send()
    receive(database, "delivered")
    await service.finish()
    assert times_told(service, people) == [1] * EVERYBODY
    assert await service.outcomes(update) == {"bounced": 3, "delivered": 37}
    assert (await service.update(update)).state is UpdateState.SENT


@pytest.mark.parametrize(
    ("percent", "bounced", "delivered", "halts"),
    [(10, 3, 26, True), (10, 3, 27, False), (10, 2, 0, False), (50, 3, 3, False), (50, 4, 3, True)],
)
async def test_it_takes_three_bounces_and_more_than_the_percentage_of_those_that_are_known(
    service: Service, database: Database, percent: int, bounced: int, delivered: int, halts: bool
) -> None:
    await service.people(bounced + delivered)
    update = await service.approved()
    service.worker.settings = service.worker.settings.model_copy(update={"bounce_halt_percent": percent})
    await service.send()
    receive(database, "delivered", limit=delivered)
    receive(database, "permanent-failure", limit=bounced)
    await service.finish()
    assert ((await service.update(update)).state is UpdateState.HALTED) == halts


async def test_those_who_failed_for_a_while_are_no_bounces(service: Service, database: Database) -> None:
    await service.people(5)
    update = await service.approved()
    begins_with(service, 80, 100)
    await service.send()
    receive(database, "temporary-failure")
    await service.finish()
    assert await service.outcomes(update) == {"failed": 4, "planned": 1}
    assert (await service.update(update)).state is UpdateState.SENDING


@pytest.mark.parametrize("why", [Why.GUARD, Why.TEMPLATE])
async def test_what_halts_an_update_halts_it_in_mid_ramp(
    service: Service, database: Database, why: Why
) -> None:
    people = await service.people(20)
    update = await service.approved()
    begins_with(service, 10, 20, 100)
    await service.send()
    receive(database, "delivered")
    await service.finish()
    if why is Why.GUARD:
        run_sql(database, "DELETE FROM scheme_public_details")
    else:
        service.notify.admin(f"templates/{EMAIL_TEMPLATE}", {"name": "changed by somebody"})
    await service.send()
    halted = await service.update(update)
    assert (halted.state, halted.halted_why) == (UpdateState.HALTED, WHAT_TO_DO[why])
    receive(database, "delivered")
    await service.finish()
    await service.send()
    # The guard reads before anything leaves; another version is first seen in an answer.
    told = sum(times_told(service, people))
    assert told == 2 if why is Why.GUARD else told in (3, 4)


async def test_the_ramp_of_an_update_goes_on_where_it_was_after_a_halt(
    service: Service, database: Database
) -> None:
    people = await service.people(EVERYBODY)
    update = await service.approved()
    begins_with(service, 10, 50, 100)
    await service.send()
    run_sql(database, "UPDATE updates SET state = 'halted', halted_why = 'a test' WHERE id = %s", update)
    await resume(service, update)
    await service.send()
    assert sum(times_told(service, people)) == 4
    receive(database, "delivered")
    await service.finish()
    await service.send()
    assert sum(times_told(service, people)) == 20
