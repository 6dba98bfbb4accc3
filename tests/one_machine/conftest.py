"""Real servers on directories of their own. What they leave outside of these goes away with them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.one_machine.postgres import EmbeddedPostgres
from deploy.one_machine.valkey import EmbeddedValkey


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path / "kept"


@pytest.fixture
def postgres(data_dir: Path) -> Iterator[EmbeddedPostgres]:
    """A running PostgreSQL that a test may hurt."""
    server = EmbeddedPostgres(data_dir, fast_and_loose=True)
    try:
        server.start()
        yield server
    finally:
        server.discard()


@pytest.fixture(scope="module")
def shared_postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    """A running PostgreSQL for the tests that leave it as it is."""
    server = EmbeddedPostgres(tmp_path_factory.mktemp("shared"), fast_and_loose=True)
    try:
        server.start()
        yield server
    finally:
        server.discard()


@pytest.fixture
def valkey(data_dir: Path) -> Iterator[EmbeddedValkey]:
    with EmbeddedValkey(data_dir) as server:
        yield server
