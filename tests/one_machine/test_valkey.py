"""The embedded Valkey: the web processes ring and count, and nothing passes through to a disk."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import redis
from arq.connections import RedisSettings, create_pool
from arq.worker import Worker, func
from redis.exceptions import NoPermissionError

from deploy.one_machine.processes import url_as
from deploy.one_machine.valkey import USERS, EmbeddedValkey, make_users
from tests.one_machine.watching import alive, comes_true, said, script


@asynccontextmanager
async def signed_in(valkey: EmbeddedValkey, user: str) -> AsyncIterator[Any]:
    pool = await create_pool(RedisSettings.from_dsn(url_of_user(valkey, user)))
    try:
        yield pool
    finally:
        await pool.aclose()


def url_of_user(valkey: EmbeddedValkey, user: str) -> str:
    assert user in {"kept_web", "kept_worker"}
    return valkey.url("kept_web" if user == "kept_web" else "kept_worker")


async def test_a_web_process_rings_and_a_worker_hears(valkey: EmbeddedValkey) -> None:
    heard = []

    async def intake(ctx: dict[Any, Any], *args: Any, **kwargs: Any) -> None:
        heard.append("intake")

    async with signed_in(valkey, "kept_web") as web, signed_in(valkey, "kept_worker") as worker:
        assert await web.enqueue_job("intake", _job_id="one") is not None
        assert await web.enqueue_job("intake", _job_id="one") is None
        assert await web.enqueue_job("intake", _queue_name="arq:queue:care") is not None
        burst = Worker(
            [func(intake, name="intake", keep_result=0)],
            redis_pool=worker,
            burst=True,
            handle_signals=False,
            poll_delay=0.01,
        )
        await burst.main()

    assert heard == ["intake"]


async def test_a_web_process_counts(valkey: EmbeddedValkey) -> None:
    async with signed_in(valkey, "kept_web") as web:
        assert await web.incr("kept:count:here") == 1
        assert await web.incr("kept:count:here") == 2
        assert await web.expire("kept:count:here", 60)


@pytest.mark.parametrize(
    "command",
    [
        "GET arq:job:one",
        "GET kept:count:here",
        "ZRANGE arq:queue 0 -1",
        "ZADD kept:elsewhere 1 one",
        "PSETEX kept:elsewhere 1000 one",
        "INCR kept:pace",
        "DEL arq:job:one",
        "KEYS *",
        "SCAN 0",
        "DUMP arq:job:one",
        "SUBSCRIBE any",
        "FLUSHALL",
        "FLUSHDB",
        "CONFIG GET *",
        "ACL LIST",
        "INFO",
        "EVAL return(1) 0",
    ],
)
async def test_a_web_process_does_nothing_else(valkey: EmbeddedValkey, command: str) -> None:
    async with signed_in(valkey, "kept_web") as web:
        await web.enqueue_job("intake", _job_id="one")
        with pytest.raises(NoPermissionError):
            await web.execute_command(*command.split())


@pytest.mark.parametrize(
    "command", ["CONFIG SET dir /", "FLUSHALL", "SHUTDOWN", "ACL LIST", "REPLICAOF no one"]
)
async def test_a_worker_has_no_power_over_the_server(valkey: EmbeddedValkey, command: str) -> None:
    async with signed_in(valkey, "kept_worker") as worker:
        with pytest.raises(NoPermissionError):
            await worker.execute_command(*command.split())


@pytest.mark.parametrize("user", ["", "default:", "default:wrong", "kept_web:wrong", "kept_worker:"])
def test_nobody_gets_in_without_the_right_password(valkey: EmbeddedValkey, user: str) -> None:
    client = redis.Redis.from_url(f"redis://{user}@127.0.0.1:{valkey.port}/0")

    with client, pytest.raises((redis.AuthenticationError, redis.ResponseError)):
        client.ping()


def test_passwords_are_not_in_the_process_list(valkey: EmbeddedValkey, data_dir: Path) -> None:
    assert valkey.process is not None
    seen = Path(f"/proc/{valkey.process.pid}/cmdline").read_text()
    seen += Path(f"/proc/{valkey.process.pid}/environ").read_text()

    assert "valkey-server" in seen or "redis-server" in seen
    for path in (data_dir / "secrets").iterdir():
        assert path.read_text() not in seen


def test_nothing_is_kept_over_a_restart(valkey: EmbeddedValkey) -> None:
    with redis.Redis.from_url(valkey.url("kept_worker")) as client:
        client.set("passed", "through")
    valkey.stop()

    valkey.start()

    with redis.Redis.from_url(valkey.url("kept_worker")) as client:
        assert client.get("passed") is None


def test_it_comes_back_on_the_same_port(valkey: EmbeddedValkey) -> None:
    url = valkey.url("kept_web")
    assert valkey.process is not None
    valkey.process.kill()
    valkey.process.wait()

    valkey.start()

    with redis.Redis.from_url(url) as client:
        assert client.ping()


def test_it_ends_with_the_one_who_started_it(data_dir: Path) -> None:
    starter = script(
        """
        import sys, time
        from pathlib import Path
        from deploy.one_machine.valkey import EmbeddedValkey
        with EmbeddedValkey(Path(sys.argv[1])) as valkey:
            print(valkey.process.pid, flush=True)
            time.sleep(60)
        """,
        str(data_dir),
    )
    server = int(said(starter))
    assert alive(server)

    starter.kill()
    starter.communicate()

    assert comes_true(lambda: not alive(server))


async def test_a_server_that_is_not_ours_gets_the_same_users(valkey: EmbeddedValkey) -> None:
    make_users(valkey.url("kept_owner"), dict.fromkeys(USERS, "another-password"))

    pool = await create_pool(
        RedisSettings.from_dsn(url_as(valkey.url("kept_web"), "kept_web", "another-password"))
    )
    try:
        assert await pool.enqueue_job("intake", _job_id="one") is not None
        with pytest.raises(NoPermissionError):
            await pool.get("arq:job:one")
    finally:
        await pool.aclose()
