from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from tests.harness.people import Service
from tests.harness.servers import Database
from tests.updates.directory import Directory


@pytest.fixture
def owner(database: Database) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
    """Plain SQL behind every grant."""
    with database.connect() as connection:
        yield connection


@pytest.fixture
def staff_sql(database: Database) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
    """Plain SQL as the staff process's own role."""
    with database.connect("kept_staff") as connection:
        yield connection


@pytest.fixture
def worker_sql(database: Database) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
    """Plain SQL as the workers' own role."""
    with database.connect("kept_worker") as connection:
        yield connection


@pytest.fixture
def directory(service: Service, owner: psycopg.Connection[tuple[Any, ...]]) -> Directory:
    return Directory(owner, service.scheme.id)
