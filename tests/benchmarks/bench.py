"""The service on real servers, as the measurements use it: people, approved updates, worker processes."""

import asyncio
import secrets
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import psycopg
import redis
from pydantic import SecretStr

from deploy.one_machine.postgres import EmbeddedPostgres
from deploy.one_machine.valkey import EmbeddedValkey
from service.crypto.keyservice import create_key_file, key_service
from service.crypto.keystore import KeyStore
from service.database import Transactions
from service.doorbell import Job, Lane
from service.schemes.applying import apply
from service.schemes.file import read_scheme_file
from service.schemes.reading import SchemeView, find_scheme
from service.settings import WorkerSettings
from tests.benchmarks.people import register
from tests.benchmarks.processes import NotMeasured, RunningTarget, cpu_seconds, running_target
from tests.benchmarks.target import Stats
from tests.benchmarks.words import API_KEY, SUBJECT, TEMPLATE_ID, TEXT
from tests.harness.people import Service, now, sign_everybody_in
from tests.harness.servers import TEMPLATE, Cluster, Database, StandIn
from tests.workers.processes import environment, worker_process
from workers.context import make_context

SCHEME: Final = Path(__file__).parents[2] / "deploy" / "demo" / "windrush.toml"
NO_LIMIT: Final = 60_000_000
"""Messages a minute: a pace that is asked for every batch and never in the way."""
SETTLED_SECONDS: Final = 20.0
WORDS: Final = {"subject": SUBJECT, "body": TEXT}


@dataclass(frozen=True)
class Sent:
    """What one update looked like from outside."""

    count: int
    stats: Stats
    cpu: float
    """Seconds, of all the workers that sent it."""
    attempts: int = 0
    """More than `count` where a claimed message did not leave and was planned again."""

    @property
    def seconds(self) -> float:
        return self.stats.last - self.stats.first

    @property
    def rate(self) -> float:
        return self.count / self.seconds

    @property
    def cpu_ms(self) -> float:
        return self.cpu / self.count * 1000


@dataclass
class Bench:
    """One database with people, and everything around it."""

    cluster: Cluster
    valkey: EmbeddedValkey
    target: RunningTarget
    database: Database
    keys: KeyStore
    settings: WorkerSettings
    scheme: SchemeView
    folder: Path
    """Its keys, and what else it keeps beside the database."""

    @contextmanager
    def workers(self, lane: Lane, count: int, *, rate: int = NO_LIMIT) -> Iterator[list[int]]:
        """So many worker processes, ready; their ids."""
        told = environment(
            self._at(rate),
            KEPT_UNCERTAIN_AFTER_SECONDS="120",
            KEPT_RAMP="100",
            KEPT_RAMP_WAIT_SECONDS="0",
        )
        with ExitStack() as started:
            yield [started.enter_context(worker_process(lane.value, told)).pid for _ in range(count)]

    def send(self, topic: str, pids: list[int], count: int, *, seconds: float) -> Sent:
        """Publish an update to everyone of `topic` and see it sent by the workers that run."""
        update = asyncio.run(self.approve(topic, count))
        used = sum(map(cpu_seconds, pids))
        asyncio.run(self.ring(Job.SEND, len(pids)))
        self.target.wait_for(count, seconds=seconds)
        self._wait_until_settled(update, count)
        used = sum(map(cpu_seconds, pids)) - used
        stats = self.target.stats()
        if stats.taken != count:
            raise NotMeasured(f"{stats.taken} messages came, and {count} people are told")
        return Sent(count, stats, used, self._attempts(update))

    async def approve(self, topic: str, count: int) -> UUID:
        """An approved update to the people of `topic`, who have to be `count`."""
        async with self.service() as service:
            update = await service.draft(
                {
                    "title": "A measurement",
                    "email": {"en": WORDS, "cy": WORDS},
                    "audience": {"topics": [topic]},
                }
            )
            submitted = await service.submit(update)
            if submitted.planned != count:
                raise NotMeasured(f"{submitted.planned} deliveries were planned instead of {count}")
            await service.approve(update)
        return update

    async def ring(self, job: Job, times: int = 1) -> None:
        """Ring so often that each of several workers hears one."""
        async with self.service() as service:
            for _ in range(times):
                await service.worker.doorbell.ring(job)
                await asyncio.sleep(0.1)

    @asynccontextmanager
    async def service(self) -> AsyncIterator[Service]:
        """The web's part of the work, and the care worker's, in this process."""
        sign_everybody_in()
        roles = {
            role: Transactions(SecretStr(self.database.url(role)), role=role)
            for role in ("kept_public", "kept_staff")
        }
        context = make_context(self.settings, Lane.CARE)
        try:
            yield Service(
                public=roles["kept_public"],
                staff=roles["kept_staff"],
                worker=context,
                keys=self.keys,
                notify=StandIn(self.target.url, API_KEY, self.target.http),
                scheme=self.scheme,
            )
        finally:
            await context.close()
            for each in roles.values():
                await each.close()

    def forget_the_pace(self) -> None:
        """A Valkey as new: a full burst, no rings."""
        with redis.Redis.from_url(self.valkey.url("kept_owner")) as connection:
            connection.flushall()

    def _at(self, rate: int) -> WorkerSettings:
        return self.settings.model_copy(update={"notify_rate_per_minute": rate})

    def _attempts(self, update: UUID) -> int:
        with psycopg.connect(self.database.url("kept_owner")) as connection:
            found = connection.execute(
                "SELECT sum(attempts) FROM deliveries WHERE update_id = %s", [update]
            ).fetchone()
            assert found is not None
            return int(found[0])

    def _wait_until_settled(self, update: UUID, count: int) -> None:
        until = time.monotonic() + SETTLED_SECONDS
        with psycopg.connect(self.database.url("kept_owner"), autocommit=True) as connection:
            while True:
                states: dict[str, Any] = dict(
                    connection.execute(
                        "SELECT state, count(*) FROM deliveries WHERE update_id = %s GROUP BY state", [update]
                    ).fetchall()
                )
                if states == {"accepted": count}:
                    return
                if time.monotonic() > until:
                    raise NotMeasured(f"the ledger says {states} instead of {count} accepted")
                time.sleep(0.1)


@dataclass
class Servers:
    """PostgreSQL, Valkey and the target, which all measurements of a run share."""

    cluster: Cluster
    valkey: EmbeddedValkey
    target: RunningTarget
    folder: Path

    @contextmanager
    def bench(self, topics: Mapping[str, int]) -> Iterator[Bench]:
        """The service on a new database, with the first so many people in each topic."""
        name = f"bench_{secrets.token_hex(4)}"
        folder = self.folder / name
        folder.mkdir()
        create_key_file(folder / "root.key")
        keys = KeyStore(folder / "key-store", key_service(f"file:{folder / 'root.key'}"))
        self.cluster.create(name, TEMPLATE)
        database = Database(self.cluster, name)
        try:
            scheme = asyncio.run(_scheme(database, keys))
            register(database.url(), keys, scheme, topics)
            made = Bench(
                cluster=self.cluster,
                valkey=self.valkey,
                target=self.target,
                database=database,
                keys=keys,
                settings=self._settings(database, folder),
                scheme=scheme,
                folder=folder,
            )
            made.forget_the_pace()
            yield made
        finally:
            self.cluster.drop(name)

    def _settings(self, database: Database, folder: Path) -> WorkerSettings:
        return WorkerSettings(
            database_url=SecretStr(database.url("kept_worker")),
            redis_url=SecretStr(self.valkey.url("kept_worker")),
            key_service=f"file:{folder / 'root.key'}",
            key_store=folder / "key-store",
            public_url="http://127.0.0.1:1",
            staff_url="http://127.0.0.1:2",
            notify_api_key=SecretStr(API_KEY),
            notify_base_url=self.target.url,
            notify_email_template_id=TEMPLATE_ID,
            notify_rate_per_minute=NO_LIMIT,
            witness=folder / "witness" / database.name,
        )


@contextmanager
def running_servers() -> Iterator[Servers]:
    """The servers, on a directory that is gone afterwards. PostgreSQL writes as durably as for real."""
    with tempfile.TemporaryDirectory(prefix="kept-bench-") as name:
        folder = Path(name)
        folder.chmod(0o711)  # PostgreSQL's own user has to pass through
        postgres = EmbeddedPostgres(folder / "postgres")
        try:
            postgres.start()
            with EmbeddedValkey(folder / "valkey") as valkey, running_target() as target:
                yield Servers(Cluster.prepare(postgres), valkey, target, folder)
        finally:
            postgres.discard()


async def _scheme(database: Database, keys: KeyStore) -> SchemeView:
    owner = Transactions(SecretStr(database.url("kept_owner")), role="kept_owner")
    try:
        async with owner.begin() as tx:
            await apply(tx, read_scheme_file(SCHEME), keys, actor="operator:bench", now=now())
            return await find_scheme(tx, "windrush")
    finally:
        await owner.close()
