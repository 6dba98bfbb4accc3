from collections.abc import AsyncIterator, Iterator
from typing import Any

import psycopg
import pytest

from deploy.one_machine.ports import free_port
from deploy.one_machine.valkey import EmbeddedValkey
from tests.demo_issuer.running import AUDIENCE, RunningIssuer, running_issuer
from tests.harness.people import Service
from tests.harness.servers import Database
from tests.staff.forging import Forger
from tests.updates.directory import Directory
from tests.web_staff.browsing import StaffBrowser
from tests.web_staff.serving import StaffHost, Tokens, staff_host


@pytest.fixture(scope="session")
def staff_port() -> int:
    """Where the staff process listens in every test: the issuer sends browsers back there."""
    return free_port()


@pytest.fixture(scope="session")
def issuer(tmp_path_factory: pytest.TempPathFactory, staff_port: int) -> Iterator[RunningIssuer]:
    """An issuer of which the staff process is the client, and whose access tokens are for it."""
    changes = {"client_id": AUDIENCE, "redirect_uris": [f"http://127.0.0.1:{staff_port}/sign-in/callback"]}
    with running_issuer(tmp_path_factory.mktemp("issuer"), changes=changes) as running:
        yield running


@pytest.fixture(scope="session")
def tokens(issuer: RunningIssuer) -> Tokens:
    """Access tokens of the demo’s people, each asked for when it is needed."""
    return Tokens(issuer.url)


@pytest.fixture
def forger(issuer: RunningIssuer) -> Forger:
    """Makes tokens that are right but for one thing."""
    return Forger(issuer)


@pytest.fixture
async def host(
    service: Service,
    database: Database,
    valkey_server: EmbeddedValkey,
    issuer: RunningIssuer,
    tokens: Tokens,
    staff_port: int,
) -> AsyncIterator[StaffHost]:
    """The staff process on a loopback port, with the service behind it."""
    async with staff_host(database, valkey_server, issuer, tokens, port=staff_port) as running:
        yield running


@pytest.fixture
def owner(database: Database) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
    with database.connect() as connection:
        yield connection


@pytest.fixture
def directory(service: Service, owner: psycopg.Connection[tuple[Any, ...]]) -> Directory:
    return Directory(owner, service.scheme.id)


@pytest.fixture
async def browser(host: StaffHost, issuer: RunningIssuer) -> AsyncIterator[StaffBrowser]:
    """A browser without script, at the staff host and at the issuer."""
    async with StaffBrowser(str(host.http.base_url), issuer.url) as visitor:
        yield visitor
