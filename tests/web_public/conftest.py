from collections.abc import Iterator

import httpx
import psycopg
import pytest

from tests.web_public.people import People, SchemeMade
from tests.web_public.serving import Serving, public_process


@pytest.fixture(scope="session")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    with public_process(tmp_path_factory.mktemp("public")) as serving:
        yield serving


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
