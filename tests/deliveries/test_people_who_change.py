"""People are frozen, addresses are not: who left, bounced or was erased meanwhile is not written to."""

import re

from service.crypto.sealing import seal
from service.registrations import links
from service.registrations.places import contact_place
from service.registrations.words import Choice
from tests.deliveries.looking import contact_of, one_value, run_sql, times_told
from tests.harness.people import Service, somebody
from tests.harness.servers import Database


async def test_case_17_whoever_leaves_between_approval_and_sending_gets_nothing(
    service: Service, database: Database
) -> None:
    people = await service.people(3)
    first = await service.approved()
    await service.send()
    second = await service.approved(_body("More news"))
    [message] = service.updates_to(people[0])
    found = re.search(r"/unsubscribe/([\w-]+)", message["body"])
    assert found is not None
    for _ in range(2):
        async with service.public.begin() as tx:
            await links.leave(tx, found.group(1))
    await service.send()
    assert times_told(service, people, "More news") == [0, 1, 1]
    assert await service.outcomes(second) == {"accepted": 2, "withdrawn": 1}
    assert await service.outcomes(first) == {"accepted": 3}
    assert one_value(database, "SELECT count(*) FROM registrations WHERE state = 'left'") == 1


async def test_case_16_an_address_that_bounced_meanwhile_is_not_written_to(
    service: Service, database: Database
) -> None:
    people = await service.people(3)
    update = await service.approved()
    run_sql(
        database,
        "UPDATE contacts SET suppressed_at = now(), suppressed_why = 'permanent-failure' WHERE id = %s",
        await contact_of(service, people[1]),
    )
    await service.send()
    assert times_told(service, people) == [1, 0, 1]
    assert await service.outcomes(update) == {"accepted": 2, "suppressed": 1}


async def test_a_contact_that_is_gone_is_withdrawn(service: Service, database: Database) -> None:
    people = await service.people(3)
    update = await service.approved()
    contact = await contact_of(service, people[2])
    for table in ("registration_contacts", "confirmations"):
        run_sql(database, f"DELETE FROM {table} WHERE contact_id = %s", contact)
    run_sql(database, "DELETE FROM contacts WHERE id = %s", contact)
    await service.send()
    assert times_told(service, people) == [1, 1, 0]
    assert await service.outcomes(update) == {"accepted": 2, "withdrawn": 1}


async def test_a_contact_that_does_not_open_is_set_aside_and_the_rest_goes_on(
    service: Service, database: Database
) -> None:
    people = await service.people(3)
    update = await service.approved()
    # Another row's ciphertext, as somebody would plant it who can write and cannot seal.
    run_sql(
        database,
        "UPDATE contacts SET sealed = (SELECT sealed FROM contacts WHERE id = %s) WHERE id = %s",
        await contact_of(service, people[1]),
        await contact_of(service, people[0]),
    )
    await service.send()
    assert times_told(service, people) == [0, 1, 1]
    assert await service.outcomes(update) == {"accepted": 2, "set_aside": 1}


async def test_case_12_an_address_that_notify_refuses_is_refused_and_the_rest_goes_on(
    service: Service, database: Database
) -> None:
    people = await service.people(3)
    update = await service.approved()
    contact = await contact_of(service, people[0])
    assert service.scheme.sealing_key is not None
    sealed = seal(b"not an address", key=service.scheme.sealing_key, place=contact_place(contact))
    run_sql(database, "UPDATE contacts SET sealed = %s WHERE id = %s", sealed, contact)
    await service.send()
    assert times_told(service, people) == [0, 1, 1]
    assert await service.outcomes(update) == {"accepted": 2, "refused": 1}


async def test_two_who_share_an_address_get_one_message_in_both_languages_with_both_links(
    service: Service, database: Database
) -> None:
    shared = await service.person(somebody("shared"))
    run_sql(database, "UPDATE contacts SET asked_at = '{}'")
    await service.register(shared, language="cy")
    await service.confirm(shared, Choice.ANOTHER)
    other = await service.person()
    update = await service.approved()
    assert (await service.update(update)).planned == 2

    await service.send()

    [message] = service.updates_to(shared, "The news / Y newyddion")
    links_to_leave = re.findall(r"/unsubscribe/([\w-]+)", message["body"])
    assert len(set(links_to_leave)) == len(links_to_leave) == 2
    assert "Read the guidance." in message["body"]
    assert "Darllenwch y canllawiau." in message["body"]
    assert times_told(service, [other]) == [1]
    assert times_told(service, [shared]) == [0]

    # One of them leaves; the other goes on, in their own language.
    async with service.public.begin() as tx:
        await links.leave(tx, links_to_leave[0])
    await service.approved(_body("More news"))
    await service.send()
    [after] = service.updates_to(shared, "Mwy o newyddion")
    assert re.findall(r"/unsubscribe/([\w-]+)", after["body"]) == [links_to_leave[1]]


def _body(subject: str) -> dict[str, object]:
    return {
        "title": "More",
        "email": {
            "en": {"subject": subject, "body": "Other words."},
            "cy": {"subject": "Mwy o newyddion", "body": "Geiriau eraill."},
        },
        "audience": {"topics": ["eligibility"]},
    }
