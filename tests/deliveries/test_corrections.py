"""A correction goes to exactly those whom an update reached, or may have reached."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from service.deliveries.preparing import begin_sending
from service.errors import Invalid
from service.registrations.words import Channel
from service.updates import drafting, halting
from service.updates.body import Audience
from service.updates.content import body_of
from service.updates.correcting import NobodyReached
from service.updates.counting import count_rule
from service.updates.states import UpdateState
from tests.harness.people import COMMS, SENIOR, Service, now
from tests.harness.servers import Database
from tests.updates.directory import Directory
from tests.updates.words import bilingual, body

Sql = psycopg.Connection[tuple[Any, ...]]


@pytest.fixture
def owner(database: Database) -> Iterator[Sql]:
    with database.connect() as connection:
        yield connection


@pytest.fixture
def directory(service: Service, owner: Sql) -> Directory:
    return Directory(owner, service.scheme.id)


async def _correct(service: Service, update: UUID) -> UUID:
    async with service.staff.begin() as tx:
        return (await drafting.correct(tx, COMMS, update, now=now())).id


async def _written(service: Service, update: UUID) -> dict[str, Any]:
    async with service.staff.begin() as tx:
        return body_of((await drafting.current_version(tx, await drafting.locked(tx, update))).content)


async def _on_its_way(service: Service, update: UUID) -> None:
    async with service.worker.transactions.begin() as tx:
        assert await begin_sending(tx, update, now=now())


def _became(owner: Sql, update: UUID, person: UUID, state: str, *, outcome: str | None = None) -> None:
    """Let the delivery to a person be in a state, past the guards of how it came there."""
    owner.execute("ALTER TABLE deliveries DISABLE TRIGGER deliveries_are_guarded")
    row = owner.execute(
        """UPDATE deliveries d SET state = %s, attempts = 1,
            lease_until = CASE WHEN %s = 'claimed' THEN now() END
        FROM audience_members m WHERE m.update_id = d.update_id AND m.contact_id = d.contact_id
            AND d.update_id = %s AND m.registration_id = %s RETURNING d.id""",
        (state, state, update, person),
    ).fetchone()
    assert row is not None
    if outcome is not None:
        owner.execute(
            """INSERT INTO attempts (id, delivery_id, number, reference, started_at, outcome, misses)
            VALUES (%s, %s, 1, %s, now(), %s, 0)""",
            (uuid4(), row[0], str(row[0]), outcome),
        )
    owner.execute("ALTER TABLE deliveries ENABLE TRIGGER deliveries_are_guarded")


async def test_a_correction_has_the_words_to_change_and_names_what_it_corrects(service: Service) -> None:
    addresses = await service.people(2)
    update = await service.approved(body(publish=True))
    with pytest.raises(NobodyReached):
        await _correct(service, update)
    await service.send()

    correction = await _correct(service, update)
    written = await _written(service, correction)
    assert written["title"] == "Correction: A test"
    assert written["email"] == body()["email"]
    assert written["audience"] == {"reached_by": str(update)}
    assert (written["send_at"], written["on_word"], written["publish"]) == (None, False, True)

    async with service.staff.begin() as tx:
        await drafting.edit(tx, COMMS, correction, {"email": bilingual("It is Tuesday.")}, now=now())
    await service.person()
    await service.finish()
    submitted = await service.submit(correction)
    assert (submitted.state, submitted.planned) == (UpdateState.AWAITING_APPROVAL, 2)
    await service.approve(correction)
    await service.send()
    assert [len(service.notify.inbox(each)) for each in addresses] == [3, 3]
    again = await _written(service, await _correct(service, correction))
    assert again["title"] == "Correction: A test"


async def test_it_is_for_those_whom_it_reached_or_may_have_and_nobody_else(
    service: Service, directory: Directory, owner: Sql
) -> None:
    reached = ("accepted", "delivered", "uncertain", "claimed")
    not_reached = ("planned", "bounced", "failed", "refused", "withdrawn", "suppressed")
    people = {state: directory.person() for state in (*reached, *not_reached)}
    maybe, never, left, rung, not_rung = directory.people(5)
    for person in (rung, not_rung):
        owner.execute("DELETE FROM registration_contacts WHERE registration_id = %s", (person,))
        directory.reach(person, directory.contact(channel="phone"), position=0)
    moved, bounced_twice = directory.people(2)
    update = await service.approved()
    await _on_its_way(service, update)
    for state, person in people.items():
        _became(owner, update, person, state)
    _became(owner, update, maybe, "set_aside", outcome="unknown")
    _became(owner, update, never, "set_aside", outcome="not-sent")
    _became(owner, update, left, "delivered")
    owner.execute("UPDATE registrations SET state = 'left', left_at = now() WHERE id = %s", (left,))
    owner.execute("UPDATE fulfilments SET done_at = now(), done_by = 'x' WHERE registration_id = %s", (rung,))
    for person, state in ((moved, "delivered"), (bounced_twice, "bounced")):
        _became(owner, update, person, "bounced")
        _pass_on(owner, directory, update, person, state)
    async with service.staff.begin() as tx:
        await halting.halt(tx, COMMS, update, reason=None, now=now())

    correction = await _correct(service, update)
    rule = Audience(reached_by=update).rule()
    async with service.staff.begin() as tx:
        counted = await count_rule(tx, service.scheme.id, rule, [Channel.EMAIL], now=now())
    await service.submit(correction)

    expected = {people[state] for state in reached} | {maybe, rung, moved}
    assert directory.members(correction) == expected
    assert counted.people == len(expected)


def _pass_on(owner: Sql, directory: Directory, update: UUID, person: UUID, state: str) -> None:
    """Their next channel, which is what became of it."""
    contact = directory.contact(channel="sms")
    directory.reach(person, contact, position=1)
    owner.execute(
        """INSERT INTO passed_on (update_id, registration_id, from_delivery, contact_id, channel, passed_at)
        SELECT m.update_id, m.registration_id, d.id, %s, 'sms', now()
        FROM audience_members m JOIN deliveries d USING (update_id, contact_id)
        WHERE m.update_id = %s AND m.registration_id = %s""",
        (contact, update, person),
    )
    owner.execute(
        """INSERT INTO deliveries (id, update_id, contact_id, channel, state, attempts, changed_at,
            instead_of)
        SELECT gen_random_uuid(), update_id, contact_id, channel, 'planned', 0, now(), from_delivery
        FROM passed_on WHERE contact_id = %s""",
        (contact,),
    )
    owner.execute("ALTER TABLE deliveries DISABLE TRIGGER deliveries_are_guarded")
    owner.execute("UPDATE deliveries SET state = %s WHERE contact_id = %s", (state, contact))
    owner.execute("ALTER TABLE deliveries ENABLE TRIGGER deliveries_are_guarded")


async def test_while_more_are_being_reached_a_correction_goes_back(
    service: Service, directory: Directory, owner: Sql
) -> None:
    people = directory.people(2)
    update = await service.approved()
    await _on_its_way(service, update)
    for person in people:
        _became(owner, update, person, "accepted")
    correction = await _correct(service, update)

    early = await service.submit(correction)
    assert (early.state, early.planned) == (UpdateState.DRAFT, 0)
    assert early.sent_back_why == "What it corrects is still being sent. Halt that, or wait until it is sent."

    async with service.staff.begin() as tx:
        await halting.halt(tx, COMMS, update, reason=None, now=now())
    assert (await service.submit(correction)).planned == 2
    assert (await service.approve(correction, by=SENIOR)).state is UpdateState.APPROVED


async def test_what_is_not_public_is_not_corrected_in_public_and_nothing_of_another_scheme(
    service: Service, directory: Directory, owner: Sql
) -> None:
    here = directory.people(2)
    update = await service.approved(body(audience={"registrations": [str(each) for each in here]}))
    await _on_its_way(service, update)

    correction = await _correct(service, update)
    assert (await _written(service, correction))["publish"] is False
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"publish": True}, "publish"),
        ({"audience": {"reached_by": str(uuid4())}}, "audience.reached_by"),
    ]
    for changes, field in wrong:
        async with service.staff.begin() as tx:
            with pytest.raises(Invalid) as refused:
                await drafting.edit(tx, COMMS, correction, changes, now=now())
        assert set(refused.value.fields) == {field}
    for audience in (
        {"reached_by": str(update), "topics": ["eligibility"]},
        {"reached_by": str(update), "registrations": [str(here[0])]},
        {"reached_by": None},
    ):
        with pytest.raises(ValueError, match=r"either registrations or a rule|has to say who"):
            Audience.model_validate(audience)
