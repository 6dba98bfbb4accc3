"""Everything of people, opened together, and shown by no `repr`."""

from tests.deliveries.looking import one_value
from tests.harness.people import Service, somebody
from tests.harness.servers import Database
from workers.opening_people import open_people


async def test_many_people_are_opened_at_once_and_no_repr_shows_a_detail(
    service: Service, database: Database
) -> None:
    quill = await service.person(
        somebody("quill"),
        kind="organisation",
        name="Ada Quill",
        organisation="Quill and Co",
        mobile="07700 900123",
        postal_address="1 A Row\nTown\nSW1A 2AA",
        contact_by=["email", "sms", "letter"],
        formats=["bsl"],
    )
    await service.person(somebody("rook"), language="cy")
    ids = one_value(database, "SELECT array_agg(id ORDER BY created_at) FROM registrations")
    gone = one_value(database, "SELECT gen_random_uuid()")
    async with service.worker.transactions.begin() as tx:
        opened = await open_people(service.worker, tx, [*ids, gone])
    assert list(opened) == ids
    first, second = opened.values()
    assert (first.email, first.mobile, first.name) == (quill, "+447700900123", "Ada Quill")
    assert first.postal_address == "Quill and Co\n1 A Row\nTown\nSW1A 2AA"
    assert first.organisation == "Quill and Co"
    assert [each.confirmed for each in first.contacts] == [True, False, False]
    assert (second.language, second.mobile, second.postal_address, second.name) == ("cy", None, None, None)
    assert not any(secret in repr(opened) for secret in ("quill", "Quill", "7700", "SW1A", "rook"))
