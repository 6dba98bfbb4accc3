"""A halt and a hold stop everything that has not been handed over, at once."""

import asyncio

import pytest

from service.holds.holding import lift_hold, set_hold
from service.holds.tables import Scope
from service.notify.addresses import EmailAddress
from service.notify.gateway import Busy, EmailMessage, TryLater
from service.staff.roles import Role
from service.updates import halting
from service.updates.states import UpdateState
from tests.deliveries.looking import fault, one_value, times_told
from tests.harness.people import COMMS, SENIOR, Service, now, somebody, staff
from tests.harness.servers import Database
from workers import confirm
from workers.handing_over import hand_over
from workers.stopping import TOO_OLD


async def test_a_halted_update_sends_nothing_more_and_resumed_reaches_everybody_once(
    service: Service, database: Database
) -> None:
    people = await service.people(40)
    update = await service.approved()
    # Each hand-over takes a while, so that the halt comes in the middle.
    fault(service.notify, "after-queueing:stall", times=40, seconds=0.4)
    already = accepted(service)
    sending = asyncio.create_task(service.send())
    while accepted(service) == already:
        assert not sending.done()
        await asyncio.sleep(0.05)
    async with service.staff.begin() as tx:
        await halting.halt(tx, COMMS, update, reason="a mistake", now=now())
    await sending
    told = sum(times_told(service, people))
    assert 0 < told < 40
    await service.send()
    assert sum(times_told(service, people)) == told
    outcomes = await service.outcomes(update)
    assert outcomes == {"accepted": told, "planned": 40 - told}

    service.notify.reset()
    async with service.staff.begin() as tx:
        await halting.resume(tx, staff("senior", Role.SENIOR), update, now=now())
    await service.send()
    assert times_told(service, people) == [1] * 40
    await service.finish()
    assert (await service.update(update)).state is UpdateState.SENT
    assert one_value(database, "SELECT count(*) FROM deliveries WHERE state = 'accepted'") == 40


def accepted(service: Service) -> int:
    """How many messages the stand-in took; one question, so that the worker is not starved."""
    return int(service.notify.http.get("/admin/counts").json()["accepted"])


@pytest.mark.parametrize(("scope", "links_go"), [(Scope.EVERYTHING, False), (Scope.BULK, True)])
async def test_a_hold_stops_updates_and_links_as_far_as_its_scope_says(
    service: Service, scope: Scope, links_go: bool
) -> None:
    people = await service.people(3)
    update = await service.approved()
    async with service.staff.begin() as tx:
        hold = await set_hold(tx, COMMS, scope=scope, reason="a test", now=now())
    await service.worker.stop.read()
    await service.send()
    newcomer = somebody()
    await service.register(newcomer)
    assert times_told(service, people) == [0, 0, 0]
    assert bool(service.notify.inbox(newcomer)) is links_go

    async with service.staff.begin() as tx:
        await lift_hold(tx, SENIOR, hold, now=now())
    await service.worker.stop.read()
    await service.send()
    await confirm.send_confirmations(service.worker)
    assert times_told(service, people) == [1, 1, 1]
    assert len(service.notify.inbox(newcomer)) == 1
    assert await service.outcomes(update) == {"accepted": 3}


async def test_a_reading_older_than_a_second_counts_as_stop(service: Service) -> None:
    address, stop = somebody(), service.worker.stop
    message = EmailMessage(EmailAddress.stored(address), "Hello", "Words.", reference=address)
    await stop.read()
    assert stop.link_may_leave()
    await stop.end()
    await asyncio.sleep(TOO_OLD)
    token = service.worker.notify.fence()
    outcomes = await hand_over(service.worker, [message], token, stop.link_may_leave)
    assert outcomes == [TryLater(Busy.STOPPED)]
    assert service.notify.inbox(address) == []


async def test_an_update_that_nobody_is_sending_may_not_leave(service: Service) -> None:
    await service.people(2)
    update = await service.approved()
    stop = service.worker.stop
    await stop.read()
    assert not stop.update_may_leave(update)
    await service.send()
    assert stop.update_may_leave(update)
    async with service.staff.begin() as tx:
        await halting.halt(tx, COMMS, update, reason=None, now=now())
    await asyncio.sleep(0.6)
    assert not stop.update_may_leave(update)
