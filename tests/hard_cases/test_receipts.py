"""Receipts that never come, and what a failure does to the next update."""

from typing import Any

import pytest

from service.updates.states import UpdateState
from tests.deliveries.looking import all_have_left, run_sql, times_told
from tests.harness.people import BODY, Service
from tests.harness.servers import Database
from workers import reconcile

MORE: dict[str, Any] = {
    **BODY,
    "email": {language: {"subject": "More news", "body": "Other words."} for language in ("en", "cy")},
}


async def polled(service: Service, database: Database) -> None:
    """Half an hour later Notify is asked for what nobody called us about."""
    await all_have_left(service)
    run_sql(database, "UPDATE deliveries SET changed_at = changed_at - interval '31 minutes'")
    await reconcile.poll(service.worker)
    await service.finish()


async def becomes(service: Service, people: list[str], status: str) -> None:
    for person in people:
        service.notify.admin("outcomes", {"address": person, "status": status})


async def test_case_15_a_technical_failure_has_no_receipt_and_is_found_out_by_asking(
    service: Service, database: Database
) -> None:
    people = await service.people(3)
    update = await service.approved()
    await becomes(service, people[:1], "technical-failure")
    await service.send()
    await service.finish()
    assert await service.outcomes(update) == {"accepted": 3}
    await polled(service, database)
    await service.send()
    assert await service.outcomes(update) == {"failed": 1, "delivered": 2}
    assert times_told(service, people) == [1, 1, 1]


@pytest.mark.parametrize(
    ("status", "state", "later"),
    [("permanent-failure", "bounced", 2), ("temporary-failure", "failed", 3)],
)
async def test_case_16_a_failure_is_not_sent_again_and_only_a_permanent_one_suppresses(
    service: Service, database: Database, status: str, state: str, later: int
) -> None:
    people = await service.people(3)
    first = await service.approved()
    await becomes(service, people[:1], status)
    await service.send()
    await polled(service, database)
    for _ in range(2):
        await service.send()
        await service.finish()
    assert await service.outcomes(first) == {state: 1, "delivered": 2}
    assert (await service.update(first)).state is UpdateState.SENT
    assert times_told(service, people) == [1, 1, 1]

    second = await service.approved(MORE)
    await service.send()
    assert await service.outcomes(second) == {"accepted": later}
    assert times_told(service, people, "More news") == [later - 2, 1, 1]
