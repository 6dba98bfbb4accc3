"""One recipient needs no senior, within limits; two people always do (promise 4)."""

from datetime import timedelta
from uuid import UUID

import psycopg

from service.staff.principal import Staff
from service.staff.roles import Role
from service.updates import drafting
from service.updates.states import UpdateState
from service.updates.tables import Update
from tests.harness.people import COMMS, SENIOR, Service, now, staff
from tests.updates.directory import Directory
from tests.updates.words import bilingual, body


async def _to_one(service: Service, person: UUID, text: str, *, by: Staff = COMMS) -> Update:
    """An update to one person, submitted."""
    words = body(email=bilingual(text), audience={"registrations": [str(person)]})
    return await service.submit(await service.draft(words, by=by), by=by)


async def test_an_update_to_one_person_is_approved_without_a_senior(
    service: Service, directory: Directory
) -> None:
    update = await _to_one(service, directory.person(), "Please call.")

    assert update.state is UpdateState.APPROVED
    assert update.planned == 1
    assert update.approved_at is not None
    assert update.not_before is not None
    assert update.not_before <= now()


async def test_it_waits_for_its_time(service: Service, directory: Directory) -> None:
    at = now() + timedelta(hours=1)
    words = body(audience={"registrations": [str(directory.person())]}, send_at=at.isoformat())

    update = await service.submit(await service.draft(words))

    assert (update.state, update.not_before) == (UpdateState.APPROVED, at)


async def test_it_is_sent_to_that_person(service: Service) -> None:
    address = await service.person()

    update = (await service.submit(await service.draft())).id
    await service.send()

    assert await service.outcomes(update) == {"accepted": 1}
    assert len(service.updates_to(address)) == 1


async def test_20_two_people_at_one_address_need_a_senior(service: Service, directory: Directory) -> None:
    shared = directory.contact()
    directory.person(at=shared)
    directory.person(at=shared)

    update = await service.submit(await service.draft())

    assert (update.planned, update.state) == (1, UpdateState.AWAITING_APPROVAL)


async def test_the_sixth_in_a_day_needs_a_senior(service: Service, directory: Directory) -> None:
    states = [
        (await _to_one(service, person, f"Message {number}.")).state
        for number, person in enumerate(directory.people(6))
    ]

    assert states == [UpdateState.APPROVED] * 5 + [UpdateState.AWAITING_APPROVAL]
    by_another = await _to_one(service, directory.person(), "Another's.", by=staff("comms2", Role.COMMS))
    assert by_another.state is UpdateState.APPROVED


async def test_after_a_day_there_are_five_again(
    service: Service, directory: Directory, owner: psycopg.Connection[tuple[object, ...]]
) -> None:
    for number, person in enumerate(directory.people(5)):
        await _to_one(service, person, f"Message {number}.")
    owner.execute("UPDATE updates SET approved_at = approved_at - interval '24 hours 1 second'")

    update = await _to_one(service, directory.person(), "Tomorrow.")

    assert update.state is UpdateState.APPROVED


async def test_the_same_words_to_a_second_person_need_a_senior(
    service: Service, directory: Directory
) -> None:
    first = await _to_one(service, directory.person(), "The same.")
    by_another = await _to_one(service, directory.person(), "The same.", by=staff("comms2", Role.COMMS))

    assert first.state is UpdateState.APPROVED
    assert by_another.state is UpdateState.AWAITING_APPROVAL


async def test_after_seven_days_the_same_words_may_go_again(
    service: Service, directory: Directory, owner: psycopg.Connection[tuple[object, ...]]
) -> None:
    await _to_one(service, directory.person(), "The same.")
    owner.execute("UPDATE updates SET approved_at = approved_at - interval '7 days' + interval '1 minute'")
    within = await _to_one(service, directory.person(), "The same.")
    owner.execute("UPDATE updates SET approved_at = approved_at - interval '2 minutes'")
    after = await _to_one(service, directory.person(), "The same.")

    assert within.state is UpdateState.AWAITING_APPROVAL
    assert after.state is UpdateState.APPROVED


async def test_one_that_was_taken_back_before_it_left_does_not_count(
    service: Service, directory: Directory
) -> None:
    person = directory.person()
    update = await _to_one(service, person, "The same.")
    async with service.staff.begin() as tx:
        await drafting.edit(tx, COMMS, update.id, {"title": "Not yet"}, now=now())

    assert (await service.submit(update.id)).state is UpdateState.APPROVED


async def test_beyond_the_limits_a_senior_approves(service: Service, directory: Directory) -> None:
    await _to_one(service, directory.person(), "The same.")
    second = await _to_one(service, directory.person(), "The same.")

    assert (await service.approve(second.id, by=SENIOR)).state is UpdateState.APPROVED
