from collections.abc import Iterator
from uuid import uuid4

import pytest
from pydantic import SecretStr

from deploy.one_machine.valkey import EmbeddedValkey
from migrations.running import migrate
from service.settings import WorkerSettings
from tests.harness.people import Service
from tests.harness.servers import TEMPLATE, Cluster, Database
from tests.security.public_side import PublicSide, public_side


@pytest.fixture(scope="module")
def migrated(cluster: Cluster) -> Iterator[Database]:
    """One database for the tests that only look, or roll back; its grants are those of `kept migrate`."""
    name = f"grants_{uuid4().hex[:12]}"
    cluster.create(name, TEMPLATE)
    migrate(cluster.url("kept_owner", name))
    yield Database(cluster, name)
    cluster.drop(name)


@pytest.fixture
def worker_environment(worker_settings: WorkerSettings) -> dict[str, str]:
    """The environment of a worker process on this test's servers."""
    settings = worker_settings.model_dump()
    texts = {
        name: value.get_secret_value() if isinstance(value, SecretStr) else str(value)
        for name, value in settings.items()
        if value is not None and name != "ramp"
    }
    return {f"KEPT_{name.upper()}": value for name, value in texts.items()}


@pytest.fixture
def public(service: Service, database: Database, valkey_server: EmbeddedValkey) -> Iterator[PublicSide]:
    """The whole service with its public process in front."""
    with public_side(service, database, valkey_server) as public:
        yield public
