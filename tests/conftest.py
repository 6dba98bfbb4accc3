"""Fixtures on real servers: each test process has its own, each test its own database."""

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from pydantic import SecretStr

from deploy.one_machine.postgres import EmbeddedPostgres
from deploy.one_machine.valkey import EmbeddedValkey
from service.crypto.keyservice import create_key_file, key_service
from service.crypto.keystore import KeyStore
from service.database import Transactions
from service.doorbell import Lane
from service.schemes.applying import apply
from service.schemes.file import read_scheme_file
from service.schemes.reading import find_scheme
from service.settings import WorkerSettings
from tests.harness.people import Service, now, sign_everybody_in
from tests.harness.servers import (
    EMAIL_TEMPLATE,
    LETTER_TEMPLATE,
    RATE,
    SMS_TEMPLATE,
    Cluster,
    Database,
    StandIn,
    running_stand_in,
)
from workers.context import WorkerContext, make_context

# No test asserts a time, and the machines are noisy.
settings.register_profile("kept", deadline=None)
settings.load_profile("kept")

PUBLIC_URL = "http://127.0.0.1:1"
STAFF_URL = "http://127.0.0.1:2"
EARLY = ("early", "browser")
"""Marks of what takes long."""
SCHEME = Path(__file__).parent.parent / "deploy" / "demo" / "windrush.toml"


def pytest_xdist_auto_num_workers() -> int:
    """Three for two cores: for a third of their time tests wait for servers, browsers and processes."""
    return (os.cpu_count() or 2) * 3 // 2


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The long modules first: each is one worker's, and `make test` waits for the last of them."""
    items.sort(key=lambda item: not any(item.get_closest_marker(name) for name in EARLY))


@pytest.fixture(autouse=True)
def _signed_in() -> None:
    sign_everybody_in()


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    server = EmbeddedPostgres(tmp_path_factory.mktemp("postgres"), fast_and_loose=True)
    try:
        server.start()
        yield Cluster.prepare(server)
    finally:
        server.discard()


@pytest.fixture(scope="session")
def valkey_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedValkey]:
    with EmbeddedValkey(tmp_path_factory.mktemp("valkey")) as server:
        yield server


@pytest.fixture(scope="session")
def stand_in(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIn]:
    with running_stand_in(tmp_path_factory.mktemp("notify")) as running:
        yield running


@pytest.fixture
def notify(stand_in: StandIn) -> StandIn:
    """Notify's stand-in, without faults and with the right time."""
    stand_in.reset()
    return stand_in


@pytest.fixture
def database(cluster: Cluster) -> Iterator[Database]:
    """A migrated database of this test's own."""
    name = cluster.lend()
    yield Database(cluster, name)
    cluster.give_back(name)


@pytest.fixture
def keys(tmp_path: Path) -> KeyStore:
    create_key_file(tmp_path / "root.key")
    return KeyStore(tmp_path / "key-store", key_service(f"file:{tmp_path / 'root.key'}"))


@pytest.fixture
async def transactions(database: Database) -> AsyncIterator[dict[str, Transactions]]:
    """Transactions as each role, and as `kept_owner`."""
    opened = {
        role: Transactions(SecretStr(database.url(role)), role=role)
        for role in ("kept_owner", "kept_public", "kept_staff", "kept_callbacks", "kept_worker")
    }
    yield opened
    for each in opened.values():
        await each.close()


@pytest.fixture
def worker_settings(
    database: Database, valkey_server: EmbeddedValkey, notify: StandIn, tmp_path: Path, keys: KeyStore
) -> WorkerSettings:
    return WorkerSettings(
        database_url=SecretStr(database.url("kept_worker")),
        redis_url=SecretStr(valkey_server.url("kept_worker")),
        key_service=f"file:{tmp_path / 'root.key'}",
        key_store=tmp_path / "key-store",
        public_url=PUBLIC_URL,
        staff_url=STAFF_URL,
        notify_api_key=SecretStr(notify.api_key),
        notify_base_url=notify.url,
        notify_email_template_id=EMAIL_TEMPLATE,
        notify_sms_template_id=SMS_TEMPLATE,
        notify_letter_template_id=LETTER_TEMPLATE,
        notify_rate_per_minute=RATE,
        uncertain_after_seconds=0,
        witness=tmp_path / "witness",
        ramp_wait_seconds=0,
    )


@pytest.fixture
async def service(
    transactions: dict[str, Transactions], keys: KeyStore, worker_settings: WorkerSettings, notify: StandIn
) -> AsyncIterator[Service]:
    """The whole service on a database of its own, with the demo's scheme; jobs run when a test says."""
    async with transactions["kept_owner"].begin() as tx:
        await apply(tx, read_scheme_file(SCHEME), keys, actor="operator:test", now=now())
        scheme = await find_scheme(tx, "windrush")
    context: WorkerContext = make_context(worker_settings, Lane.BULK)
    await context.stop.read()
    context.stop.start()
    yield Service(
        public=transactions["kept_public"],
        staff=transactions["kept_staff"],
        worker=context,
        keys=keys,
        notify=notify,
        scheme=scheme,
    )
    await context.close()
