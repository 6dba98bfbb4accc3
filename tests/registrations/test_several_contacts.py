"""Several ways of being told: each contact is confirmed by its own holder, with what was sent there."""

import re
from typing import Any
from uuid import uuid4

import pytest

from service.registrations import links
from service.registrations.saying import said_code, said_number
from service.registrations.words import Choice
from tests.conftest import PUBLIC_URL
from tests.deliveries.looking import one_row, one_value, run_sql
from tests.harness.people import Service, mobile, now, somebody
from tests.harness.servers import Database
from workers import intake
from workers.tidy import tidy

CHALLENGE = "A" * 22
POST = "1 Example Street\nExampletown\nSW1A 1AA"


def texted(service: Service, number: str) -> str:
    """The code in the newest text to this number."""
    found = re.search(r"code is (\d{3} \d{3})", service.notify.inbox(number)[-1]["body"])
    assert found is not None
    return said_code(found.group(1))


def printed(service: Service, name: str) -> dict[str, Any]:
    """The one letter with this name above its address."""
    inboxes = service.notify.http.get("/admin/inboxes").json()
    (letter,) = [
        message for inbox, messages in inboxes.items() if name.lower() in inbox for message in messages
    ]
    assert isinstance(letter, dict)
    return letter


async def try_code(service: Service, challenge: str, code: str) -> bool:
    async with service.public.begin() as tx:
        return await links.use_code(tx, challenge, code)


def confirmed(database: Database) -> list[str]:
    found: list[str] = one_value(
        database,
        "SELECT coalesce(array_agg(channel ORDER BY channel), '{}') FROM registration_contacts "
        "WHERE confirmed_at IS NOT NULL",
    )
    return found


async def test_a_mobile_is_confirmed_by_its_code_and_the_callers_challenge(
    service: Service, database: Database
) -> None:
    number = mobile()
    await service.register(None, mobile=number, contact_by=["sms"], challenge=CHALLENGE)
    code = texted(service, number)
    assert not await try_code(service, "B" * 22, code)
    assert await try_code(service, CHALLENGE, code)
    assert confirmed(database) == ["sms"]
    assert one_value(database, "SELECT state FROM registrations") == "confirmed"
    assert not await try_code(service, CHALLENGE, code)


async def test_a_code_has_five_tries_and_a_wrong_one_counts(service: Service, database: Database) -> None:
    number = mobile()
    await service.register(None, mobile=number, contact_by=["sms"], challenge=CHALLENGE)
    code = texted(service, number)
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    for tries in range(1, 6):
        assert not await try_code(service, CHALLENGE, wrong)
        assert one_value(database, "SELECT tries FROM confirmations") == tries
    assert not await try_code(service, CHALLENGE, code)
    assert confirmed(database) == []


async def test_a_letters_code_goes_with_the_registration_number_however_they_are_typed(
    service: Service, database: Database
) -> None:
    name = f"A. Person {uuid4().hex[:8]}"
    await service.register(None, postal_address=POST, contact_by=["letter"], name=name)
    letter = printed(service, name)["body"]
    number = re.search(r"Your number: (KI-\w{4}-\w{4})\n", letter)
    code = re.search(r"Your code: (\w{4} \w{4})\n", letter)
    assert number is not None and code is not None  # noqa: PT018
    assert "0800 678 1925" in letter
    assert f"{PUBLIC_URL}/windrush/code" in letter
    typed_number = number.group(1).lower().replace("-", " ")
    assert await try_code(service, said_number(typed_number), said_code(f" {code.group(1).lower()} "))
    assert confirmed(database) == ["letter"]
    assert one_value(
        database,
        "SELECT expires_at BETWEEN now() + interval '59 days' AND now() + interval '61 days' "
        "FROM confirmations",
    )


async def test_a_text_and_a_letter_can_be_confirmed_by_their_links(
    service: Service, database: Database
) -> None:
    number, name = mobile(), f"A. Person {uuid4().hex[:8]}"
    form = {"mobile": number, "postal_address": POST, "name": name, "contact_by": ["sms", "letter"]}
    await service.register(None, **form)
    for message in (service.notify.inbox(number)[-1], printed(service, name)):
        found = re.search(r"/confirm/([\w-]{43})", message["body"])
        assert found is not None
        async with service.public.begin() as tx:
            await links.use(tx, found.group(1))
    assert confirmed(database) == ["letter", "sms"]


async def test_one_place_gets_five_letters_a_day_whatever_the_names(
    service: Service, database: Database
) -> None:
    for turn in range(7):
        await service.drop(None, postal_address=POST, contact_by=["letter"], name=f"Person {turn}")
    await intake.take_in(service.worker)
    await service.send_confirmations()
    counts = "SELECT count(*) FILTER (WHERE state = 'sent'), count(*) FILTER (WHERE state = 'due') "
    assert one_row(database, counts + "FROM confirmations") == (5, 2)


async def test_a_link_confirms_only_the_contact_that_it_was_sent_to(
    service: Service, database: Database
) -> None:
    address = somebody()
    await service.register(
        address, mobile=mobile(), postal_address=POST, contact_by=["sms", "email", "letter"]
    )
    await service.confirm(address)
    assert confirmed(database) == ["email"]
    # What is not confirmed is not written to.
    await service.submit(await service.draft())
    await service.send()
    assert len(service.updates_to(address)) == 1
    assert one_row(database, "SELECT count(*), min(channel) FROM deliveries") == (1, "email")


async def test_a_number_for_calls_waits_until_somebody_rings(service: Service, database: Database) -> None:
    await service.drop(None, mobile="020 7946 0000", contact_by=["phone"])
    await intake.take_in(service.worker)
    await service.send_confirmations()
    assert one_row(database, "SELECT state, attempt, token_hash FROM confirmations") == ("to_ring", 0, None)
    run_sql(database, "UPDATE registrations SET created_at = created_at - interval '20 days'")
    await tidy(service.worker)
    assert one_value(database, "SELECT count(*) FROM registrations") == 1
    run_sql(database, "UPDATE confirmations SET created_at = created_at - interval '61 days'")
    await tidy(service.worker)
    assert one_value(database, "SELECT count(*) FROM registrations") == 0


async def test_whoever_knows_a_second_number_cannot_take_the_first_address_away(
    service: Service, database: Database
) -> None:
    address, number = somebody(), mobile()
    await service.register(address, mobile=number, contact_by=["email", "sms"])
    run_sql(database, "UPDATE contacts SET asked_at = '{}'")
    await service.drop(None, mobile=number, contact_by=["sms"])
    await intake.take_in(service.worker)
    await service.confirm(address)
    assert confirmed(database) == ["email"]


async def test_a_known_address_decides_about_a_mobile_that_was_typed_beside_it(
    service: Service, database: Database
) -> None:
    address, number = await service.person(), mobile()
    run_sql(database, "UPDATE contacts SET asked_at = '{}'")
    await service.register(address, mobile=number, contact_by=["sms", "email"], challenge=CHALLENGE)
    assert one_value(database, "SELECT count(*) FROM registration_contacts") == 1
    await service.confirm(address)
    await service.send_confirmations()
    code = texted(service, number)
    assert confirmed(database) == ["email"]
    assert await try_code(service, CHALLENGE, code)
    assert confirmed(database) == ["email", "sms"]


@pytest.mark.parametrize("choice", [Choice.ANOTHER, Choice.NOT_ME])
async def test_what_was_typed_beside_a_known_address_joins_nobody_else(
    service: Service, database: Database, choice: Choice
) -> None:
    address = await service.person()
    run_sql(database, "UPDATE contacts SET asked_at = '{}'")
    await service.register(address, mobile=mobile(), contact_by=["email", "sms"])
    await service.confirm(address, choice)
    first = one_value(database, "SELECT id FROM registrations ORDER BY created_at LIMIT 1")
    assert (
        one_value(database, "SELECT count(*) FROM registration_contacts WHERE registration_id = %s", first)
        == 1
    )


async def test_another_address_of_the_same_channel_waits_and_then_takes_the_place(
    service: Service, database: Database
) -> None:
    old, new = await service.person(), somebody()
    run_sql(database, "UPDATE contacts SET asked_at = '{}'")
    await service.register(new)
    # As a change of address is written down: one more contact of the registration, and a message to it.
    run_sql(
        database,
        "WITH mine AS (SELECT id FROM registrations WHERE state = 'confirmed'), "
        "asked AS (UPDATE confirmations SET registration_id = (SELECT id FROM mine) "
        "  WHERE purpose = 'confirm' AND used_at IS NULL RETURNING contact_id, registration_id) "
        "INSERT INTO registration_contacts (registration_id, contact_id, channel, position) "
        "SELECT registration_id, contact_id, 'email', 0 FROM asked",
    )
    await service.submit(await service.draft())
    await service.send()
    assert [len(service.updates_to(each)) for each in (old, new)] == [1, 0]
    await service.confirm(new)
    assert (
        one_value(database, "SELECT count(*) FROM registration_contacts WHERE confirmed_at IS NOT NULL") == 1
    )
    await service.send_confirmations()
    assert "another address" in service.notify.inbox(old)[-1]["subject"]
    await service.submit(await service.draft(BODY_AGAIN))
    await service.send()
    assert [len(service.updates_to(each, "More news")) for each in (old, new)] == [0, 1]


BODY_AGAIN: dict[str, Any] = {
    "title": "Again",
    "email": {
        "en": {"subject": "More news", "body": "Words."},
        "cy": {"subject": "More news", "body": "Geiriau."},
    },
    "audience": {"topics": ["eligibility"]},
}


async def test_each_contact_is_reminded_once_and_kept_no_longer_for_it(
    service: Service, database: Database
) -> None:
    address = somebody()
    await service.register(address)
    first = service.link(address)
    for days in (2, 2, 0):
        run_sql(
            database,
            "UPDATE confirmations SET sent_at = sent_at - %s * interval '1 day', "
            "expires_at = expires_at - %s * interval '1 day' WHERE NOT reminds",
            days,
            days,
        )
        run_sql(database, "UPDATE contacts SET asked_at = '{}'")
        await tidy(service.worker)
        await service.send_confirmations()
    assert len(service.notify.inbox(address)) == 2
    assert "Reminder" in service.notify.inbox(address)[-1]["subject"]
    assert one_value(database, "SELECT count(DISTINCT expires_at) FROM confirmations") == 1
    # The first link works as well as the reminder's, and either ends the other.
    assert first != service.link(address)
    async with service.public.begin() as tx:
        await links.use(tx, first)
    assert one_value(database, "SELECT count(*) FROM confirmations WHERE used_at IS NULL") == 0


async def test_do_not_contact_stays_when_somebody_registers_the_address_again(
    service: Service, database: Database
) -> None:
    address = somebody()
    await service.register(address)
    run_sql(
        database,
        "UPDATE contacts SET asked_at = '{}', suppressed_why = 'do-not-contact', "
        "suppressed_at = now() - interval '90 days'",
    )
    run_sql(database, "DELETE FROM registrations")
    await service.register(address)
    assert len(service.notify.inbox(address)) == 1


async def test_several_due_messages_to_one_address_are_held_to_its_limit_when_they_leave(
    service: Service, database: Database
) -> None:
    address = somebody()
    await service.drop(address)
    await intake.take_in(service.worker)
    run_sql(
        database,
        "INSERT INTO confirmations (id, scheme_id, contact_id, registration_id, purpose, language, state, "
        "attempt, misses, tries, reminded, reminds, try_at, created_at) "
        "SELECT gen_random_uuid(), scheme_id, contact_id, registration_id, purpose, language, state, "
        "attempt, misses, tries, reminded, reminds, try_at, %s FROM confirmations",
        now(),
    )
    await service.send_confirmations()
    assert len(service.notify.inbox(address)) == 1


async def test_nobody_who_has_left_is_asked_to_confirm_anything_more(
    service: Service, database: Database
) -> None:
    address, number = somebody(), mobile()
    await service.drop(address, mobile=number, contact_by=["email", "sms"])
    await intake.take_in(service.worker)
    run_sql(
        database,
        "UPDATE confirmations SET try_at = now() + interval '1 hour' WHERE contact_id IN "
        "(SELECT id FROM contacts WHERE channel = 'sms')",
    )
    await service.send_confirmations()
    await service.confirm(address)
    run_sql(database, "UPDATE registrations SET state = 'left', left_at = now()")
    run_sql(database, "UPDATE confirmations SET try_at = now() WHERE state = 'due'")
    await service.send_confirmations()
    assert one_row(database, "SELECT array_agg(state ORDER BY state) FROM confirmations") == (
        ["due", "sent"],
    )
