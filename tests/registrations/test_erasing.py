"""Erasure: everything of a person is gone at once, and nobody else is touched."""

from typing import Any

import pytest

from service.errors import Gone
from service.registrations import preferences
from service.registrations.asks import LinkAsk
from service.registrations.words import Choice, Language
from tests.deliveries.looking import contact_of, one_row, one_value, run_sql, times_told
from tests.harness.people import Service, somebody
from tests.harness.servers import Database
from tests.registrations.living import drop, links_of, look, manage_link, may_be_asked_again, take_in
from tests.security.places import dumped

EVERYTHING = {
    "kind": "organisation",
    "organisation": "A centre",
    "name": "Ada",
    "mobile": "07700 900123",
    "postal_address": "1 A Row\nTown\nSW1A 2AA",
    "contact_by": ["email", "sms", "letter", "phone"],
}


async def erase(service: Service, token: str) -> None:
    async with service.public.begin() as tx:
        await preferences.erase(tx, token)


def traces(database: Database) -> list[bytes]:
    """What could lead back to anybody: numbers, indexes, places, sealed values, hashes of links."""
    with database.connect() as owner:
        rows = owner.execute(
            "SELECT number::bytea, sealed_profile, unsubscribe_hash FROM registrations"
        ).fetchall()
        rows += owner.execute("SELECT blind_index, place_index, sealed FROM contacts").fetchall()
        rows += owner.execute("SELECT token_hash, find_hash, prove_hash FROM confirmations").fetchall()
    return [bytes(value) for row in rows for value in row if value]


async def test_nothing_of_them_is_in_a_dump_but_bare_ids(service: Service, database: Database) -> None:
    others = await service.people(2)
    kept = set(traces(database))
    address = await service.person(somebody("gone"), **EVERYTHING)
    update = await service.approved()
    await service.send()
    await service.drop(address, topics=["evidence"])
    may_be_asked_again(database)
    await take_in(service)
    token = await manage_link(service, address)
    async with service.public.begin() as tx:
        await preferences.ask_for_copy(tx, token)
    theirs = set(traces(database)) - kept
    assert len(theirs) > 12
    url = database.url("postgres")
    assert _found(theirs, url) == theirs

    await erase(service, token)

    assert _found(theirs, url) == set()
    assert set(traces(database)) == kept
    assert await service.outcomes(update) == {"accepted": 3}
    assert one_value(database, "SELECT count(*) FROM audience_members") == 3
    for dead in (token, service.link(address)):
        with pytest.raises(Gone):
            await look(service, dead)
        with pytest.raises(Gone):
            await erase(service, dead)
    await service.approved()
    await service.send()
    assert times_told(service, [*others, address]) == [2, 2, 1]


def _found(values: set[bytes], superuser_url: str) -> set[bytes]:
    # Statistics are the planner's, and a vacuum's business: a sample of what was there.
    text = b"".join(data for name, data in dumped(superuser_url) if "pg_statistic" not in name)
    return {value for value in values if value in text or value.hex().encode() in text}


async def test_who_shares_an_address_keeps_it_and_is_told_as_before(
    service: Service, database: Database
) -> None:
    address = await service.person(topics=["eligibility"])
    may_be_asked_again(database)
    await service.register(address, language="cy")
    await service.confirm(address, Choice.ANOTHER)
    await drop(service, LinkAsk(email=address))
    # Both left at once: either may have come first.
    links = {(await look(service, each)).language: each for each in links_of(service, address)}
    english, welsh = links[Language.ENGLISH], links[Language.WELSH]
    await erase(service, english)
    assert (await look(service, welsh)).language is Language.WELSH
    assert one_row(database, "SELECT count(*), min(language) FROM registrations") == (1, "cy")
    assert one_value(database, "SELECT count(*) FROM contacts") == 1
    await service.people(2)
    await service.approved()
    await service.send()
    assert len(service.updates_to(address, "Y newyddion")) == 1


async def test_erasure_in_the_middle_of_an_update_withdraws_theirs_and_no_other(
    service: Service, database: Database
) -> None:
    address, *others = await service.people(4)
    token = await manage_link(service, address)
    update = await service.approved()
    await erase(service, token)
    await service.send()
    await service.finish()
    assert await service.outcomes(update) == {"accepted": 3, "withdrawn": 1}
    assert times_told(service, [address, *others]) == [0, 1, 1, 1]
    assert (await service.update(update)).planned == 4


async def test_an_earlier_registration_that_was_left_at_the_same_address_goes_with_it(
    service: Service, database: Database
) -> None:
    address = await service.person()
    run_sql(database, "UPDATE registrations SET state = 'left', left_at = now()")
    may_be_asked_again(database)
    await service.person(address)
    await erase(service, await manage_link(service, address))
    assert one_value(database, "SELECT count(*) FROM registrations") == 0
    assert one_value(database, "SELECT count(*) FROM contacts") == 0


@pytest.mark.parametrize(("why", "kept"), [("do-not-contact", 1), ("permanent-failure", 0)])
async def test_of_an_address_that_is_never_to_be_written_to_the_index_stays_and_nothing_else(
    service: Service, database: Database, why: str, kept: int
) -> None:
    address = await service.person()
    token = await manage_link(service, address)
    run_sql(database, "UPDATE contacts SET suppressed_at = now(), suppressed_why = %s", why)
    contact = await contact_of(service, address)
    await erase(service, token)
    rows: list[Any]
    with database.connect() as owner:
        rows = owner.execute("SELECT id, sealed, asked_at FROM contacts").fetchall()
    assert rows == [(contact, b"", [])] * kept
    await service.register(address)
    assert one_value(database, "SELECT count(*) FROM registrations") == 1 - kept


async def test_who_comes_back_after_an_erasure_is_as_new(service: Service, database: Database) -> None:
    address = await service.person(topics=["evidence"])
    await erase(service, await manage_link(service, address))
    await service.person(address)
    assert one_value(database, "SELECT code FROM registration_topics") == "eligibility"
