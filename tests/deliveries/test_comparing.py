"""Notify's own list against the ledger: nothing that is not ours, nothing lost, nothing twice."""

from collections import Counter
from typing import Any
from uuid import UUID, uuid4

import pytest

from service.holds.holding import NotComparedYet, hold_by_service, holds_in_force, lift_hold
from service.holds.incidents import incidents
from service.holds.tables import IncidentKind
from tests.deliveries.looking import one_row, one_value, receive, run_sql, times_told
from tests.harness.people import SENIOR, Service, now, somebody
from tests.harness.servers import Database
from workers import witnessing

WORDS = {"subject": "The news", "body": "Words."}
EVENTS = "SELECT count(*) FROM audit_events WHERE body LIKE '%%incident-opened%%' AND body LIKE %s"


@pytest.fixture(autouse=True)
def forgotten(service: Service) -> None:
    """Notify has nothing of other tests on its list."""
    service.notify.http.delete("/admin/messages").raise_for_status()


async def compare(service: Service, database: Database) -> tuple[int, int, int, int]:
    """Compare now, whenever it was last done: listed, adopted, unowned, missing."""
    run_sql(database, "UPDATE comparisons SET until = until - interval '3 hours', done_at = done_at")
    await witnessing.compare_with_notify(service.worker)
    listed, adopted, unowned, missing = one_row(
        database, "SELECT listed, adopted, unowned, missing FROM comparisons ORDER BY done_at DESC LIMIT 1"
    )
    return listed, adopted, unowned, missing


async def opened(service: Service) -> Counter[IncidentKind]:
    async with service.worker.transactions.begin() as tx:
        return Counter(each.kind for each in await incidents(tx))


async def hold_until_compared(service: Service) -> None:
    async with service.worker.transactions.begin() as tx:
        assert await hold_by_service(tx, "worker:test", reason="A test.", awaits_comparison=True, now=now())


def behind_the_triggers(database: Database, *statements: str) -> None:
    """As a restore would leave it: what no role may do."""
    with database.connect("postgres") as superuser:
        superuser.execute("SET session_replication_role = replica")
        for statement in statements:
            superuser.execute(statement)


def upload(service: Service, to: str, **more: Any) -> UUID:
    """Somebody sends a message by hand in Notify's pages; its id."""
    return UUID(service.notify.admin("uploads", {"to": to, "personalisation": WORDS, **more})["id"])


async def test_where_everything_agrees_nothing_is_opened(service: Service, database: Database) -> None:
    await service.people(3)
    await service.approved()
    await service.send()
    # Three links and three updates.
    assert await compare(service, database) == (6, 0, 0, 0)
    assert await opened(service) == {}
    assert one_value(database, "SELECT count(*) FROM attempts WHERE seen_at IS NULL") == 0


async def test_what_somebody_uploads_by_hand_is_an_incident_once(
    service: Service, database: Database
) -> None:
    [person] = await service.people(1)
    # One without a reference, one with somebody's own, one that looks like ours and never was.
    uploaded = {
        upload(service, person),
        upload(service, somebody(), reference="summer list"),
        upload(service, somebody(), reference=f"d-{uuid4()}-1"),
    }
    for _ in range(2):
        assert (await compare(service, database))[2] == 3
        async with service.worker.transactions.begin() as tx:
            found = await incidents(tx)
        assert {each.subject for each in found} == uploaded
        assert {each.kind for each in found} == {IncidentKind.UNOWNED_MESSAGE}
        assert one_value(database, EVENTS, '%"unowned-message"%') == 1


async def test_a_message_of_ours_that_notify_lacks_is_an_incident_once(
    service: Service, database: Database
) -> None:
    people = await service.people(3)
    await service.approved()
    await service.send()
    [lost] = service.updates_to(people[1])
    service.notify.http.delete(f"/admin/messages/{lost['id']}").raise_for_status()
    # Just now it could be our clock: nothing is missed that was handed over a moment ago.
    assert (await compare(service, database))[3] == 0
    run_sql(database, "UPDATE attempts SET started_at = started_at - interval '20 minutes'")
    for _ in range(2):
        await compare(service, database)
        assert await opened(service) == {IncidentKind.MISSING_MESSAGE: 1}
    subject = one_value(database, "SELECT subject FROM incidents")
    assert one_value(database, "SELECT reference FROM attempts WHERE id = %s", subject) == lost["reference"]
    assert one_value(database, EVENTS, '%"missing-message"%') == 1


async def test_one_that_was_listed_once_is_not_missed_when_notify_forgets_it(
    service: Service, database: Database
) -> None:
    await service.people(2)
    await service.approved()
    await service.send()
    await compare(service, database)
    service.notify.http.delete("/admin/messages").raise_for_status()
    run_sql(database, "UPDATE attempts SET started_at = started_at - interval '20 minutes'")
    assert (await compare(service, database))[3] == 0
    assert await opened(service) == {}


async def test_a_second_message_under_one_reference_is_a_duplicate_and_an_incident_once(
    service: Service, database: Database
) -> None:
    [person, *_] = await service.people(2)
    update = await service.approved()
    await service.send()
    [message] = service.updates_to(person)
    second = upload(service, person, reference=message["reference"])
    for _ in range(2):
        await compare(service, database)
        assert one_value(database, "SELECT array_agg(notify_id) FROM duplicates") == [second]
        assert await opened(service) == {IncidentKind.DUPLICATE: 1}
        found = one_value(
            database, "SELECT count(*) FROM audit_events WHERE body LIKE %s", "%duplicate-found%"
        )
        assert found == 1
    assert await service.outcomes(update) == {"accepted": 2}


async def test_confirmations_that_were_deleted_since_are_not_taken_for_strangers(
    service: Service, database: Database
) -> None:
    await service.people(2)
    await service.register(somebody())
    for table in ("registration_contacts", "confirmations"):
        run_sql(database, f"DELETE FROM {table}")
    assert await compare(service, database) == (3, 0, 0, 0)
    assert await opened(service) == {}
    # A confirmation that we never had is somebody's.
    upload(service, somebody(), reference=f"c-{uuid4()}-1")
    assert (await compare(service, database))[2] == 1


async def test_every_page_is_read(service: Service, database: Database) -> None:
    await service.people(2)
    await service.approved()
    await service.send()
    # A page of Notify's has 250: our own are on the second.
    strangers = {upload(service, f"{number}.{uuid4().hex[:8]}@example.com") for number in range(254)}
    assert await compare(service, database) == (258, 0, 254, 0)
    assert one_value(database, "SELECT count(*) FROM attempts WHERE seen_at IS NULL") == 0
    async with service.worker.transactions.begin() as tx:
        assert {each.subject for each in await incidents(tx)} == strangers


async def lose_hand_overs(service: Service, database: Database) -> None:
    """A restore: Notify has messages that the ledger says are still planned."""
    await service.send()
    behind_the_triggers(
        database, "DELETE FROM attempts", "UPDATE deliveries SET state = 'planned', attempts = 0"
    )


async def test_what_the_ledger_does_not_know_is_adopted_only_where_a_hold_waits_for_it(
    service: Service, database: Database
) -> None:
    people = await service.people(4)
    update = await service.approved()
    await lose_hand_overs(service, database)

    assert await compare(service, database) == (8, 0, 4, 0)
    assert await service.outcomes(update) == {"planned": 4}

    await hold_until_compared(service)
    async with service.worker.transactions.begin() as tx:
        [hold] = await holds_in_force(tx)
    with pytest.raises(NotComparedYet):
        async with service.staff.begin() as tx:
            await lift_hold(tx, SENIOR, hold.id, now=now())
    assert await compare(service, database) == (8, 4, 0, 0)
    assert await service.outcomes(update) == {"accepted": 4}
    async with service.staff.begin() as tx:
        await lift_hold(tx, SENIOR, hold.id, now=now())
    await service.send()
    assert times_told(service, people) == [1] * 4
    receive(database, "delivered")
    await service.finish()
    assert await service.outcomes(update) == {"delivered": 4}


async def test_the_second_message_of_a_delivery_that_is_adopted_is_a_duplicate(
    service: Service, database: Database
) -> None:
    people = await service.people(2)
    update = await service.approved()
    await service.send()
    [message] = service.updates_to(people[0])
    second = upload(service, people[0], reference=f"{message['reference'][:-1]}2")
    behind_the_triggers(
        database, "DELETE FROM attempts", "UPDATE deliveries SET state = 'planned', attempts = 0"
    )
    await hold_until_compared(service)
    await compare(service, database)
    assert await service.outcomes(update) == {"accepted": 2}
    assert one_value(database, "SELECT count(*) FROM duplicates") == 1
    assert one_value(database, "SELECT max(attempts) FROM deliveries") == 2
    assert second
    await service.send()
    assert sum(times_told(service, people)) == 3


async def test_a_list_that_cannot_be_read_is_no_comparison(service: Service, database: Database) -> None:
    await service.people(2)
    await hold_until_compared(service)
    service.notify.admin("faults", {"plan": [{"fault": "look-up:html-502"}]})
    await witnessing.compare_with_notify(service.worker)
    assert one_value(database, "SELECT count(*) FROM comparisons") == 0
    assert one_value(database, "SELECT count(*) FROM holds WHERE compared_at IS NOT NULL") == 0
    await witnessing.compare_with_notify(service.worker)
    assert one_value(database, "SELECT count(*) FROM holds WHERE compared_at IS NOT NULL") == 1


async def test_it_is_done_every_hour_and_not_more_often(service: Service, database: Database) -> None:
    await witnessing.compare_with_notify(service.worker)
    await witnessing.compare_with_notify(service.worker)
    assert one_value(database, "SELECT count(*) FROM comparisons") == 1
    run_sql(database, "UPDATE comparisons SET until = until - interval '61 minutes'")
    await witnessing.compare_with_notify(service.worker)
    assert one_value(database, "SELECT count(*) FROM comparisons") == 2
    overlap = "SELECT bool_and(b.since <= a.until) FROM comparisons a, comparisons b WHERE a.until < b.until"
    assert one_value(database, overlap)
