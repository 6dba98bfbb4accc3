"""Links: a confirming one works once; a leaving one needs no login and does no harm twice."""

import re

import pytest

from service.crypto.tokens import new_token
from service.errors import Gone
from service.registrations import links
from service.registrations.words import Kind, Language, Purpose
from tests.deliveries.looking import one_value, run_sql
from tests.harness.people import Service, somebody
from tests.harness.servers import Database


async def test_a_link_shows_what_it_would_do_and_is_not_used_up_by_looking(
    service: Service, database: Database
) -> None:
    address = somebody()
    await service.register(address, language="cy", topics=["evidence", "eligibility"])
    for _ in range(3):
        async with service.public.begin() as tx:
            shown = await links.look_at(tx, service.link(address))
    assert (shown.scheme, shown.purpose, shown.kind) == ("windrush", Purpose.CONFIRM, Kind.INDIVIDUAL)
    assert (shown.language, shown.topics) == (Language.WELSH, ("eligibility", "evidence"))
    assert one_value(database, "SELECT state FROM registrations") == "pending"


async def test_a_link_works_once_and_then_is_gone(service: Service, database: Database) -> None:
    address = await service.person()
    await _is_gone(service, service.link(address))
    assert one_value(database, "SELECT count(*) FROM registrations WHERE state = 'confirmed'") == 1


async def test_an_expired_link_is_gone_and_confirms_nobody(service: Service, database: Database) -> None:
    address = somebody()
    await service.register(address)
    run_sql(database, "UPDATE confirmations SET expires_at = now()")
    await _is_gone(service, service.link(address))
    assert one_value(database, "SELECT state FROM registrations") == "pending"


@pytest.mark.parametrize("token", ["", "x", "\0", "../..", "A" * 43])
async def test_an_unknown_link_is_gone(service: Service, token: str) -> None:
    await _is_gone(service, token)


async def test_31_only_the_hash_of_a_link_is_kept(service: Service, database: Database) -> None:
    address = await service.person()
    with database.connect() as owner:
        kept = str(owner.execute("SELECT confirmations::text FROM confirmations").fetchall())
    assert service.link(address) not in kept
    assert address not in kept


async def test_leaving_needs_nothing_but_the_link_and_twice_does_no_harm(
    service: Service, database: Database
) -> None:
    people = await service.people(2)
    await service.approved()
    await service.send()
    [message] = service.updates_to(people[0])
    found = re.search(r"/unsubscribe/([\w-]+)", message["body"])
    assert found is not None
    for token in (found.group(1), found.group(1), new_token(), ""):
        async with service.public.begin() as tx:
            await links.leave(tx, token)
    states = "SELECT array_agg(state ORDER BY state) FROM registrations"
    assert one_value(database, states) == ["confirmed", "left"]
    left_at = one_value(database, "SELECT left_at FROM registrations WHERE state = 'left'")
    async with service.public.begin() as tx:
        await links.leave(tx, found.group(1))
    assert one_value(database, "SELECT left_at FROM registrations WHERE state = 'left'") == left_at


async def test_who_left_before_confirming_cannot_be_confirmed_by_an_old_link(
    service: Service, database: Database
) -> None:
    address = somebody()
    await service.register(address)
    run_sql(database, "UPDATE registrations SET state = 'left', left_at = now()")
    await _is_gone(service, service.link(address))
    assert one_value(database, "SELECT state FROM registrations") == "left"


async def _is_gone(service: Service, token: str) -> None:
    with pytest.raises(Gone):
        async with service.public.begin() as tx:
            await links.use(tx, token)
