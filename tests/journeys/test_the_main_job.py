"""A person registers, an update is approved, one message each leaves through Notify."""

from tests.harness.people import Service, somebody


async def test_everyone_gets_the_update_once_in_their_language(service: Service) -> None:
    english = await service.people(3)
    welsh = await service.people(2, language="cy")
    update = await service.approved()

    await service.send()

    assert await service.outcomes(update) == {"accepted": 5}
    assert [len(service.updates_to(address, "The news")) for address in english] == [1, 1, 1]
    assert [len(service.updates_to(address, "Y newyddion")) for address in welsh] == [1, 1]
    assert not any(service.updates_to(address, "The news") for address in welsh)


async def test_whoever_has_not_confirmed_gets_no_update(service: Service) -> None:
    confirmed = await service.people(2)
    waiting = somebody("waiting")
    await service.register(waiting)
    update = await service.approved()

    await service.send()

    assert await service.outcomes(update) == {"accepted": 2}
    assert not service.updates_to(waiting)
    assert all(service.updates_to(address) for address in confirmed)
