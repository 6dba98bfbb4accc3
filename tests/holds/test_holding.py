"""Holds: who sets and lifts them, and what they stop."""

from uuid import UUID

import pytest

from service.deliveries.claiming import claim
from service.deliveries.preparing import begin_sending
from service.holds.holding import NoSuchHold, holds_in_force, lift_hold, set_hold
from service.holds.tables import Scope
from service.staff.principal import NotYourRole
from service.staff.roles import Role
from tests.harness.people import Service, now, somebody, staff
from workers import confirm

OPERATOR = staff("operator", Role.OPERATOR)


async def _set(service: Service, scope: Scope) -> UUID:
    async with service.staff.begin() as tx:
        hold = await set_hold(tx, OPERATOR, scope=scope, reason="A doubt", now=now())
    await service.worker.stop.read()
    return hold


async def _lift(service: Service, hold: UUID, role: Role = Role.OPERATOR) -> None:
    async with service.staff.begin() as tx:
        await lift_hold(tx, staff("somebody", role), hold, now=now())
    await service.worker.stop.read()


@pytest.mark.parametrize("role", list(Role))
async def test_anybody_of_staff_stops_and_an_operator_or_a_senior_lets_go_on(
    service: Service, role: Role
) -> None:
    async with service.staff.begin() as tx:
        hold = await set_hold(tx, staff("x", role), scope=Scope.BULK, reason="A doubt", now=now())

    if role in (Role.OPERATOR, Role.SENIOR):
        await _lift(service, hold, role)
    else:
        with pytest.raises(NotYourRole):
            await _lift(service, hold, role)
    async with service.staff.begin() as tx:
        assert [each.id for each in await holds_in_force(tx)] == (
            [] if role in (Role.OPERATOR, Role.SENIOR) else [hold]
        )


async def test_somebody_without_a_role_sets_none(service: Service) -> None:
    with pytest.raises(NotYourRole):
        async with service.staff.begin() as tx:
            await set_hold(tx, staff("nobody"), scope=Scope.EVERYTHING, reason="x", now=now())


async def test_sending_goes_on_when_the_last_of_several_holds_is_lifted(service: Service) -> None:
    addresses = await service.people(2)
    update = await service.approved()
    first, second = await _set(service, Scope.EVERYTHING), await _set(service, Scope.BULK)

    await service.send()
    await _lift(service, first)
    await service.send()
    assert await service.outcomes(update) == {"planned": 2}

    await _lift(service, second)
    await service.send()
    assert [len(service.updates_to(address)) for address in addresses] == [1, 1]


@pytest.mark.parametrize(("scope", "links"), [(Scope.BULK, 1), (Scope.EVERYTHING, 0)])
async def test_a_hold_of_updates_lets_links_go_and_one_of_everything_does_not(
    service: Service, scope: Scope, links: int
) -> None:
    await _set(service, scope)
    address = somebody()

    await service.register(address)

    assert len(service.notify.inbox(address)) == links


async def test_a_confirmation_that_was_held_goes_when_the_hold_is_lifted(service: Service) -> None:
    hold = await _set(service, Scope.EVERYTHING)
    address = somebody()
    await service.register(address)

    await _lift(service, hold)
    await confirm.send_confirmations(service.worker)

    assert len(service.notify.inbox(address)) == 1


async def test_a_hold_is_lifted_once(service: Service) -> None:
    hold = await _set(service, Scope.BULK)
    await _lift(service, hold)

    for gone in (hold, UUID(int=7)):
        with pytest.raises(NoSuchHold):
            await _lift(service, gone)


@pytest.mark.parametrize("scope", list(Scope))
async def test_nothing_is_claimed_while_a_hold_is_set(service: Service, scope: Scope) -> None:
    await service.people(2)
    update = await service.approved()
    async with service.worker.transactions.begin() as tx:
        assert await begin_sending(tx, update, now=now())
    hold = await _set(service, scope)

    async with service.worker.transactions.begin() as tx:
        assert await claim(tx, update, limit=10, now=now()) == []
    await _lift(service, hold)
    async with service.worker.transactions.begin() as tx:
        assert len(await claim(tx, update, limit=10, now=now())) == 2
