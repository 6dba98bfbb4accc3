"""The certificate: what became of everybody, signed, without a personal datum."""

from typing import Any

import pytest

from service.crypto.canonical import canonical_json
from service.crypto.signing import Signed
from service.deliveries import certificate
from service.deliveries.certificate import NoCertificateYet
from service.deliveries.merkle import Tree, leaf
from tests.deliveries.certifying import certified, public_key, receipt
from tests.deliveries.looking import contact_of, run_sql
from tests.harness.people import SENIOR, Service, now
from tests.harness.servers import Database


async def test_its_numbers_are_those_of_the_ledger_and_it_names_nobody(
    service: Service, database: Database
) -> None:
    people = await service.people(5)
    update = await service.approved()
    run_sql(
        database,
        "UPDATE contacts SET suppressed_at = now() WHERE id = %s",
        await contact_of(service, people[0]),
    )
    await service.send()
    for status, person in (
        ("delivered", people[1]),
        ("permanent-failure", people[2]),
        ("technical-failure", people[3]),
    ):
        await receipt(service, database, person, status)
    made = await certified(service, update)

    body = made.body
    counted = {state: count for state, count in body["outcomes"].items() if count}
    assert counted == {"suppressed": 1, "delivered": 1, "bounced": 1, "failed": 1, "accepted": 1}
    assert body["planned"] == sum(body["outcomes"].values()) == 5
    assert (body["duplicates"], body["final"]) == (0, False)
    assert certificate.verify(made.as_json(), public_key(service))
    assert not any(person.split("@")[0] in str(made.as_json()) for person in people)

    tree = Tree()
    with database.connect() as owner:
        for delivery, state in owner.execute("SELECT id, state FROM deliveries ORDER BY id"):
            tree.add(leaf(delivery, state))
    assert body["root"] == tree.root().hex()


async def test_it_is_final_when_nothing_more_can_happen(service: Service, database: Database) -> None:
    people = await service.people(2)
    update = await service.approved()
    await service.send()
    assert (await certified(service, update)).body["final"] is False
    for person in people:
        await receipt(service, database, person, "delivered")
    assert (await certified(service, update)).body["final"] is True


@pytest.mark.parametrize(
    "change",
    [
        {"planned": 3},
        {"duplicates": 1},
        {"root": "00" * 32},
        {"outcomes": {"delivered": 2}},
        {"signature": "00" * 64},
        {"signature": None},
        {"format": "another"},
    ],
)
async def test_an_altered_certificate_does_not_verify(service: Service, change: dict[str, Any]) -> None:
    await service.people(2)
    update = await service.approved()
    await service.send()
    made = (await certified(service, update)).as_json()
    assert certificate.verify(made, public_key(service))
    assert not certificate.verify({**made, **change}, public_key(service))
    assert not certificate.verify(made, bytes(32))


async def test_there_is_none_before_the_first_message(service: Service) -> None:
    await service.people(2)
    update = await service.approved()
    async with service.staff.begin() as tx:
        with pytest.raises(NoCertificateYet):
            await certificate.ask(tx, SENIOR, update, now=now())


async def test_counts_that_do_not_add_up_do_not_verify_even_where_they_are_signed(service: Service) -> None:
    await service.people(2)
    update = await service.approved()
    await service.send()
    body = (await certified(service, update)).body
    key = service.worker.keys.signing_key()
    for outcomes, holds in (({"accepted": 2}, True), ({"accepted": 1}, False)):
        altered = {**body, "outcomes": outcomes}
        signed = Signed(altered, key.sign(canonical_json(altered)).hex())
        assert certificate.verify(signed.as_json(), public_key(service)) is holds
