"""Nobody is lost in silence: whom an update did not reach is on a list for caseworkers."""

from uuid import UUID

import pytest

from service.deliveries.unreached import Unreached, unreached
from tests.deliveries.looking import contact_of, one_value, run_sql
from tests.harness.people import Service
from tests.harness.servers import Database
from workers import reconcile


async def listed(service: Service, update: UUID, after: UUID | None = None) -> list[Unreached]:
    async with service.staff.begin() as tx:
        return await unreached(tx, update, after=after)


async def become(service: Service, database: Database, person: str, state: str) -> UUID:
    """A delivery as it would be after many events; the id of the person's registration."""
    contact = await contact_of(service, person)
    with database.connect("postgres") as superuser:
        superuser.execute("SET session_replication_role = replica")
        superuser.execute(b"UPDATE deliveries SET state = %s WHERE contact_id = %s", [state, contact])
    registration: UUID = one_value(
        database, "SELECT registration_id FROM audience_members WHERE contact_id = %s", contact
    )
    return registration


async def test_those_who_cannot_be_reached_are_listed_and_nobody_else(
    service: Service, database: Database
) -> None:
    people = await service.people(8)
    update = await service.approved()
    states = ["bounced", "refused", "failed", "suppressed", "set_aside", "delivered", "accepted", "withdrawn"]
    expected = {
        await become(service, database, person, state): state
        for person, state in zip(people, states, strict=True)
    }

    found = await listed(service, update)

    assert {each.registration: each.state.value for each in found} == {
        registration: state for registration, state in expected.items() if state in states[:5]
    }
    assert await listed(service, update, found[0].registration) == found[1:]


async def test_a_bounce_puts_a_person_on_the_list_and_suppresses_the_address(
    service: Service, database: Database
) -> None:
    people = await service.people(3)
    update = await service.approved()
    await service.send()
    contact = await contact_of(service, people[0])
    run_sql(
        database,
        "INSERT INTO receipts (id, reference, notify_id, status, received_at) "
        "SELECT gen_random_uuid(), a.reference, a.notify_id, 'permanent-failure', now() "
        "FROM attempts a JOIN deliveries d ON d.id = a.delivery_id WHERE d.contact_id = %s",
        contact,
    )
    await reconcile.apply_receipts(service.worker)

    (only,) = await listed(service, update)
    assert only.state.value == "bounced"
    assert one_value(database, "SELECT suppressed_at IS NOT NULL FROM contacts WHERE id = %s", contact)


@pytest.mark.parametrize("state", ["planned", "sent"])
async def test_an_update_that_reached_everybody_lists_nobody(
    service: Service, database: Database, state: str
) -> None:
    await service.people(2)
    update = await service.approved()
    if state == "sent":
        await service.send()
        await service.finish()

    assert await listed(service, update) == []
