"""PostgreSQL goes away between the hand-over and the settling: what Notify said is not lost."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress

import psycopg
import pytest

from deploy.one_machine.ports import free_port
from deploy.one_machine.postgres import EmbeddedPostgres
from service.errors import Unavailable
from tests.deliveries.looking import ask_until_settled, begins_with, fault, one_value, run_sql, times_told
from tests.harness.people import Service
from tests.harness.servers import Cluster, Database
from workers import send

EVERYBODY = 8
"""One for each thread: all of them are on their way at once."""


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A PostgreSQL of this file's own, which it may end."""
    folder = tmp_path_factory.mktemp("postgres")
    server = EmbeddedPostgres(folder, port=free_port(), fast_and_loose=True)
    try:
        server.start()
        yield Cluster.prepare(server)
    finally:
        server.discard()


async def while_they_are_on_their_way(
    service: Service, people: list[str], happens: Callable[[], Awaitable[None]]
) -> None:
    """Hand everybody's message over, and let something happen while Notify still thinks about them."""
    begins_with(service, 100)
    fault(service.notify, "after-queueing:stall", times=EVERYBODY, seconds=1.5)
    sending = asyncio.create_task(service.send())
    while sum(times_told(service, people)) < EVERYBODY:
        assert not sending.done()
        await asyncio.sleep(0.02)
    await happens()
    with suppress(Unavailable):
        await sending


async def nobody_is_uncertain(service: Service, database: Database) -> None:
    outcomes = "SELECT array_agg(DISTINCT outcome) FROM attempts"
    assert one_value(database, outcomes) == ["accepted"]
    assert one_value(database, "SELECT array_agg(DISTINCT state) FROM deliveries") == ["accepted"]
    assert one_value(database, "SELECT max(attempts) FROM deliveries") == 1


async def away(server: EmbeddedPostgres, seconds: float) -> None:
    """PostgreSQL ends, and starts again after so many seconds."""
    await asyncio.to_thread(server.stop)
    await asyncio.sleep(seconds)
    # In this very thread: a server ends with the thread that started it.
    server.start()


async def test_a_restart_of_postgresql_loses_no_outcome(service: Service, database: Database) -> None:
    people = await service.people(EVERYBODY)
    await service.approved()
    await while_they_are_on_their_way(service, people, lambda: away(database.cluster.server, 2.5))
    await nobody_is_uncertain(service, database)
    await service.worker.stop.read()
    await service.send()
    assert times_told(service, people) == [1] * EVERYBODY


async def test_connections_that_are_cut_and_refused_lose_no_outcome(
    service: Service, database: Database
) -> None:
    people = await service.people(EVERYBODY)
    update = await service.approved()

    async def cut() -> None:
        with psycopg.connect(database.cluster.server.superuser_url, autocommit=True) as superuser:
            superuser.execute("ALTER ROLE kept_worker NOLOGIN")
            superuser.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'kept_worker'"
            )
            await asyncio.sleep(2.5)
            superuser.execute("ALTER ROLE kept_worker LOGIN")

    await while_they_are_on_their_way(service, people, cut)
    await nobody_is_uncertain(service, database)
    assert await service.outcomes(update) == {"accepted": EVERYBODY}


async def test_where_it_stays_away_notify_is_asked(
    service: Service, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = await service.people(EVERYBODY)
    await service.approved()
    monkeypatch.setattr(send, "SETTLE_FOR", 0.5)
    await while_they_are_on_their_way(service, people, lambda: away(database.cluster.server, 4))
    states = "SELECT array_agg(DISTINCT state) FROM deliveries"
    assert one_value(database, states) == ["claimed"]

    await service.worker.stop.read()
    run_sql(database, "UPDATE deliveries SET lease_until = now()")
    await ask_until_settled(service)
    assert one_value(database, states) == ["accepted"]
    assert times_told(service, people) == [1] * EVERYBODY
