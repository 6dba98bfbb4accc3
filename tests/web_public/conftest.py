from collections.abc import Iterator

import httpx
import psycopg
import pytest

from deploy.one_machine.valkey import EmbeddedValkey
from tests.harness.servers import TEMPLATE, Cluster, Database
from tests.web_public.people import People, SchemeMade
from tests.web_public.serving import Serving, public_process


@pytest.fixture(scope="session")
def serving(cluster: Cluster, valkey_server: EmbeddedValkey) -> Iterator[Serving]:
    """One public process for all tests here: each makes a scheme of its own."""
    database = Database(cluster, "of_the_public_process")
    cluster.create(database.name, TEMPLATE)
    with public_process(database, valkey_server) as serving:
        yield serving
    cluster.drop(database.name)


@pytest.fixture
def client(serving: Serving) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=serving.url, trust_env=False) as client:
        yield client


@pytest.fixture
def people(serving: Serving) -> Iterator[People]:
    """Looks and acts behind the grants: makes schemes, people and links, and opens what was sealed."""
    with psycopg.connect(serving.superuser_url, autocommit=True) as connection:
        yield People(connection)


@pytest.fixture
def scheme(people: People) -> SchemeMade:
    """An open scheme of this test's own."""
    return people.scheme()
