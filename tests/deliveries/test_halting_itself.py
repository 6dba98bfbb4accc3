"""What stops an update by itself: another template, a refused key. Limits only slow it down."""

import asyncio
from datetime import UTC

import redis

from deploy.one_machine.valkey import EmbeddedValkey
from service.notify.pacing import SILENT
from service.staff.roles import Role
from service.updates import halting
from service.updates.halting import WHAT_TO_DO, Why
from service.updates.states import UpdateState
from tests.deliveries.looking import one_row, run_sql, times_told
from tests.harness.people import Service, now, staff
from tests.harness.servers import EMAIL_TEMPLATE, RATE, Database


async def test_a_template_that_changed_halts_the_update(service: Service) -> None:
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


async def test_a_template_that_is_archived_halts_and_marks_nobody(service: Service) -> None:
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


async def test_a_revoked_key_halts_and_marks_nobody_and_the_update_can_go_on(service: Service) -> None:
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
    async with service.staff.begin() as tx:
        await halting.resume(tx, staff("senior", Role.SENIOR), update, now=now())
    await service.send()
    assert times_told(service, people) == [1, 1, 1]


async def test_a_template_that_changed_before_it_was_prepared_goes_back_to_its_author(
    service: Service,
) -> None:
    await service.people(2)
    update = await service.draft()
    service.notify.admin(f"templates/{EMAIL_TEMPLATE}", {"name": "changed by somebody"})
    back = await service.submit(update)
    assert back.state is UpdateState.DRAFT
    assert "template" in (back.sent_back_why or "")


async def test_a_drained_bucket_slows_everybody_down_and_loses_nobody(
    service: Service, valkey_server: EmbeddedValkey
) -> None:
    people = await service.people(12)
    update = await service.approved()
    service.notify.admin("limits", {"rate_per_minute": 60})
    service.notify.admin("bucket/drain", {})
    sending = asyncio.create_task(service.send())
    with redis.Redis.from_url(valkey_server.url("kept_owner")) as owner:
        await silence(owner, sending)
        service.notify.admin("limits", {"rate_per_minute": RATE})
        told = sum(times_told(service, people))
        await asyncio.sleep(0.7)
        # Nobody hammers in the silence.
        assert sum(times_told(service, people)) == told <= 8
        owner.delete(SILENT)
        await sending
        await service.send()  # As the sweep does: a job may end early, and loses nobody by it.
    assert times_told(service, people) == [1] * 12
    assert await service.outcomes(update) == {"accepted": 12}


async def test_a_full_day_parks_everybody_until_midnight_and_says_so(
    service: Service, database: Database
) -> None:
    people = await service.people(3)
    update = await service.approved()
    service.notify.admin("daily", {"count": 10_000_000})
    try:
        await service.send()
        assert await service.outcomes(update) == {"planned": 3}
        reason, ends_at = one_row(database, "SELECT reason, ends_at FROM holds WHERE lifted_at IS NULL")
        assert "daily limit" in reason
        assert ends_at.astimezone(UTC).strftime("%H:%M") == "00:00"
        assert ends_at > now()
        await service.worker.stop.read()
        await service.send()
    finally:
        service.notify.admin("daily", {"count": 0})
    assert times_told(service, people) == [0, 0, 0]

    run_sql(database, "UPDATE holds SET ends_at = now() - interval '1 second'")
    await service.send()
    assert times_told(service, people) == [1, 1, 1]
    assert await service.outcomes(update) == {"accepted": 3}


async def silence(owner: redis.Redis, sending: asyncio.Task[None]) -> None:
    """Wait until the workers have silenced each other."""
    for _ in range(500):
        if owner.exists(SILENT):
            return
        assert not sending.done()
        await asyncio.sleep(0.02)
    raise AssertionError("nobody was silenced")
