from collections.abc import Iterator
from uuid import uuid4

import pytest

from tests.harness.servers import Cluster, Database


@pytest.fixture
def empty(cluster: Cluster) -> Iterator[Database]:
    """A database that nothing has been done to."""
    name = f"empty_{uuid4().hex[:12]}"
    cluster.create(name, "template0")
    yield Database(cluster, name)
    cluster.drop(name)
