"""Everybody is claimed by one worker and sent one message, however many workers there are."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from service.deliveries.claiming import claim
from service.doorbell import Lane
from service.settings import WorkerSettings
from service.updates.states import UpdateState
from tests.deliveries.looking import one_value, run_sql, times_told
from tests.harness.people import Service, now
from tests.harness.servers import Database
from workers import send
from workers.context import WorkerContext, make_context


@pytest.fixture
async def workers(service: Service, worker_settings: WorkerSettings) -> AsyncIterator[list[WorkerContext]]:
    """Four workers, each with connections, clients and a stop flag of its own."""
    contexts = [make_context(worker_settings, Lane.BULK) for _ in range(4)]
    for context in contexts:
        await context.stop.read()
        context.stop.start()
    yield contexts
    for context in contexts:
        await context.close()


async def test_case_07_workers_at_once_send_everybody_one_message(
    service: Service, workers: list[WorkerContext]
) -> None:
    people = await service.people(60)
    update = await service.approved()
    await asyncio.gather(*(send.send_updates(worker) for worker in workers))
    assert times_told(service, people) == [1] * 60
    assert await service.outcomes(update) == {"accepted": 60}


async def test_case_07_concurrent_claims_never_share_a_row(
    service: Service, workers: list[WorkerContext], database: Database
) -> None:
    await service.people(40)
    update = await service.approved()
    run_sql(database, "UPDATE updates SET state = 'sending', sending_since = now() WHERE id = %s", update)

    async def take(worker: WorkerContext) -> list[object]:
        taken: list[object] = []
        while True:
            async with worker.transactions.begin() as tx:
                batch = await claim(tx, update, limit=3, now=now())
                # Held open, so that the others meet rows that are locked and not only rows that are gone.
                await asyncio.sleep(0.01)
            if not batch:
                return taken
            taken += [each.delivery for each in batch]

    shares = await asyncio.gather(*(take(worker) for worker in workers))
    claimed = [delivery for share in shares for delivery in share]
    assert len(claimed) == len(set(claimed)) == 40
    assert one_value(database, "SELECT count(DISTINCT reference) FROM attempts") == 40
    assert sum(bool(share) for share in shares) > 1


async def test_a_second_run_sends_nothing(service: Service) -> None:
    people = await service.people(5)
    update = await service.approved()
    for _ in range(3):
        await service.send()
    await service.finish()
    await service.send()
    assert times_told(service, people) == [1] * 5
    assert (await service.update(update)).state is UpdateState.SENT


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE updates SET not_before = now() + interval '1 hour'",
        "UPDATE updates SET audience_sha256 = repeat('0', 64)",
        "DELETE FROM approvals",
        "UPDATE update_versions SET content_sha256 = repeat('0', 64)",
        "INSERT INTO holds (id, scope, reason, set_by, set_at)"
        " VALUES (gen_random_uuid(), 'bulk', 'a test', 'somebody', now())",
    ],
    ids=["before its time", "other people", "no approval", "other words", "a hold"],
)
async def test_nothing_is_claimed_of_what_was_not_approved_as_it_is(
    service: Service, database: Database, change: str
) -> None:
    await service.people(3)
    update = await service.approved()
    run_sql(database, "UPDATE updates SET state = 'sending', sending_since = now() WHERE id = %s", update)
    with database.connect("postgres") as superuser:
        # Behind every trigger: this is what the claim itself still looks at.
        superuser.execute("SET session_replication_role = replica")
        superuser.execute(change)
    async with service.worker.transactions.begin() as tx:
        assert await claim(tx, update, limit=10, now=now()) == []
    assert one_value(database, "SELECT count(*) FROM attempts") == 0


async def test_an_attempt_is_written_down_before_anything_is_handed_over(
    service: Service, database: Database
) -> None:
    await service.people(2)
    update = await service.approved()
    run_sql(database, "UPDATE updates SET state = 'sending', sending_since = now() WHERE id = %s", update)
    async with service.worker.transactions.begin() as tx:
        claimed = await claim(tx, update, limit=1, now=now())
    [first] = claimed
    assert first.reference == f"d-{first.delivery}-1"
    assert one_value(database, "SELECT outcome IS NULL FROM attempts WHERE reference = %s", first.reference)
    assert "sealed" not in repr(first)


async def test_the_people_of_an_update_are_frozen_when_it_is_submitted(service: Service) -> None:
    people = await service.people(2)
    update = await service.approved()
    late = await service.person()
    await service.send()
    assert times_told(service, [*people, late]) == [1, 1, 0]
    assert await service.outcomes(update) == {"accepted": 2}
