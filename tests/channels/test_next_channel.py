"""An update that can never arrive at a contact goes to the person's next one: once, and in the sums."""

from uuid import UUID, uuid4

import psycopg
import pytest

from service.crypto.sealing import seal
from service.deliveries import certificate
from service.deliveries.unreached import unreached
from service.registrations.places import contact_place
from service.updates import halting
from service.updates.states import UpdateState
from tests.channels.people import EVERY_WAY, Office
from tests.deliveries.looking import one_value, run_sql
from tests.harness.people import COMMS, SENIOR, Service, now
from workers import reconcile


async def unreached_people(service: Service, update: UUID) -> set[UUID]:
    async with service.staff.begin() as tx:
        return {each.registration for each in await unreached(tx, update)}


async def test_a_bounce_is_passed_on_and_what_was_sent_is_being_sent_until_that_is_settled(
    service: Service, office: Office
) -> None:
    moved = await office.person("email", "sms", "letter")
    others = [await office.person("email") for _ in range(2)]
    update = await service.approved(EVERY_WAY)
    await office.send()
    for person in others:
        await office.hear("email", person.registration, "delivered")
    before = await service.update(update)
    assert (before.state, before.planned) == (UpdateState.SENT, 3)

    await office.hear("email", moved.registration, "permanent-failure")
    passed = await service.update(update)
    assert (passed.state, passed.planned) == (UpdateState.SENDING, 4)
    assert passed.audience_sha256 == before.audience_sha256
    assert await service.outcomes(update) == {"planned": 1, "delivered": 2, "bounced": 1}
    assert await unreached_people(service, update) == set()

    await office.send()
    [text] = office.texts(moved.mobile)
    # The same receipt once more changes nothing: nobody is passed on twice from one delivery.
    await office.hear("email", moved.registration, "permanent-failure")
    await office.send()
    assert [each["id"] for each in office.texts(moved.mobile)] == [text["id"]]
    await office.hear("sms", moved.registration, "delivered")
    assert (await service.update(update)).state is UpdateState.SENT

    asked = now()
    async with service.staff.begin() as tx:
        await certificate.ask(tx, COMMS, update, now=asked)
    await reconcile.make_certificates(service.worker)
    async with service.staff.begin() as tx:
        signed = await certificate.made_since(tx, update, asked)
    assert signed is not None
    outcomes = signed.body["outcomes"]
    assert signed.body["planned"] == sum(outcomes.values()) == 4
    assert (outcomes["delivered"], outcomes["bounced"], signed.body["duplicates"]) == (3, 1, 0)


async def test_a_channel_that_is_not_to_be_written_to_is_passed_over(
    service: Service, office: Office
) -> None:
    one = await office.person("email", "sms", "letter")
    update = await service.draft(EVERY_WAY)
    await service.submit(update)
    run_sql(
        office.database,
        "UPDATE contacts SET suppressed_at = now(), suppressed_why = 'do-not-contact' WHERE channel = 'sms'",
    )
    await office.send()
    await office.hear("email", one.registration, "permanent-failure")
    await office.send()
    assert office.texts(one.mobile) == []
    assert len(office.got(one.postal_inbox)) == 1
    assert await service.outcomes(update) == {"bounced": 1, "accepted": 1}


async def test_down_to_the_last_channel_and_then_to_a_person(service: Service, office: Office) -> None:
    one = await office.person("email", "sms", "letter")
    update = await service.draft(EVERY_WAY)
    await service.submit(update)  # One recipient needs no senior, by however many channels.
    for channel in ("email", "sms"):
        await office.send()
        await office.hear(channel, one.registration, "permanent-failure")
    await office.send()
    assert len(office.got(one.postal_inbox)) == 1
    assert await unreached_people(service, update) == set()

    await office.hear("letter", one.registration, "permanent-failure")
    await office.send()
    assert await service.outcomes(update) == {"bounced": 3}
    assert await unreached_people(service, update) == {one.registration}
    assert (await service.update(update)).state is UpdateState.SENT


async def test_an_address_that_notify_refuses_is_passed_on_as_well(service: Service, office: Office) -> None:
    # A home that no letter goes to, as older registrations may have.
    one = await office.person("letter", "sms")
    other = await office.person("email", "letter")
    scheme = service.scheme.sealing_key
    assert scheme is not None
    contact = one_value(
        office.database,
        "SELECT contact_id FROM registration_contacts WHERE registration_id = %s AND channel = 'letter'",
        one.registration,
    )
    nowhere = seal(b"The old mill", key=scheme, place=contact_place(contact))
    run_sql(office.database, "UPDATE contacts SET sealed = %s WHERE id = %s", bytes(nowhere), contact)
    update = await service.approved(EVERY_WAY)
    await office.send()

    assert len(office.texts(one.mobile)) == 1
    assert len(office.got(other.email)) == 1
    assert await service.outcomes(update) == {"refused": 1, "accepted": 2}
    assert (await service.update(update)).planned == 3


async def test_two_at_one_address_go_on_to_their_own_and_a_shared_one_gets_one_message(
    service: Service, office: Office
) -> None:
    wife, husband = [await office.person("email", "sms") for _ in range(2)]
    office.share(wife, husband, "email")
    daughter = await office.person("sms")
    office.share(daughter, husband, "sms")
    update = await service.approved(EVERY_WAY)
    await office.send()
    assert len(office.texts(daughter.mobile)) == 1

    await office.hear("email", wife.registration, "permanent-failure")
    await office.send()
    assert len(office.texts(wife.mobile)) == 1
    # The husband's number had it already.
    assert len(office.texts(daughter.mobile)) == 1
    assert await unreached_people(service, update) == set()
    assert (await service.update(update)).planned == 3

    await office.hear("sms", daughter.registration, "permanent-failure")
    assert await unreached_people(service, update) == {husband.registration, daughter.registration}


async def test_a_halted_update_passes_on_and_stays_halted(service: Service, office: Office) -> None:
    one, _ = [await office.person("email", "sms") for _ in range(2)]
    update = await service.approved(EVERY_WAY)
    await office.send()
    async with service.staff.begin() as tx:
        await halting.halt(tx, COMMS, update, reason=None, now=now())
    await office.hear("email", one.registration, "permanent-failure")
    await office.send()
    assert (await service.update(update)).state is UpdateState.HALTED
    assert office.texts(one.mobile) == []

    async with service.staff.begin() as tx:
        await halting.resume(tx, SENIOR, update, now=now())
    await office.send()
    assert len(office.texts(one.mobile)) == 1


async def test_nobody_who_left_or_wants_no_texts_is_passed_on(service: Service, office: Office) -> None:
    left, quiet, plain = [await office.person("email", "sms") for _ in range(3)]
    update = await service.approved(EVERY_WAY)
    await office.send()
    run_sql(
        office.database,
        "UPDATE registrations SET state = 'left', left_at = now() WHERE id = %s",
        left.registration,
    )
    run_sql(
        office.database,
        "UPDATE registration_contacts SET confirmed_at = NULL WHERE registration_id = %s AND channel = 'sms'",
        quiet.registration,
    )
    for person in (left, quiet, plain):
        await office.hear("email", person.registration, "permanent-failure")
    # Three of three bounced, which halts it; a fourth is planned all the same.
    assert await service.outcomes(update) == {"bounced": 3, "planned": 1}
    assert await unreached_people(service, update) == {left.registration, quiet.registration}


async def test_the_database_lets_no_other_delivery_in_once_people_are_frozen(
    service: Service, office: Office
) -> None:
    one, stranger = await office.person("email", "sms"), await office.person("email", "sms")
    named = {**EVERY_WAY, "audience": {"registrations": [str(one.registration)]}}
    update = await service.draft(named)
    await service.submit(update)
    await office.send()
    sql = office.database.connect("kept_worker")

    def contact(registration: UUID, channel: str) -> UUID:
        return UUID(
            str(
                one_value(
                    office.database,
                    "SELECT contact_id FROM registration_contacts "
                    "WHERE registration_id = %s AND channel = %s",
                    registration,
                    channel,
                )
            )
        )

    first = UUID(str(one_value(office.database, "SELECT id FROM deliveries WHERE update_id = %s", update)))
    deliver = (
        "INSERT INTO deliveries (id, update_id, contact_id, channel, state, attempts, changed_at, "
        "instead_of) VALUES (%s, %s, %s, 'sms', %s, 0, now(), %s)"
    )
    pass_on = (
        "INSERT INTO passed_on (update_id, registration_id, from_delivery, contact_id, channel, passed_at) "
        "VALUES (%s, %s, %s, %s, 'sms', now())"
    )
    own, others = contact(one.registration, "sms"), contact(stranger.registration, "sms")
    refused = psycopg.errors.CheckViolation
    with sql:
        for values in ((own, "planned", None), (own, "planned", first), (others, "planned", first)):
            with pytest.raises(refused, match="people are frozen"):
                sql.execute(deliver, (uuid4(), update, *values))
        # It has not failed yet.
        with pytest.raises(refused, match="nobody is passed on so"):
            sql.execute(pass_on, (update, one.registration, first, own))
        run_sql(office.database, "UPDATE deliveries SET state = 'bounced' WHERE id = %s", first)
        for registration, to in ((one.registration, others), (stranger.registration, others)):
            with pytest.raises(refused, match="nobody is passed on so"):
                sql.execute(pass_on, (update, registration, first, to))
        sql.execute(pass_on, (update, one.registration, first, own))
        with pytest.raises(psycopg.errors.UniqueViolation):
            sql.execute(pass_on, (update, one.registration, first, own))
        for values in ((others, "planned", first), (own, "claimed", first), (own, "planned", None)):
            with pytest.raises(refused):
                sql.execute(deliver, (uuid4(), update, *values))
        sql.execute(deliver, (uuid4(), update, own, "planned", first))
        for table in ("passed_on", "deliveries"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                sql.execute(f"UPDATE {table} SET contact_id = contact_id")
