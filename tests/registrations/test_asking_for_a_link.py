"""A link to the choices goes to the holder of an address, and to nobody else; and not too often."""

import pytest

from service.crypto.tokens import new_token, token_hash
from service.errors import Gone
from service.registrations import links
from service.registrations.asks import LinkAsk
from service.registrations.states import RegistrationState
from service.registrations.words import Choice, ContactBy, Kind, Language
from tests.deliveries.looking import one_value, run_sql
from tests.harness.people import Service, somebody
from tests.harness.servers import Database
from tests.registrations.living import drop, links_of, look, manage_link, may_be_asked_again

MANAGING = "SELECT count(*) FROM confirmations WHERE purpose = 'manage'"


async def test_the_holder_sees_what_is_chosen_as_often_as_they_like(
    service: Service, database: Database
) -> None:
    address = await service.person(topics=["evidence", "eligibility"], formats=["bsl"], language="cy")
    token = await manage_link(service, address.upper())
    for _ in range(3):
        found = await look(service, token)
    assert (found.status, found.kind, found.language) == (
        RegistrationState.CONFIRMED,
        Kind.INDIVIDUAL,
        Language.WELSH,
    )
    assert (found.topics, found.contact_by) == (("eligibility", "evidence"), (ContactBy.EMAIL,))
    assert [need.value for need in found.formats] == ["bsl"]
    assert address not in repr(found)
    message = service.notify.inbox(address)[-1]
    assert message["subject"].startswith("Eich dolen")
    assert found.number in message["body"]
    # It confirms nothing, and is not used up by trying.
    with pytest.raises(Gone):
        async with service.public.begin() as tx:
            await links.use(tx, token)
    assert (await look(service, token)).number == found.number


async def test_check_31_a_link_is_kept_as_its_hash_and_a_dead_one_is_like_none(
    service: Service, database: Database
) -> None:
    address = await service.person()
    token = await manage_link(service, address)
    with database.connect() as owner:
        kept = str(owner.execute("SELECT confirmations::text FROM confirmations").fetchall())
    assert token not in kept
    assert token_hash(token).hex() in kept
    run_sql(database, "UPDATE confirmations SET expires_at = now() WHERE purpose = 'manage'")
    for dead in (token, new_token(), "", "x", "\0", "../..", service.link(address), "A" * 5000):
        with pytest.raises(Gone) as gone:
            await look(service, dead)
        assert str(gone.value) == str(Gone())


async def test_everybody_who_shares_an_address_gets_a_link_of_their_own_up_to_five(
    service: Service, database: Database
) -> None:
    address = await service.person()
    for language in ("cy", "en", "en", "en", "en"):
        may_be_asked_again(database)
        await service.register(address, language=language)
        await service.confirm(address, Choice.ANOTHER)
    await drop(service, LinkAsk(email=address))
    tokens = links_of(service, address)
    numbers = [(await look(service, token)).number for token in tokens]
    assert len(set(numbers)) == 5
    assert one_value(database, "SELECT count(*) FROM registrations") == 6


async def test_nobody_else_gets_anything_and_nothing_is_kept_of_the_question(
    service: Service, database: Database
) -> None:
    left, suppressed, pending = [await service.person() for _ in range(2)] + [somebody()]
    await service.register(pending)
    run_sql(
        database,
        "UPDATE registrations SET state = 'left', left_at = now()"
        " WHERE id = (SELECT id FROM registrations ORDER BY created_at LIMIT 1)",
    )
    run_sql(
        database,
        "UPDATE contacts SET suppressed_at = now(), suppressed_why = 'do-not-contact'"
        " WHERE id = (SELECT id FROM contacts ORDER BY created_at OFFSET 1 LIMIT 1)",
    )
    contacts = one_value(database, "SELECT count(*) FROM contacts")
    people = (left, suppressed, pending, somebody("unknown"))
    await drop(service, *(LinkAsk(email=each) for each in people), LinkAsk(mobile="07700 900123"))
    assert [links_of(service, each) for each in people] == [[], [], [], []]
    assert one_value(database, MANAGING) == 0
    assert one_value(database, "SELECT count(*) FROM contacts") == contacts
    assert one_value(database, "SELECT count(*) FROM intake") == 0


async def test_a_flood_sends_one_an_hour_and_three_a_day(service: Service, database: Database) -> None:
    """However often it is asked, and whatever messages of other kinds went there."""
    address = await service.person()
    await drop(service, *(LinkAsk(email=address) for _ in range(60)))
    assert len(links_of(service, address)) == 1
    for sent in (2, 3, 3):
        await drop(service, LinkAsk(email=address))
        run_sql(
            database,
            "UPDATE confirmations SET created_at = created_at - interval '61 minutes'"
            " WHERE purpose = 'manage'",
        )
        await drop(service, LinkAsk(email=address))
        assert len(links_of(service, address)) == sent
    run_sql(
        database,
        "UPDATE confirmations SET created_at = created_at - interval '1 day' WHERE purpose = 'manage'",
    )
    await drop(service, LinkAsk(email=address))
    assert len(links_of(service, address)) == 4


async def test_a_number_is_sent_its_link_by_text(service: Service, database: Database) -> None:
    address = await service.person(mobile="07700 900123", contact_by=["email", "sms"])
    run_sql(database, "UPDATE registration_contacts SET confirmed_at = now()")
    await drop(service, LinkAsk(mobile="+44 7700 900123"))
    waiting = (
        "SELECT k.channel FROM confirmations c JOIN contacts k ON k.id = c.contact_id"
        " WHERE c.purpose = 'manage'"
    )
    assert one_value(database, waiting) == "sms"
    assert links_of(service, address) == []
