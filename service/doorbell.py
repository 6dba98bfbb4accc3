"""The doorbell: how one process tells another that there is work. The only file that knows arq.

PostgreSQL is the truth; a job carries a name and nothing else. Losing a ring, or all of Redis, costs
the seconds until the next sweep, and no more. arq is in maintenance: another queue would replace this
file (docs/decisions/0004).
"""

import json
import os
import socket
import time
from collections.abc import Awaitable, Callable, Mapping
from enum import StrEnum
from typing import Any, Final, Self

import arq
import arq.connections
import redis.asyncio
from pydantic import SecretStr
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff
from redis.exceptions import RedisError

from service.observability import log


class Lane(StrEnum):
    """One queue, and the kind of worker process that answers it."""

    URGENT = "urgent"
    BULK = "bulk"
    CARE = "care"


class Job(StrEnum):
    """Everything that can be rung for. Each finds its own work in PostgreSQL."""

    INTAKE = "intake"
    CHANGES = "changes"
    CONFIRM = "confirm"
    PLAN = "plan"
    SEND = "send"
    RECEIPTS = "receipts"
    CERTIFY = "certify"
    ASK_NOTIFY = "ask_notify"
    TIDY = "tidy"
    POLL = "poll"
    WITNESS = "witness"
    COMPARE = "compare"
    REPLIES = "replies"
    ERRANDS = "errands"
    TEST_SENDS = "test_sends"
    """Apart from the other errands: Notify may be slow, and nobody else has to wait for it."""
    TELL = "tell"
    CASEWORK = "casework"
    """What a caseworker waits for: a search, a reveal, a registration, another address."""
    WORK_ITEMS = "work_items"
    EXPORTS = "exports"
    RELEASES = "releases"
    IMPORTS = "imports"


LANES: Final[Mapping[Job, Lane]] = {
    Job.INTAKE: Lane.URGENT,
    Job.CHANGES: Lane.URGENT,
    Job.CONFIRM: Lane.URGENT,
    Job.PLAN: Lane.CARE,
    Job.SEND: Lane.BULK,
    Job.RECEIPTS: Lane.CARE,
    Job.CERTIFY: Lane.CARE,
    Job.ASK_NOTIFY: Lane.CARE,
    Job.TIDY: Lane.CARE,
    Job.POLL: Lane.CARE,
    Job.WITNESS: Lane.CARE,
    Job.COMPARE: Lane.CARE,
    Job.REPLIES: Lane.URGENT,
    Job.ERRANDS: Lane.URGENT,
    Job.TEST_SENDS: Lane.URGENT,
    Job.TELL: Lane.URGENT,
    Job.CASEWORK: Lane.URGENT,
    Job.WORK_ITEMS: Lane.URGENT,
    Job.EXPORTS: Lane.CARE,
    Job.RELEASES: Lane.URGENT,
    Job.IMPORTS: Lane.CARE,
}

BUCKET_MS: Final = 100
"""Rings for one job within this time are one ring, answered at its end."""

SHORT_SECONDS: Final = 180
LONG: Final = frozenset({Job.COMPARE, Job.EXPORTS, Job.IMPORTS})
"""Jobs that read page after page: Notify's list of seven days after a restore, everybody of a list."""
LONG_SECONDS: Final = 3600

Handler = Callable[[], Awaitable[None]]

LOST: Final = (RedisError, OSError, TimeoutError)


def _to_json(value: dict[str, Any]) -> bytes:
    return json.dumps(value).encode()


class Doorbell:
    """Rings. It never raises and never waits long: work is already in PostgreSQL when it is used."""

    def __init__(self, pool: arq.ArqRedis) -> None:
        self._pool = pool
        self._rung: dict[Job, int] = {}
        """The bucket that each job was last rung for: a busy process asks Redis once for each."""

    @classmethod
    def at(cls, url: SecretStr) -> Self:
        """A doorbell that connects when it is first rung."""
        # arq pickles unless told otherwise, and a planted pickle runs a command (security.md, Residue).
        connection: Any = redis.asyncio.ConnectionPool.from_url(
            url.get_secret_value(), socket_connect_timeout=1, socket_timeout=2
        )
        return cls(arq.ArqRedis(connection, job_serializer=_to_json, job_deserializer=json.loads))

    async def ring(self, job: Job) -> None:
        """Say that there is work for `job`."""
        now = time.time_ns() // 1_000_000
        bucket = now // BUCKET_MS + 1
        if self._rung.get(job) == bucket:
            return
        self._rung[job] = bucket
        try:
            # Answered when its bucket has ended, so that it never misses work rung for within it.
            await self._pool.enqueue_job(
                job.value,
                _job_id=f"{job.value}:{bucket}",
                _queue_name=queue_name(LANES[job]),
                _defer_by=(bucket * BUCKET_MS - now) / 1000,
                _expires=60,
            )
        except LOST as error:
            self._rung.pop(job, None)
            log.warning("a ring was lost", job=job.value, error=error)

    async def close(self) -> None:
        await self._pool.aclose()
        await self._pool.connection_pool.disconnect()


def queue_name(lane: Lane) -> str:
    return f"arq:queue:{lane.value}"


def worker(
    lane: Lane,
    url: SecretStr,
    handlers: Mapping[Job, Handler],
    *,
    sweep_seconds: Mapping[Job, int],
    on_startup: Handler,
    on_shutdown: Handler,
) -> arq.Worker:
    """An arq worker that answers `lane`'s rings, and looks for work anyway every so many seconds.

    A job runs one at a time in a process, its sweep included. Jobs are short: after a SIGKILL arq
    would run one again only after its timeout, and the sweeps are quicker.
    """
    settings = arq.connections.RedisSettings.from_dsn(url.get_secret_value())
    # Without these a restart of Redis ends the worker (stack.md).
    settings.retry = Retry(ExponentialBackoff(cap=2, base=0.1), 30)
    settings.retry_on_error = [redis.exceptions.ConnectionError, redis.exceptions.TimeoutError]
    functions = [_answer(job, handler) for job, handler in handlers.items()]
    return arq.Worker(
        functions=functions,
        queue_name=queue_name(lane),
        redis_settings=settings,
        cron_jobs=[
            arq.cron(
                function.coroutine,
                name=f"sweep:{function.name}",
                second=set(range(0, 60, sweep_seconds[Job(function.name)])),
                timeout=function.timeout_s,
                keep_result=0,
                unique=False,
            )
            for function in functions
            if Job(function.name) in sweep_seconds
        ],
        on_startup=_without_context(on_startup),
        on_shutdown=_without_context(on_shutdown),
        max_jobs=20,
        job_timeout=SHORT_SECONDS,
        job_completion_wait=0,
        keep_result=0,
        poll_delay=0.05,
        max_tries=1,
        job_serializer=_to_json,
        job_deserializer=json.loads,
        health_check_key=f"kept:health:{lane.value}:{socket.gethostname()}:{os.getpid()}",
        health_check_interval=10,
        log_results=False,
        handle_signals=True,
    )


def _without_context(handler: Handler) -> Any:
    async def call(ctx: dict[Any, Any]) -> None:
        await handler()

    return call


def _answer(job: Job, handler: Handler) -> arq.worker.Function:
    running = False
    again = False

    async def answer(ctx: dict[Any, Any], *args: Any, **kwargs: Any) -> None:
        # Rung while it runs: it looks once more, instead of twice at once.
        nonlocal running, again
        if running:
            again = True
            return
        running = True
        try:
            again = True
            while again:
                again = False
                await handler()
        except Exception as error:
            log.error("a job failed", job=job.value, error=error)
        finally:
            running = False

    timeout = LONG_SECONDS if job in LONG else SHORT_SECONDS
    return arq.worker.func(answer, name=job.value, keep_result=0, timeout=timeout, max_tries=1)
