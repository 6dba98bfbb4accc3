"""What became of an update over time: counted in whole minutes, at most sixty of them or longer steps."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from service.deliveries.over_time import OverTime, over_time
from service.deliveries.preparing import begin_sending
from tests.harness.people import Service, now
from tests.harness.servers import Database
from tests.updates.directory import Directory

Sql = psycopg.Connection[tuple[Any, ...]]


@pytest.fixture
def owner(database: Database) -> Iterator[Sql]:
    with database.connect() as connection:
        yield connection


async def _over_time(service: Service, update: UUID) -> OverTime:
    async with service.staff.begin() as tx:
        return await over_time(tx, (await service.update(update)))


def _counts(found: OverTime) -> list[tuple[int, int, int]]:
    return [(each.accepted, each.delivered, each.failed) for each in found.points]


async def test_it_is_counted_when_it_happened_and_never_in_more_than_sixty_steps(
    service: Service, owner: Sql
) -> None:
    directory = Directory(owner, service.scheme.id)
    directory.people(5)
    update = await service.approved()
    assert await _over_time(service, update) == OverTime(timedelta(minutes=1), ())
    async with service.worker.transactions.begin() as tx:
        assert await begin_sending(tx, update, now=now())
    assert (await _over_time(service, update)).points == ()
    began = (await service.update(update)).sending_since
    assert began is not None
    deliveries = [row[0] for row in owner.execute("SELECT id FROM deliveries ORDER BY id")]
    owner.execute("ALTER TABLE deliveries DISABLE TRIGGER deliveries_are_guarded")

    def happened(delivery: UUID, handed_over: datetime, state: str, then: datetime) -> None:
        for number, outcome in ((1, "not-sent"), (2, "accepted")):
            owner.execute(
                """INSERT INTO attempts (id, delivery_id, number, reference, started_at, outcome, misses)
                VALUES (%s, %s, %s, %s, %s, %s, 0)""",
                (uuid4(), delivery, number, f"{delivery}-{number}", handed_over, outcome),
            )
        became(delivery, state, then)

    def became(delivery: UUID, state: str, then: datetime) -> None:
        owner.execute(
            "UPDATE deliveries SET state = %s, changed_at = %s WHERE id = %s", (state, then, delivery)
        )

    minute = timedelta(minutes=1)
    # The clock of the machine that handed it over was behind.
    happened(deliveries[0], began - timedelta(seconds=1), "delivered", began + minute)
    happened(deliveries[1], began + 1.5 * minute, "bounced", began + 3 * minute)
    happened(deliveries[2], began + 1.5 * minute, "accepted", began + 1.5 * minute)

    found = await _over_time(service, update)
    assert found.step == minute
    assert _counts(found) == [(1, 0, 0), (2, 1, 0), (0, 0, 0), (0, 0, 1)]
    assert [each.begins for each in found.points] == [began + n * minute for n in range(4)]

    for hours, step, last in ((1, 2, 30), (72, 73, 59)):
        became(deliveries[3], "failed", began + timedelta(hours=hours))
        found = await _over_time(service, update)
        assert (found.step, len(found.points)) == (step * minute, last + 1)
        assert found.points[-1].failed == 1
        assert found.as_json()["step_seconds"] == step * 60
