import pytest

from tests.channels.people import Office
from tests.harness.people import Service
from tests.harness.servers import Database


@pytest.fixture
def office(service: Service, database: Database) -> Office:
    return Office(service, database)
