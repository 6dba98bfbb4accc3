from collections.abc import Iterator

import pytest

from tests.demo_issuer.browser import Browser
from tests.demo_issuer.running import RunningIssuer, running_issuer


@pytest.fixture(scope="session")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningIssuer]:
    """A demo issuer that all tests of this folder share; none may change it."""
    with running_issuer(tmp_path_factory.mktemp("issuer")) as running:
        yield running


@pytest.fixture
def browser(issuer: RunningIssuer) -> Iterator[Browser]:
    """A browser that is not signed in."""
    with Browser(issuer) as fresh:
        yield fresh
