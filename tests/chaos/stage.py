"""The stage: real servers, real processes, people who have confirmed, and a clock that ticks for them all.

A stage outlives a test: each scenario is an update of its own to the same people. One that was left in
the middle is thrown away.
"""

import asyncio
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import psycopg
import redis
from pydantic import SecretStr

from deploy.one_machine.ports import free_port
from deploy.one_machine.processes import basics
from deploy.one_machine.valkey import EmbeddedValkey
from service.crypto.keystore import KeyStore
from service.doorbell import Doorbell, Job
from service.notify.pacing import BUCKET, CAPACITY_BELOW, RESERVED, SILENT
from service.schemes.applying import apply
from service.schemes.file import read_scheme_file
from tests.chaos.crew import KINDS, Crew, Kind
from tests.chaos.freezing import Freezer, install
from tests.chaos.notify import CALLBACK_TOKEN, Notify
from tests.chaos.office import TOPIC, Office
from tests.harness.people import now
from tests.harness.servers import EMAIL_TEMPLATE, Cluster, Database

SCHEME_FILE: Final = Path(__file__).parents[2] / "deploy" / "demo" / "windrush.toml"
ALL: Final = 1e9
RING_SECONDS: Final = 0.7
RUNG_FOR: Final = tuple(job for job in Job if job is not Job.TIDY)
NIGHT_SECONDS: Final = 3.0
"""From the day's last message to midnight."""


class Stage:
    """Everything that runs, and what can be done to it.

    `rate` is per minute. Where `real_leases` is false, the leases of processes that are dead for certain
    are ended by hand, and jobs are rung for all the time: nothing waits but what has to.
    """

    def __init__(
        self,
        folder: Path,
        *,
        cluster: Cluster,
        valkey: EmbeddedValkey,
        keys: KeyStore,
        key_file: Path,
        rate: int,
        real_leases: bool = False,
    ) -> None:
        self.cluster = cluster
        self.database = Database(cluster, f"chaos_{uuid4().hex[:12]}")
        self.valkey = valkey
        self.keys = keys
        self.rate = rate
        self.real_leases = real_leases
        self.people: list[str] = []
        self.sound = True
        cluster.create(self.database.name, "template_of_tests")
        self.office = Office(self.database)
        with self.database.connect() as owner:
            install(owner)
        self.office.as_owner(
            lambda tx: apply(tx, read_scheme_file(SCHEME_FILE), keys, actor="operator:test", now=now())
        )
        self.witness = folder / "witness"
        self.witness.mkdir()
        port = free_port()
        self.notify = Notify(folder, callback_port=port, rate_per_minute=rate)
        self.crew = Crew(self._environments(folder, key_file), port, folder)
        self.freezer = Freezer(self.database.url(), self.database.url("postgres"))
        self._owner: psycopg.Connection[Any] | None = None
        self._killed: set[Kind] = set()
        self._rung_at = 0.0
        self._midnight_at: float | None = None
        self._drained_until: tuple[str, ...] = ()

    def open(self, people: int) -> None:
        """Start the processes, and have so many people register and confirm."""
        self.crew.start(*KINDS)
        self.people = self.register(people)
        self.until(self.confirmations_sent, "everybody has a link")
        self.until(lambda: self.notify.counts()["callbacks_waiting"] == 0, "their receipts are here")
        bodies = self.notify.bodies()
        self.office.confirm([bodies[address][-1] for address in self.people])

    def register(self, count: int, *, topic: str = TOPIC) -> list[str]:
        """So many new people drop a form into the letterbox; their addresses."""
        addresses = [f"p.{uuid4().hex[:12]}@example.com" for _ in range(count)]
        self.office.register(addresses, topic=topic)
        return addresses

    def confirmations_sent(self) -> bool:
        """Whether nothing in the letterbox, or of anybody's confirmation, is under way any more."""
        left = self.value(
            "SELECT (SELECT count(*) FROM intake) "
            "+ (SELECT count(*) FROM confirmations WHERE state IN ('due', 'claimed', 'uncertain'))"
        )
        return bool(left == 0)

    def put_right(self, *, level: float = ALL) -> None:
        """As at first: the usual processes, no faults, and `level` permits for updates in the pace."""
        self.crew.dismiss()
        self.notify.put_right()
        self.freezer.clear()
        self._drained_until = ()
        capacity = self.rate / 3 * CAPACITY_BELOW
        with self._redis() as client:
            seconds, micro = client.time()
            level = min(capacity, capacity * RESERVED + level)
            client.delete(SILENT)
            client.hset(BUCKET, mapping={"level": str(level), "at": f"{seconds}.{micro:06d}"})

    def kill(self, kind: Kind) -> None:
        """SIGKILL."""
        self.crew.kill(kind)
        self._killed.add(kind)

    def pause(self, kind: Kind, seconds: float) -> None:
        """SIGSTOP, and SIGCONT so many seconds later."""
        self.crew.pause(kind, seconds)

    def pause_everything(self, seconds: float) -> None:
        """SIGSTOP to every process of the service at once."""
        for kind in KINDS:
            self.crew.pause(kind, seconds)

    def flush_redis(self) -> None:
        with self._redis() as client:
            client.flushall()

    def restart_valkey(self) -> None:
        """SIGKILL, and a new one that knows nothing."""
        assert self.valkey.process is not None
        self.valkey.process.kill()
        self.valkey.process.wait()
        self.valkey.start()

    def restart_postgres(self, *, kill: bool) -> None:
        """SIGKILL to the whole server, or a fast shutdown; and it comes back."""
        process = self.cluster.server.process
        assert process is not None
        if kill:
            process.kill()
            process.wait()
        self.forget_connections()
        self.cluster.server.start()
        self.freezer.arm_again()

    def use_the_day_up(self, *, but: int) -> None:
        """The daily limit allows so many more; a while after it was reached comes midnight."""
        self.notify.allow_today(but)
        self._midnight_at = 2 * ALL

    def drain_until(self, *points: str) -> None:
        """Another system uses up what Notify allows, until somebody has come to one of these points."""
        self._drained_until = points

    def tick(self) -> None:
        """What happens by itself while a test waits."""
        self.end_leases()
        self.crew.tick()
        self._turn_the_day()
        if any(point.startswith(self._drained_until) for point in self.freezer.armed):
            self.notify.drain()
        if not self.real_leases and time.monotonic() - self._rung_at > RING_SECONDS:
            asyncio.run(self._ring())
            self._rung_at = time.monotonic()

    def until(self, condition: Any, saying: str, *, seconds: float = 60) -> None:
        """Tick until it holds."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            with suppress(psycopg.OperationalError):
                self.tick()
                if condition():
                    return
            time.sleep(0.1)
        raise AssertionError(f"it did not come to pass that {saying}")

    def value(self, query: str, *values: object) -> Any:
        """The one value that a query gives, as the owner."""
        rows = self.rows(query, *values)
        return rows[0][0] if rows else None

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        try:
            if self._owner is None:
                self._owner = self.database.connect()
            cursor = self._owner.execute(query, values)
            return cursor.fetchall() if cursor.description else []
        except psycopg.OperationalError:
            self.forget_connections()
            raise

    def is_witnessed(self) -> bool:
        """Whether the witness knows the newest hand-over: workers tell it every five seconds."""
        newest = self.value("SELECT reference FROM attempts ORDER BY started_at DESC, id LIMIT 1")
        file = self.witness / "newest-attempt.json"
        return file.exists() and newest in file.read_text()

    def close(self) -> None:
        """End the processes, and throw the database away."""
        self.forget_connections()
        self.crew.close()
        self.notify.close()
        self.cluster.drop(self.database.name)

    def _turn_the_day(self) -> None:
        if self._midnight_at is None:
            return
        if self._midnight_at > ALL and self.notify.day_is_used_up():
            self._midnight_at = time.monotonic() + NIGHT_SECONDS
        elif time.monotonic() > self._midnight_at:
            self._midnight_at = None
            self.notify.next_day()
            self.rows("UPDATE holds SET ends_at = now() WHERE set_by = 'worker:daily-limit'")

    def end_leases(self) -> None:
        """What processes that are dead for certain had claimed need not wait for its lease to end."""
        killed, self._killed = self._killed, set()
        if not killed or self.real_leases:
            return
        time.sleep(0.2)  # Their last transactions end without them.
        # What somebody else stands in the middle of is theirs.
        if "bulk" in killed:
            self.rows(
                "UPDATE deliveries SET lease_until = now() WHERE id IN "
                "(SELECT id FROM deliveries WHERE state = 'claimed' FOR UPDATE SKIP LOCKED)"
            )
        if "urgent" in killed:
            self.rows("UPDATE confirmations SET try_at = now() WHERE state = 'claimed'")

    async def _ring(self) -> None:
        bell = Doorbell.at(SecretStr(self.valkey.url("kept_worker")))
        for job in RUNG_FOR:
            await bell.ring(job)
        await bell.close()

    def forget_connections(self) -> None:
        """After PostgreSQL has ended them."""
        self.freezer.close()
        if self._owner is not None:
            with suppress(psycopg.Error):
                self._owner.close()
            self._owner = None

    def _redis(self) -> "redis.Redis":
        return redis.Redis.from_url(self.valkey.url("kept_owner"))

    def _environments(self, folder: Path, key_file: Path) -> Mapping[Kind, Mapping[str, str]]:
        worker = basics({}) | {
            "KEPT_DATABASE_URL": self.database.url("kept_worker"),
            "KEPT_REDIS_URL": self.valkey.url("kept_worker"),
            "KEPT_KEY_SERVICE": f"file:{key_file}",
            "KEPT_KEY_STORE": str(key_file.parent / "key-store"),
            "KEPT_PUBLIC_URL": "http://127.0.0.1:1",
            "KEPT_STAFF_URL": "http://127.0.0.1:2",
            "KEPT_NOTIFY_API_KEY": self.notify.api_key,
            "KEPT_NOTIFY_BASE_URL": self.notify.url,
            "KEPT_NOTIFY_EMAIL_TEMPLATE_ID": EMAIL_TEMPLATE,
            "KEPT_NOTIFY_RATE_PER_MINUTE": str(self.rate),
            "KEPT_UNCERTAIN_AFTER_SECONDS": "1",
            "KEPT_RAMP": "100",
            "KEPT_RAMP_WAIT_SECONDS": "0",
            "KEPT_WITNESS": str(self.witness),
        }
        callbacks = basics({}) | {
            "KEPT_DATABASE_URL": self.database.url("kept_callbacks"),
            "KEPT_REDIS_URL": self.valkey.url("kept_web"),
            "KEPT_NOTIFY_CALLBACK_TOKEN": CALLBACK_TOKEN,
        }
        return {"urgent": worker, "bulk": worker, "care": worker, "callbacks": callbacks}
