"""The pace: everybody together stays below Notify's refill, and people's own links go first."""

import asyncio
import time

import pytest
import redis
import redis.asyncio

from deploy.one_machine.ports import free_port
from deploy.one_machine.valkey import EmbeddedValkey
from service.doorbell import Lane
from service.notify.pacing import BELOW, BUCKET, CAPACITY_BELOW, RESERVED, SILENT, LocalShare, Pace
from tests.harness.people import Service

PER_MINUTE = 6000
REFILL = PER_MINUTE / 60
NOTIFYS_BURST = PER_MINUTE / 3


async def idle() -> bool:
    return False


async def busy() -> bool:
    return True


def a_pace(server: EmbeddedValkey, rate: int = PER_MINUTE) -> Pace:
    return Pace(redis.asyncio.Redis.from_url(server.url("kept_worker")), rate_per_minute=rate)


async def test_several_workers_together_stay_below_rate_and_burst(
    valkey_server: EmbeddedValkey, empty_redis: redis.Redis
) -> None:
    paces = [a_pace(valkey_server) for _ in range(4)]
    began = time.monotonic()

    async def greedy(pace: Pace) -> int:
        given = 0
        while time.monotonic() - began < 1.0:
            given += await pace.take(Lane.URGENT, 50, sent_lately=idle)
        return given

    given = sum(await asyncio.gather(*(greedy(pace) for pace in paces)))
    elapsed = time.monotonic() - began
    assert given <= REFILL * BELOW * elapsed + NOTIFYS_BURST * CAPACITY_BELOW + 1
    # And it is no trickle either: the burst and most of the refill were given.
    assert given >= NOTIFYS_BURST * CAPACITY_BELOW + REFILL * 0.5
    for pace in paces:
        await pace.close()


async def test_bulk_leaves_a_part_for_peoples_own_links(
    valkey_server: EmbeddedValkey, empty_redis: redis.Redis
) -> None:
    pace = a_pace(valkey_server, rate=600)
    capacity = 600 / 3 * CAPACITY_BELOW
    bulk = await pace.take(Lane.BULK, 10_000, sent_lately=idle)
    assert capacity * (1 - RESERVED) - 1 <= bulk <= capacity * (1 - RESERVED) + 1
    assert await pace.take(Lane.BULK, 10_000, sent_lately=idle) <= 2
    assert await pace.take(Lane.URGENT, 10_000, sent_lately=idle) >= capacity * RESERVED - 2
    await pace.close()


async def test_nobody_gets_more_than_they_want(
    valkey_server: EmbeddedValkey, empty_redis: redis.Redis
) -> None:
    pace = a_pace(valkey_server)
    assert await pace.take(Lane.BULK, 7, sent_lately=idle) == 7
    assert await pace.take(Lane.BULK, 0, sent_lately=idle) == 0
    await pace.close()


async def test_the_first_429_silences_everybody(
    valkey_server: EmbeddedValkey, empty_redis: redis.Redis
) -> None:
    one, other = a_pace(valkey_server), a_pace(valkey_server)
    assert await other.take(Lane.BULK, 5, sent_lately=idle) == 5
    await one.silence()
    assert await other.take(Lane.BULK, 5, sent_lately=idle) == 0
    assert await other.take(Lane.URGENT, 5, sent_lately=idle) == 0
    silence = empty_redis.pttl(SILENT)
    assert isinstance(silence, int)
    assert 4000 < silence <= 8000
    # After it nobody bursts: the bucket begins empty, because something was sent a moment ago.
    empty_redis.delete(SILENT)
    assert await other.take(Lane.BULK, 5, sent_lately=busy) == 0
    for pace in (one, other):
        await pace.close()


@pytest.mark.parametrize(("lately", "least", "most"), [(busy, 0, 0), (idle, 50, 50)])
async def test_a_bucket_that_is_gone_is_full_only_where_nothing_was_sent_lately(
    valkey_server: EmbeddedValkey, empty_redis: redis.Redis, lately: object, least: int, most: int
) -> None:
    pace = a_pace(valkey_server)
    assert callable(lately)
    given = await pace.take(Lane.BULK, 50, sent_lately=lately)
    assert least <= given <= most
    assert empty_redis.exists(BUCKET)
    await pace.close()


async def test_postgresql_knows_whether_something_was_sent_lately(
    service: Service, empty_redis: redis.Redis
) -> None:
    assert await service.worker.permits(5) == 5
    await service.person()
    empty_redis.delete(BUCKET)
    assert await service.worker.permits(5) == 0


@pytest.mark.parametrize("sharers", [1, 4])
async def test_without_redis_each_worker_takes_its_share_of_the_refill_and_no_burst(sharers: int) -> None:
    gone = redis.asyncio.Redis(port=free_port(), socket_connect_timeout=1, socket_timeout=1)
    pace = Pace(gone, rate_per_minute=PER_MINUTE)
    pace.sharers = sharers
    began = time.monotonic()
    given = await pace.take(Lane.BULK, 100, sent_lately=idle)
    while given < 20:
        await asyncio.sleep(0.01)
        given += await pace.take(Lane.BULK, 100, sent_lately=idle)
    assert given <= (time.monotonic() - began) * REFILL / sharers
    await pace.silence()
    await asyncio.sleep(0.2)
    assert await pace.take(Lane.BULK, 100, sent_lately=idle) == 0
    await pace.close()


async def test_whoever_comes_back_to_redis_empties_the_bucket_that_refilled_meanwhile(
    valkey_server: EmbeddedValkey, empty_redis: redis.Redis
) -> None:
    async def sent() -> bool:
        return True

    connection = redis.asyncio.Redis.from_url(valkey_server.url("kept_worker"))
    pace = Pace(connection, rate_per_minute=PER_MINUTE)
    assert await pace.take(Lane.BULK, 10, sent_lately=idle) == 10
    pace._alone = LocalShare()  # It went on without Redis for a while.
    assert await pace.take(Lane.BULK, 100, sent_lately=sent) == 0
    await pace.close()


async def test_a_redis_that_comes_back_is_used_again(
    valkey_server: EmbeddedValkey, empty_redis: redis.Redis
) -> None:
    connection = redis.asyncio.Redis.from_url(valkey_server.url("kept_worker"))
    pace = Pace(connection, rate_per_minute=PER_MINUTE)
    assert await pace.take(Lane.BULK, 10, sent_lately=idle) == 10
    empty_redis.client_kill_filter(skipme=True)
    await pace.take(Lane.BULK, 10, sent_lately=idle)
    assert await pace.take(Lane.BULK, 10, sent_lately=idle) == 10
    await pace.close()
