import pytest

from tests.harness.people import Service
from tests.harness.servers import Database
from tests.telling.office import Office


@pytest.fixture
def office(service: Service, database: Database) -> Office:
    return Office(service, database)
