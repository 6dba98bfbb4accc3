"""Receipts that never come: Notify is asked for each message, and what it says counts as one."""

from uuid import UUID

import pytest

from tests.deliveries.looking import all_have_left, one_value, run_sql, times_told
from tests.harness.people import Service
from tests.harness.servers import Database
from workers import reconcile


async def told(service: Service, count: int) -> tuple[UUID, list[str]]:
    """An update that Notify has taken for everybody; nothing was heard of it."""
    people = await service.people(count)
    update = await service.approved()
    await service.send()
    await all_have_left(service)
    return update, people


def becomes(service: Service, address: str, status: str) -> None:
    service.notify.admin("outcomes", {"address": address, "status": status})


def let_pass(database: Database, interval: str) -> None:
    """So much time has gone by since the messages were taken."""
    run_sql(database, "UPDATE deliveries SET changed_at = changed_at - %s::interval", interval)
    run_sql(
        database,
        "UPDATE attempts SET started_at = started_at - %s::interval, ask_at = ask_at - %s::interval",
        interval,
        interval,
    )


async def poll(service: Service) -> None:
    await reconcile.poll(service.worker)
    await service.finish()


def gets(service: Service) -> int:
    """How many questions Notify was asked."""
    return int(service.notify.http.get("/admin/counts").json()["requests"].get("200", 0))


async def test_nothing_is_asked_while_a_receipt_may_still_come(service: Service, database: Database) -> None:
    update, _ = await told(service, 2)
    let_pass(database, "29 minutes")
    before = gets(service)
    await poll(service)
    assert gets(service) == before
    let_pass(database, "2 minutes")
    await poll(service)
    assert gets(service) == before + 2
    assert await service.outcomes(update) == {"delivered": 2}


@pytest.mark.parametrize(
    ("status", "state", "suppressed"),
    [("permanent-failure", "bounced", 1), ("temporary-failure", "failed", 0), ("delivered", "delivered", 0)],
)
async def test_what_notify_says_counts_as_the_receipt_that_never_came(
    service: Service, database: Database, status: str, state: str, suppressed: int
) -> None:
    people = await service.people(2)
    update = await service.approved()
    for person in people:
        becomes(service, person, status)
    await service.send()
    await all_have_left(service)
    let_pass(database, "31 minutes")
    await poll(service)
    await service.send()
    assert await service.outcomes(update) == {state: 2}
    assert one_value(database, "SELECT count(*) FROM contacts WHERE suppressed_at IS NOT NULL") == (
        2 * suppressed
    )
    assert times_told(service, people) == [1, 1]


async def test_one_that_is_still_on_its_way_is_asked_about_again_in_an_hour(
    service: Service, database: Database
) -> None:
    people = await service.people(2)
    update = await service.approved()
    for person in people:
        becomes(service, person, "sending")
    await service.send()
    let_pass(database, "31 minutes")
    await poll(service)
    before = gets(service)
    await poll(service)
    assert gets(service) == before
    assert await service.outcomes(update) == {"accepted": 2}
    for person in people:
        becomes(service, person, "delivered")
    await all_have_left(service)
    let_pass(database, "61 minutes")
    await poll(service)
    assert await service.outcomes(update) == {"delivered": 2}


async def test_a_notify_that_cannot_be_asked_changes_nothing(service: Service, database: Database) -> None:
    update, _ = await told(service, 2)
    let_pass(database, "31 minutes")
    service.notify.admin("faults", {"plan": [{"fault": "look-up:html-502", "times": 2}]})
    await poll(service)
    assert await service.outcomes(update) == {"accepted": 2}
    let_pass(database, "61 minutes")
    await poll(service)
    assert await service.outcomes(update) == {"delivered": 2}


async def test_past_seven_days_nobody_is_asked(service: Service, database: Database) -> None:
    update, _ = await told(service, 2)
    let_pass(database, "7 days 1 minute")
    before = gets(service)
    await poll(service)
    assert gets(service) == before
    assert await service.outcomes(update) == {"accepted": 2}


async def test_one_whose_receipt_came_is_not_asked_about(service: Service, database: Database) -> None:
    _, people = await told(service, 2)
    [message] = service.updates_to(people[0])
    run_sql(
        database,
        "SELECT record_receipt(gen_random_uuid(), %s, %s, 'delivered')",
        message["reference"],
        message["id"],
    )
    await service.finish()
    let_pass(database, "31 minutes")
    before = gets(service)
    await poll(service)
    assert gets(service) == before + 1
