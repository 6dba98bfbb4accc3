"""The doorbell: many rings are one, and a ring that is lost costs nothing but seconds."""

import asyncio
import socket
import time

import redis
from pydantic import SecretStr

from deploy.one_machine.ports import free_port
from deploy.one_machine.valkey import EmbeddedValkey
from service.doorbell import Doorbell, Job, Lane, queue_name, worker


async def test_rings_close_together_are_one(valkey_server: EmbeddedValkey) -> None:
    url = SecretStr(valkey_server.url("kept_web"))
    doorbells = [Doorbell.at(url) for _ in range(5)]  # As many processes.
    with redis.Redis.from_url(valkey_server.url("kept_owner")) as owner:
        for doorbell in doorbells:
            await doorbell.ring(Job.CHANGES)  # Connects: the rings below then fall together.
        owner.flushdb()
        for _ in range(10):
            for doorbell in doorbells:
                await doorbell.ring(Job.INTAKE)
        waiting = owner.zcard(queue_name(Lane.URGENT))
        assert isinstance(waiting, int)
        assert 1 <= waiting <= 5
        for key in owner.keys("arq:job:*"):
            assert b"@" not in (owner.get(key) or b"")
        owner.flushdb()
    for doorbell in doorbells:
        await doorbell.close()


async def test_a_ring_while_redis_is_gone_neither_raises_nor_waits_long() -> None:
    doorbell = Doorbell.at(SecretStr(f"redis://127.0.0.1:{free_port()}/0"))
    began = time.monotonic()
    for job in Job:
        await doorbell.ring(job)
    assert time.monotonic() - began < 3
    await doorbell.close()


async def test_a_ring_to_a_redis_that_says_nothing_is_given_up() -> None:
    silent = socket.create_server(("127.0.0.1", 0))
    port = silent.getsockname()[1]
    doorbell = Doorbell.at(SecretStr(f"redis://127.0.0.1:{port}/0"))
    began = time.monotonic()
    await doorbell.ring(Job.SEND)
    assert time.monotonic() - began < 6
    await doorbell.close()
    silent.close()


async def test_a_ring_is_answered_once_and_a_ring_during_the_work_once_more(
    valkey_server: EmbeddedValkey,
) -> None:
    url = SecretStr(valkey_server.url("kept_worker"))
    doorbell = Doorbell.at(url)
    with redis.Redis.from_url(valkey_server.url("kept_owner")) as owner:
        owner.flushdb()
    answered: list[float] = []
    first = asyncio.Event()
    at_once = 0

    async def answer() -> None:
        nonlocal at_once
        at_once += 1
        assert at_once == 1
        answered.append(time.monotonic())
        first.set()
        await asyncio.sleep(0.4)
        at_once -= 1

    async def nothing() -> None:
        return None

    process = worker(
        Lane.BULK, url, {Job.SEND: answer}, sweep_seconds={}, on_startup=nothing, on_shutdown=nothing
    )
    process._handle_signals = False
    running = asyncio.create_task(process.async_run())
    await doorbell.ring(Job.SEND)
    await asyncio.wait_for(first.wait(), 10)
    await doorbell.ring(Job.SEND)
    await asyncio.sleep(1.0)
    assert len(answered) == 2
    assert answered[1] - answered[0] >= 0.4
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await process.close()
    await doorbell.close()
