"""Counts of people: those whom planning would freeze, by what they are; and staff see nobody's row."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest

from service.registrations.words import Channel
from service.updates import drafting
from service.updates.body import Audience
from service.updates.counting import People, count_frozen, count_rule
from tests.harness.people import COMMS, Service, now
from tests.updates.directory import Directory
from tests.updates.words import body

TEXTS = {"en": "News", "cy": "Newyddion"}
RULES: list[dict[str, Any]] = [
    {"topics": ["eligibility"]},
    {"topics": ["evidence", "eligibility"]},
    {"kinds": ["organisation", "representative"]},
    {"languages": ["cy"]},
    {"kinds": ["individual"], "topics": ["evidence"], "languages": ["en"]},
    {"kinds": ["individual", "organisation", "representative"]},
]


@pytest.fixture
def town(directory: Directory) -> list[UUID]:
    """People of all kinds, some of whom cannot be told, or not any more."""
    shared = directory.contact()
    people = [
        directory.person(at=shared),
        directory.person(at=shared, language="cy", topics=("evidence", "eligibility")),
        directory.person(kind="organisation", topics=("evidence",), formats=("large-print", "braille")),
        directory.person(kind="representative", language="cy", formats=("text-relay",)),
        directory.person(at=directory.contact(channel="sms"), topics=("evidence",)),
        directory.person(at=directory.contact(channel="letter")),
        directory.person(at=directory.contact(channel="phone"), formats=("bsl",)),
        directory.person(at=directory.contact(suppressed=True)),
        directory.person(state="left"),
        directory.person(state="pending", contact_confirmed=False),
        directory.person(paused_until=now() + timedelta(days=1)),
        directory.person(paused_until=now() - timedelta(seconds=1)),
    ]
    # Text first, then email; an email that bounced, then text; an email that waits to be confirmed.
    directory.reach(people[4], directory.contact(), position=1)
    directory.reach(people[7], directory.contact(channel="sms"), position=1)
    directory.reach(people[5], directory.contact(), position=1, confirmed=False)
    return people


async def _counted(service: Service, audience: dict[str, Any], channels: list[Channel]) -> People:
    async with service.staff.begin() as tx:
        rule = Audience.model_validate(audience).rule()
        return await count_rule(tx, service.scheme.id, rule, channels, now=now())


async def test_what_is_counted_before_is_what_is_frozen_after(
    service: Service, town: list[UUID], directory: Directory
) -> None:
    named: list[dict[str, Any]] = [{"registrations": [str(each) for each in town[:9]]}]
    for audience in RULES + named:
        for words, channels in (({}, [Channel.EMAIL]), ({"sms": TEXTS}, [Channel.EMAIL, Channel.SMS])):
            counted = await _counted(service, audience, channels)
            update = await service.draft(body(audience=audience, **words))
            frozen = await service.submit(update)
            async with service.staff.begin() as tx:
                people, _ = await count_frozen(tx, frozen, since=now())
            assert people == counted, (audience, channels)
            assert counted.people == len(directory.members(update))
            directory.connection.execute("UPDATE updates SET approved_at = NULL")


async def test_people_are_counted_by_all_that_they_are(service: Service, town: list[UUID]) -> None:
    everybody = {"kinds": ["individual", "organisation", "representative"]}

    counted = await _counted(service, everybody, [Channel.EMAIL, Channel.SMS])

    nothing = dict.fromkeys(counted.needs, 0)
    assert counted == People(
        people=8,
        kinds={"individual": 6, "organisation": 1, "representative": 1},
        languages={"en": 6, "cy": 2},
        topics={"eligibility": 6, "evidence": 3},
        channels={"email": 5, "sms": 2, "phone": 1},
        needs={**nothing, "large-print": 1, "braille": 1, "bsl": 1, "phone": 1},
    )
    assert (await _counted(service, {"topics": ["outreach-events"]}, [Channel.EMAIL])).people == 0


async def test_an_approver_sees_how_many_joined_since_the_words_were_saved(
    service: Service, directory: Directory, owner: psycopg.Connection[tuple[Any, ...]]
) -> None:
    directory.people(2)
    update = await service.draft()
    directory.people(3)
    submitted = await service.submit(update)

    async with service.staff.begin() as tx:
        saved = (await drafting.current_version(tx, submitted)).edited_at
        people, joined = await count_frozen(tx, submitted, since=saved)
        assert (people.people, joined) == (5, 3)
        assert (await count_frozen(tx, submitted, since=now()))[1] == 0
    async with service.staff.begin() as tx:
        draft = await drafting.edit(tx, COMMS, update, {"title": "Again"}, now=now())
        people, joined = await count_frozen(tx, draft, since=saved)
    assert (people.people, joined) == (0, 0)
    assert people == replace(people, kinds={}, topics={})
