"""What passes through Redis and through errors: names, and MACs (checks 14, 15, 18)."""

import asyncio
import contextlib
import io
import json
import logging
import os
import pickle
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import redirect_stderr
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import redis
import structlog
from pydantic import SecretStr
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError
from sqlmodel import col

from deploy.one_machine.valkey import EmbeddedValkey
from service.crypto.keystore import Purpose
from service.doorbell import Doorbell, Job, Lane, queue_name
from service.observability import configure_logging, log
from service.registrations.tables import Contact
from tests.harness.people import Service, now, somebody
from tests.harness.servers import Cluster
from tests.security.places import keyspace
from tests.security.scanning import Scanner
from tests.security.sentinel import DETAILS, EMAIL, FORM, WHOLE, eventually

ROOT = Path(__file__).parents[2]
FOR_REDIS = ("arq:", "kept:")


@pytest.fixture
def behind(valkey_server: EmbeddedValkey) -> Iterator[Any]:
    """Redis, seen by its owner."""
    with redis.Redis.from_url(valkey_server.url("kept_owner")) as client:
        yield client


async def test_a_ring_holds_the_name_of_a_job_and_nothing_else(
    valkey_server: EmbeddedValkey, behind: Any
) -> None:
    behind.flushdb()
    doorbell = Doorbell.at(SecretStr(valkey_server.url("kept_web")))
    for job in Job:
        await doorbell.ring(job)
    await doorbell.close()

    jobs: list[dict[str, Any]] = [
        json.loads(value) for key in behind.scan_iter("arq:job:*") if (value := behind.get(key))
    ]

    assert sorted(job["f"] for job in jobs) == sorted(Job)
    for payload in jobs:
        assert payload["a"] == []
        assert payload["k"] == {}
        assert set(payload) == {"t", "f", "a", "k", "et"}
    names = [key.decode() for key in behind.scan_iter()]
    assert all(name.startswith(FOR_REDIS) for name in names)


async def test_nothing_in_redis_outlives_a_minute_but_the_queues(
    valkey_server: EmbeddedValkey, behind: Any
) -> None:
    """A payload that nobody takes goes by itself; a queue holds job ids."""
    behind.flushdb()
    doorbell = Doorbell.at(SecretStr(valkey_server.url("kept_web")))
    await doorbell.ring(Job.INTAKE)
    await doorbell.close()

    lasting = [key.decode() for key in behind.scan_iter() if behind.ttl(key) == -1]

    assert lasting == [queue_name(Lane.URGENT)]
    assert all(behind.ttl(key) <= 61 for key in behind.scan_iter("arq:job:*"))


async def test_redis_keeps_nothing_on_a_disk(behind: Any) -> None:
    assert behind.config_get("save") == {"save": ""}
    assert behind.config_get("appendonly") == {"appendonly": "no"}


class Planted:
    """Runs a command when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, (f"touch {self.mark}",)


@pytest.mark.timeout(120)
async def test_15_a_pickle_planted_in_redis_does_not_run(
    service: Service,
    valkey_server: EmbeddedValkey,
    behind: Any,
    worker_environment: dict[str, str],
    tmp_path: Path,
) -> None:
    """By the web processes' own user, who may write there; for a real worker, which goes on working."""
    mark, proof = tmp_path / "planted", tmp_path / "proof"
    pickle.loads(pickle.dumps({"t": 1, "f": Planted(proof), "a": (), "k": {}, "et": 1}))
    assert proof.exists()  # It would run, if anybody unpickled it.
    with redis.Redis.from_url(valkey_server.url("kept_web")) as web:
        for number, thing in enumerate(("t", "f", "a", "k", "et", None)):
            payload = {"t": 1, "f": "intake", "a": [], "k": {}, "et": 1}
            planted: Any = payload | {thing: Planted(mark)} if thing else Planted(mark)
            for name in (f"planted-{number}", f"intake:{number}"):
                web.psetex(f"arq:job:{name}", 60_000, pickle.dumps(planted, protocol=number % 5))
                web.zadd(queue_name(Lane.URGENT), {name: time.time() * 1000 - 1000})
    address = somebody("planted")
    await service.drop(address)

    worker = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "workers", "urgent"),
        env={"PATH": os.environ["PATH"], **worker_environment},
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        await asyncio.to_thread(
            eventually, lambda: service.notify.inbox(address) or None, "a confirmation from that worker"
        )
        await asyncio.to_thread(
            eventually,
            lambda: (
                None if behind.zrangebyscore(queue_name(Lane.URGENT), 0, time.time() * 1000 - 500) else True
            ),
            "the end of what was planted",
        )
        assert worker.returncode is None
    finally:
        worker.terminate()
        await asyncio.wait_for(worker.wait(), 20)
        behind.flushdb()
    assert not mark.exists()


async def test_a_result_of_a_job_is_not_kept(
    service: Service, valkey_server: EmbeddedValkey, behind: Any
) -> None:
    await service.person()

    assert list(behind.scan_iter("arq:result:*")) == []
    scanner = Scanner(DETAILS, whole=WHOLE)
    assert scanner.scan_all(keyspace(valkey_server.url("kept_owner"))) == []


async def test_18_a_forced_unique_violation_says_a_mac_and_no_address(
    service: Service, cluster: Cluster
) -> None:
    await service.register(EMAIL, **{name: FORM[name] for name in ("name", "mobile", "postal_address")})
    async with service.worker.transactions.begin() as tx:
        contact = (await tx.execute(select(Contact))).scalar_one()
    mac = bytes(contact.blind_index).hex()
    before = cluster.server.log.stat().st_size

    said = io.StringIO()
    with redirect_stderr(said), restored_logging():
        configure_logging("json")
        row = {**contact.model_dump(), "id": service.scheme.id, "created_at": now()}
        with pytest.raises(IntegrityError) as refused:
            await again(service, row)
        log.error("it was there", error=refused.value)

    log_of_postgres = cluster.server.log.read_bytes()[before:]
    scanner = Scanner(DETAILS, whole=WHOLE)
    exception = f"{refused.value!r} {refused.value} {refused.value.orig!r} {vars(refused.value)}"
    assert "one_contact_an_address" in exception
    assert "SQL parameters hidden" in exception  # Else what was to be stored would be in every traceback.
    assert mac in exception
    assert b"one_contact_an_address" in log_of_postgres
    assert mac.encode() not in log_of_postgres  # DETAIL is not logged; it would be a MAC if it were.
    assert '"constraint": "one_contact_an_address"' in said.getvalue()
    for where, data in (
        ("exception", exception.encode()),
        ("PostgreSQL's log", log_of_postgres),
        ("our log", said.getvalue().encode()),
    ):
        assert scanner.scan(where, data) == []


async def again(service: Service, row: dict[str, Any]) -> None:
    async with service.worker.transactions.begin() as tx:
        await tx.execute(insert(Contact).values(**row))


@contextlib.contextmanager
def restored_logging() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    try:
        yield
    finally:
        root.handlers[:], root.level = handlers, level
        structlog.reset_defaults()


async def test_a_form_that_cannot_be_used_is_set_aside_without_a_word_of_it(
    service: Service, capfd: pytest.CaptureFixture[str]
) -> None:
    """Sealed by somebody who goes around the public process: its rules do not hold for what is inside."""
    from service.crypto.canonical import canonical_json
    from service.crypto.sealing import seal
    from service.registrations.places import intake_place
    from service.registrations.tables import Intake
    from workers import intake

    assert service.scheme.sealing_key is not None
    bodies: list[bytes] = [
        canonical_json({**FORM, "kind": EMAIL}),
        canonical_json({**FORM, EMAIL: EMAIL}),
        canonical_json([EMAIL]),
        EMAIL.encode(),
        b"\xff" + EMAIL.encode(),
        canonical_json({**FORM, "email": None, "contact_by": ["email"]}),
    ]
    with restored_logging():
        configure_logging("text")
        async with service.public.begin() as tx:
            for number, body in enumerate(bodies):
                row = type(service.scheme.id)(int=service.scheme.id.int ^ number)
                sealed = seal(body, key=service.scheme.sealing_key, place=intake_place(row))
                values = {"id": row, "scheme_id": service.scheme.id, "sealed": sealed, "received_at": now()}
                await tx.execute(insert(Intake).values(**values))
        await intake.take_in(service.worker)

    async with service.worker.transactions.begin() as tx:
        set_aside = (await tx.execute(select(col(Intake.set_aside_at)))).scalars().all()
    said = capfd.readouterr()
    assert len(set_aside) == len(bodies)
    assert None not in set_aside
    assert said.err.count("an intake cannot be used") == len(bodies)
    assert Scanner(DETAILS, whole=WHOLE).scan("log", (said.err + said.out).encode()) == []


async def test_the_keys_lie_nowhere_in_redis_or_postgresql(
    service: Service, valkey_server: EmbeddedValkey, cluster: Cluster
) -> None:
    from tests.security.places import dumped

    await service.person()
    service.worker.keys.make_release_key(uuid4())
    url = service.worker.settings.database_url.get_secret_value()
    database = url.rpartition("/")[2]
    raw = {name.file_name: service.keys.get(name) for name in service.keys.names()}
    assert {name.purpose for name in service.keys.names()} == set(Purpose)

    places = [*dumped(cluster.url("postgres", database)), *keyspace(valkey_server.url("kept_owner"))]

    for name, key in raw.items():
        for where, data in places:
            assert key not in data, (name, where)
            assert key.hex().encode() not in data, (name, where)
