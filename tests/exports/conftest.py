import pytest

from tests.exports.ceremony import Ceremony
from tests.harness.people import Service
from tests.harness.servers import Database


@pytest.fixture
def ceremony(service: Service, database: Database) -> Ceremony:
    return Ceremony(service, database)
