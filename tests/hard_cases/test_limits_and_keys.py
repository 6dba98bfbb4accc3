"""What stops an update by itself: another template, a refused key. Limits only slow it down."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, timedelta

import redis

from deploy.one_machine.valkey import EmbeddedValkey
from service.doorbell import Lane
from service.notify.pacing import SILENT
from service.settings import WorkerSettings
from service.updates.halting import WHAT_TO_DO, Why
from service.updates.states import UpdateState
from tests.deliveries.looking import begins_with, one_row, one_value, resume, run_sql, times_told
from tests.harness.people import Service, now, somebody
from tests.harness.servers import EMAIL_TEMPLATE, RATE, Database
from workers import send
from workers.context import THREADS, WorkerContext, make_context
from workers.send import AT_ONCE, FRESH_TOKENS


async def test_case_19_a_template_that_was_edited_halts_the_update(service: Service) -> None:
    people = await service.people(4)
    update = await service.approved()
    service.notify.admin(f"templates/{EMAIL_TEMPLATE}", {"name": "changed by somebody"})
    await service.send()
    halted = await service.update(update)
    assert (halted.state, halted.halted_why) == (UpdateState.HALTED, WHAT_TO_DO[Why.TEMPLATE])
    told = sum(times_told(service, people))
    await service.send()
    assert sum(times_told(service, people)) == told >= 1
    # Those that were on their way when the first answer came had left; nobody after them.
    outcomes = await service.outcomes(update)
    assert outcomes["accepted"] == told
    assert sum(outcomes.values()) == 4


async def test_case_19_a_template_that_is_archived_halts_and_marks_nobody(service: Service) -> None:
    people = await service.people(3)
    update = await service.approved()
    service.notify.admin(f"templates/{EMAIL_TEMPLATE}", {"archived": True})
    try:
        await service.send()
    finally:
        service.notify.admin(f"templates/{EMAIL_TEMPLATE}", {"archived": False})
    assert (await service.update(update)).halted_why == WHAT_TO_DO[Why.TEMPLATE]
    assert await service.outcomes(update) == {"planned": 3}
    assert times_told(service, people) == [0, 0, 0]


async def test_case_10_a_revoked_key_stops_sending_says_so_and_marks_nobody(service: Service) -> None:
    people = await service.people(3)
    update = await service.approved()
    secret = service.notify.api_key[-36:]
    service.notify.admin(f"keys/{secret}/revoke", {})
    try:
        await service.send()
    finally:
        service.notify.admin("keys", {"secret": secret, "type": "live", "name": "tests"})
    halted = await service.update(update)
    assert (halted.state, halted.halted_why) == (UpdateState.HALTED, WHAT_TO_DO[Why.KEY])
    assert await service.outcomes(update) == {"planned": 3}
    await resume(service, update)
    await service.send()
    assert times_told(service, people) == [1, 1, 1]


async def test_case_19_a_template_that_changed_before_approval_goes_back_to_its_author(
    service: Service,
) -> None:
    await service.people(2)
    update = await service.draft()
    service.notify.admin(f"templates/{EMAIL_TEMPLATE}", {"name": "changed by somebody"})
    back = await service.submit(update)
    assert back.state is UpdateState.DRAFT
    assert "template" in (back.sent_back_why or "")


@asynccontextmanager
async def another_worker(settings: WorkerSettings) -> AsyncIterator[WorkerContext]:
    """A second worker, with connections, clients and a stop flag of its own."""
    context = make_context(settings, Lane.BULK)
    await context.stop.read()
    context.stop.start()
    yield context
    await context.close()


def denied(service: Service) -> int:
    """How many requests Notify has refused for its limits."""
    return int(service.notify.http.get("/admin/counts").json()["denied"])


async def test_case_08_another_system_drains_the_bucket_and_everyone_waits(
    service: Service,
    valkey_server: EmbeddedValkey,
    database: Database,
    worker_settings: WorkerSettings,
) -> None:
    people = await service.people(30)
    update = await service.approved()
    begins_with(service, 100)
    service.notify.admin("limits", {"rate_per_minute": 600})
    service.notify.admin("bucket/drain", {"seconds": 3600})
    before = denied(service)
    with redis.Redis.from_url(valkey_server.url("kept_owner")) as owner:
        async with another_worker(worker_settings) as other:
            other.settings = service.worker.settings
            owner.delete(SILENT)
            both = [asyncio.create_task(send.send_updates(each)) for each in (service.worker, other)]
            await silence(owner, both)
            await asyncio.sleep(1)  # until those that were on their way have their answer
            after = denied(service)
            # A call for each thread and batch at most; then neither worker hammers in the silence.
            assert 1 <= after - before <= 2 * AT_ONCE * THREADS
            await asyncio.sleep(1)
            assert denied(service) == after
            pause = owner.pttl(SILENT)
            assert isinstance(pause, int)
            assert pause > 1000
            service.notify.admin("bucket/drain", {})
            service.notify.admin("limits", {"rate_per_minute": RATE})
            owner.delete(SILENT)
            await asyncio.gather(*both)
            await service.send()  # As the sweep does: a job may end early, and loses nobody by it.
    assert times_told(service, people) == [1] * 30
    assert await service.outcomes(update) == {"accepted": 30}
    # Nobody was given up, and nobody was asked about: a refusal is no hand-over.
    assert (
        one_value(database, "SELECT count(*) FROM attempts WHERE outcome NOT IN ('accepted', 'not-sent')")
        == 0
    )


async def test_case_09_the_daily_limit_in_mid_update_parks_everyone_until_midnight(
    service: Service, database: Database
) -> None:
    people = await service.people(12)
    update = await service.approved()
    begins_with(service, 100)
    service.notify.admin("daily", {"count": 10_000_000 - 5})
    try:
        await service.send()
        assert sum(times_told(service, people)) == 5
        assert await service.outcomes(update) == {"accepted": 5, "planned": 7}
        reason, ends_at = one_row(database, "SELECT reason, ends_at FROM holds WHERE lifted_at IS NULL")
        assert "daily limit" in reason
        assert ends_at.astimezone(UTC).strftime("%H:%M:%S") == "00:00:05"
        assert timedelta(0) < ends_at - now() <= timedelta(days=1, seconds=5)
        # Nobody tries until then, and nobody's link either: Notify would not take it.
        before = denied(service)
        await service.worker.stop.read()
        for _ in range(2):
            await service.send()
        await service.register(somebody())
        assert denied(service) == before
        assert one_value(database, "SELECT count(*) FROM holds") == 1
    finally:
        service.notify.admin("daily", {"count": 0})

    run_sql(database, "UPDATE holds SET ends_at = now() - interval '1 second'")
    await service.send()
    assert times_told(service, people) == [1] * 12
    assert await service.outcomes(update) == {"accepted": 12}


async def test_case_11_a_clock_that_is_off_is_tried_a_few_times_and_then_halts_with_what_to_do(
    service: Service, database: Database
) -> None:
    people = await service.people(30)
    update = await service.approved()
    begins_with(service, 100)
    # Notify's clock, and not ours, is a minute on: every token that we make looks old to it.
    service.notify.admin("clock", {"offset_seconds": 60})
    before = forbidden(service)
    await service.send()
    tried = forbidden(service) - before
    halted = await service.update(update)
    assert (halted.state, halted.halted_why) == (UpdateState.HALTED, WHAT_TO_DO[Why.KEY])
    assert "clock is wrong by more than 30 seconds" in WHAT_TO_DO[Why.KEY]
    assert await service.outcomes(update) == {"planned": 30}
    # A new attempt each time, with a token of its own, and no more than so often.
    assert one_value(database, "SELECT max(attempts) FROM deliveries") == FRESH_TOKENS
    # A call for each thread at most: the rest of a batch would be told the same.
    assert FRESH_TOKENS <= tried <= FRESH_TOKENS * THREADS
    for _ in range(2):
        await service.send()
    assert forbidden(service) - before == tried

    service.notify.admin("clock", {"offset_seconds": 0})
    await resume(service, update)
    await service.send()
    assert times_told(service, people) == [1] * 30


async def test_case_11_a_clock_that_is_put_right_in_time_halts_nothing(service: Service) -> None:
    people = await service.people(3)
    update = await service.approved()
    service.notify.admin("clock", {"offset_seconds": -60})
    before = forbidden(service)
    sending = asyncio.create_task(service.send())
    while forbidden(service) == before:
        assert not sending.done()
        await asyncio.sleep(0.01)
    service.notify.admin("clock", {"offset_seconds": 0})
    await sending
    assert times_told(service, people) == [1] * 3
    assert await service.outcomes(update) == {"accepted": 3}


def forbidden(service: Service) -> int:
    """How many requests Notify has answered with 403."""
    return int(service.notify.http.get("/admin/counts").json()["requests"].get("403", 0))


async def silence(owner: redis.Redis, sending: list[asyncio.Task[None]]) -> None:
    """Wait until the workers have silenced each other."""
    for _ in range(500):
        if owner.exists(SILENT):
            return
        assert not all(each.done() for each in sending)
        await asyncio.sleep(0.02)
    raise AssertionError("nobody was silenced")
