import pytest

from tests.harness.people import Service
from tests.imports.lists import Office


@pytest.fixture
def office(service: Service) -> Office:
    return Office(service)
