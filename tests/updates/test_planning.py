"""Whom an update is frozen to."""

import json
from datetime import timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

import pytest

from service.updates import drafting
from service.updates.audience import audience_sha256
from service.updates.states import UpdateState
from tests.harness.people import COMMS, Service, now
from tests.harness.servers import EMAIL_TEMPLATE
from tests.updates.directory import Directory
from tests.updates.words import body
from workers import plan


async def _frozen(service: Service, directory: Directory, audience: dict[str, Any]) -> set[UUID]:
    update = await service.draft(body(audience=audience))
    await service.submit(update)
    return directory.members(update)


def independent_audience_sha256(registrations: set[UUID]) -> str:
    """As security.md says it, and not as the code does it."""
    listed = {"count": len(registrations), "registrations": sorted(str(each) for each in registrations)}
    return sha256(json.dumps(listed, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


async def test_each_rule_chooses_those_whom_it_names(service: Service, directory: Directory) -> None:
    individual = directory.person()
    welsh = directory.person(language="cy", topics=("evidence",))
    organisation = directory.person(kind="organisation", topics=("eligibility", "evidence"))
    representative = directory.person(kind="representative", language="cy")
    everybody = {individual, welsh, organisation, representative}

    expected: list[tuple[dict[str, Any], set[UUID]]] = [
        ({"kinds": ["individual"]}, {individual, welsh}),
        ({"kinds": ["organisation", "representative"]}, {organisation, representative}),
        ({"topics": ["evidence"]}, {welsh, organisation}),
        ({"topics": ["evidence", "eligibility"]}, everybody),
        ({"languages": ["cy"]}, {welsh, representative}),
        ({"languages": ["en", "cy"]}, everybody),
        ({"kinds": ["individual"], "languages": ["cy"]}, {welsh}),
        ({"kinds": ["organisation"], "topics": ["evidence"], "languages": ["en"]}, {organisation}),
        ({"registrations": [str(welsh), str(organisation)]}, {welsh, organisation}),
        ({"registrations": [str(welsh), str(uuid4())]}, {welsh}),
    ]
    for audience, people in expected:
        assert await _frozen(service, directory, audience) == people, audience


async def test_who_cannot_or_will_not_be_reached_is_not_planned(
    service: Service, directory: Directory
) -> None:
    tomorrow = now() + timedelta(days=1)
    directory.person(state="pending")
    directory.person(state="left")
    directory.person(contact_confirmed=False)
    directory.person(paused_until=tomorrow)
    directory.person(at=directory.contact(suppressed=True))
    directory.person(at=directory.contact(channel="sms"))
    directory.person(at=directory.contact(channel="letter"))
    back_again = directory.person(paused_until=now() - timedelta(seconds=1))
    plain = directory.person()

    update = await service.draft()
    submitted = await service.submit(update)

    assert directory.members(update) == {back_again, plain}
    assert (submitted.planned, submitted.state) == (2, UpdateState.AWAITING_APPROVAL)


async def test_naming_somebody_does_not_reach_who_left(service: Service, directory: Directory) -> None:
    left, paused = directory.person(state="left"), directory.person(paused_until=now() + timedelta(days=1))
    here, there = directory.people(2)

    named = {"registrations": [str(each) for each in (left, paused, here, there)]}

    assert await _frozen(service, directory, named) == {here, there}


async def test_nobody_of_another_scheme_is_planned(service: Service, directory: Directory) -> None:
    elsewhere = Directory(directory.connection, uuid4())
    directory.connection.execute(
        """INSERT INTO schemes (id, slug, name_en, name_cy, open, privacy_notice, privacy_notice_version,
            lawful_basis, created_at) VALUES (%s, 'horizon', 'H', 'H', true, '/', '1', 'law', now())""",
        (elsewhere.scheme,),
    )
    stranger = elsewhere.person()
    own = set(directory.people(2))

    assert await _frozen(service, directory, {"topics": ["eligibility"]}) == own
    named = {"registrations": [str(each) for each in (stranger, *own)]}
    assert await _frozen(service, directory, named) == own


async def test_two_people_who_share_an_address_are_two_members_and_one_delivery(
    service: Service, directory: Directory
) -> None:
    shared = directory.contact()
    couple = {directory.person(at=shared), directory.person(at=shared, language="cy")}
    single = directory.person()

    update = await service.draft()
    submitted = await service.submit(update)

    assert directory.members(update) == couple | {single}
    assert directory.deliveries(update) == submitted.planned == 2


async def test_the_audience_hash_is_over_the_sorted_people_and_their_count(
    service: Service, directory: Directory
) -> None:
    people = set(directory.people(11))

    submitted = await service.submit(await service.draft())

    assert submitted.audience_sha256 == independent_audience_sha256(people)


async def test_the_audience_hash_does_not_depend_on_how_the_people_lie_in_their_table(
    service: Service, directory: Directory
) -> None:
    people = set(directory.people(7))
    update = await service.draft()
    directory.connection.execute("UPDATE updates SET state = 'preparing', submitted_at = now()")
    for person in sorted(people, reverse=True):
        directory.connection.execute(
            "INSERT INTO audience_members VALUES (%s, %s, %s, 'email', 'en')", (update, person, uuid4())
        )

    async with service.staff.begin() as tx:
        assert await audience_sha256(tx, update) == independent_audience_sha256(people)


async def test_an_audience_that_matches_nobody_goes_back_with_the_reason(
    service: Service, directory: Directory
) -> None:
    directory.person(topics=("evidence",))

    update = await service.submit(await service.draft())

    assert (update.state, update.planned, update.audience_sha256) == (UpdateState.DRAFT, 0, None)
    assert update.sent_back_why == "Nobody who can be reached is in its audience."


async def test_a_template_that_changed_since_the_draft_gives_it_back(
    service: Service, directory: Directory
) -> None:
    directory.people(2)
    update = await service.draft()
    service.notify.admin(f"templates/{EMAIL_TEMPLATE}", {"name": "renamed"})

    submitted = await service.submit(update)

    assert (submitted.state, submitted.planned) == (UpdateState.DRAFT, 0)
    assert submitted.sent_back_why == "Notify's template has changed. Save the update again."
    assert not directory.members(update)


async def test_saved_again_it_is_for_the_template_that_there_is_now(
    service: Service, directory: Directory
) -> None:
    directory.people(2)
    update = await service.draft()
    service.notify.admin(f"templates/{EMAIL_TEMPLATE}", {"name": "renamed"})
    await service.submit(update)

    async with service.staff.begin() as tx:
        await drafting.edit(tx, COMMS, update, {}, now=now())

    assert (await service.submit(update)).state is UpdateState.AWAITING_APPROVAL


async def test_a_second_submission_freezes_anew(service: Service, directory: Directory) -> None:
    first = directory.person()
    second = directory.person()
    update = await service.draft()
    await service.submit(update)
    third = directory.person()
    directory.connection.execute(
        "UPDATE registrations SET state = 'left', left_at = now() WHERE id = %s", (first,)
    )

    async with service.staff.begin() as tx:
        await drafting.edit(tx, COMMS, update, {"title": "Again"}, now=now())
    submitted = await service.submit(update)

    assert directory.members(update) == {second, third}
    assert directory.deliveries(update) == 2
    assert submitted.audience_sha256 == independent_audience_sha256({second, third})


@pytest.mark.parametrize("runs", [2, 3])
async def test_planning_again_changes_nothing(service: Service, directory: Directory, runs: int) -> None:
    people = set(directory.people(3))
    update = await service.draft()
    submitted = await service.submit(update)

    for _ in range(runs):
        await plan.plan_updates(service.worker)

    assert directory.members(update) == people
    assert (await service.update(update)).audience_sha256 == submitted.audience_sha256
