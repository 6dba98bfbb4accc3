"""An edit voids an approval, and what is being sent is not edited."""

from uuid import UUID

import pytest

from service.updates import drafting, halting
from service.updates.drafting import BadChanges
from service.updates.states import UpdateState, WrongState
from tests.harness.people import COMMS, SENIOR, Service, now, somebody
from tests.updates.directory import Directory


async def _edit(service: Service, update: UUID, **changes: object) -> None:
    async with service.staff.begin() as tx:
        await drafting.edit(tx, COMMS, update, changes, now=now())


async def test_04_an_edit_after_the_approval_voids_it(service: Service) -> None:
    addresses = await service.people(2)
    update = await service.approved()

    await _edit(service, update, title="Changed")
    await service.send()

    found = await service.update(update)
    assert (found.state, found.version, found.planned) == (UpdateState.DRAFT, 2, 0)
    assert (found.approved_at, found.not_before, found.audience_sha256) == (None, None, None)
    assert not any(service.updates_to(address) for address in addresses)


async def test_words_put_back_as_they_were_need_an_approval_again(
    service: Service, directory: Directory
) -> None:
    directory.people(2)
    update = await service.approved()
    await _edit(service, update, title="Changed")
    await _edit(service, update, title="A test")

    submitted = await service.submit(update)
    await service.send()

    assert submitted.version == 3
    assert (await service.update(update)).state is UpdateState.AWAITING_APPROVAL


async def test_an_edit_while_it_awaits_approval_takes_it_back(service: Service, directory: Directory) -> None:
    directory.people(2)
    update = await service.draft()
    await service.submit(update)

    await _edit(service, update, audience={"topics": ["evidence"]})

    assert (await service.update(update)).state is UpdateState.DRAFT


async def test_what_is_being_sent_is_not_edited(service: Service, directory: Directory) -> None:
    directory.people(2)
    update = await service.approved()
    directory.connection.execute("UPDATE updates SET state = 'sending'")

    with pytest.raises(WrongState):
        await _edit(service, update, title="Changed")

    async with service.staff.begin() as tx:
        await halting.halt(tx, COMMS, update, reason=None, now=now())
    with pytest.raises(WrongState):
        await _edit(service, update, title="Changed")


async def test_what_was_sent_is_not_edited(service: Service) -> None:
    await service.people(2)
    update = await service.approved()
    await service.send()
    await service.finish()
    assert (await service.update(update)).state is UpdateState.SENT

    with pytest.raises(WrongState):
        await _edit(service, update, title="Changed")


async def test_a_wrong_edit_changes_nothing(service: Service) -> None:
    update = await service.draft()

    with pytest.raises(BadChanges):
        await _edit(service, update, title="")

    assert (await service.update(update)).version == 1


async def test_03_who_is_added_after_the_approval_gets_nothing(service: Service) -> None:
    chosen = await service.people(2)
    update = await service.approved()

    late = await service.person()
    shares = chosen[0]
    await service.register(shares, language="cy")
    await service.send()

    assert not service.updates_to(late)
    assert [len(service.updates_to(address)) for address in chosen] == [1, 1]
    assert await service.outcomes(update) == {"accepted": 2}


async def test_who_left_after_the_approval_gets_nothing(service: Service, directory: Directory) -> None:
    addresses = await service.people(2)
    update = await service.approved()
    leaver = await service.person(somebody("late"))
    members = directory.members(update)
    directory.connection.execute(
        "UPDATE registrations SET state = 'left', left_at = now() WHERE id = ANY (%s)",
        (sorted(members)[:1],),
    )

    await service.send()

    assert await service.outcomes(update) == {"accepted": 1, "withdrawn": 1}
    assert sum(len(service.updates_to(address)) for address in (*addresses, leaver)) == 1


async def test_a_halted_update_sends_nothing_until_a_senior_resumes_it(service: Service) -> None:
    addresses = await service.people(2)
    update = await service.approved()
    async with service.staff.begin() as tx:
        await halting.halt(tx, COMMS, update, reason="Wrong date", now=now())
    assert (await service.update(update)).halted_why == "Wrong date"

    await service.send()
    assert not any(service.updates_to(address) for address in addresses)

    async with service.staff.begin() as tx:
        resumed = await halting.resume(tx, SENIOR, update, now=now())
    assert (resumed.state, resumed.halted_why) == (UpdateState.SENDING, None)
    await service.send()
    assert [len(service.updates_to(address)) for address in addresses] == [1, 1]


async def test_one_that_was_approved_and_never_halted_is_not_resumed(
    service: Service, directory: Directory
) -> None:
    directory.people(2)
    update = await service.approved()

    with pytest.raises(WrongState):
        async with service.staff.begin() as tx:
            await halting.resume(tx, SENIOR, update, now=now())
