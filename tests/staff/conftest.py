from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime

import httpx
import pytest

from service.staff.bearer import BearerVerifier
from service.staff.issuer import Issuer
from tests.demo_issuer.running import AUDIENCE, RunningIssuer, running_issuer
from tests.staff.forging import Forger


@pytest.fixture(scope="session")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningIssuer]:
    """A demo issuer that all tests of this folder share; none may change it."""
    with running_issuer(tmp_path_factory.mktemp("issuer")) as running:
        yield running


@pytest.fixture
def forger(issuer: RunningIssuer) -> Forger:
    """Somebody who stole the issuer's signing key, and so can leave out one thing at a time."""
    return Forger(issuer)


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(trust_env=False) as client:
        yield client


@pytest.fixture
def verifier(issuer: RunningIssuer, http: httpx.AsyncClient) -> BearerVerifier:
    return BearerVerifier(Issuer(issuer=issuer.url, http=http), audience=AUDIENCE, role_claim="roles")


@pytest.fixture
def now() -> datetime:
    return datetime.now(UTC)
