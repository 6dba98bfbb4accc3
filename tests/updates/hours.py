"""The hours of a test's scheme, so that it is day or night whenever the test runs."""

import json
from datetime import datetime, timedelta
from typing import Any

import psycopg

from service.clock import LONDON
from tests.harness.people import now


def make_it_night(owner: psycopg.Connection[tuple[Any, ...]]) -> datetime:
    """Let the scheme write to people in one hour alone, about half a day from now; when that begins."""
    begins = (now().astimezone(LONDON) + timedelta(hours=12)).replace(minute=0, second=0, microsecond=0)
    _set(owner, begins, begins + timedelta(hours=1))
    return begins


def make_it_day(owner: psycopg.Connection[tuple[Any, ...]]) -> None:
    midnight = now().replace(hour=0, minute=0, second=0, microsecond=0)
    _set(owner, midnight, midnight)


def _set(owner: psycopg.Connection[tuple[Any, ...]], begins: datetime, ends: datetime) -> None:
    hours = {"hours": {"begins": f"{begins:%H:%M}", "ends": f"{ends:%H:%M}"}}
    owner.execute("UPDATE schemes SET about = about || %s::jsonb", (json.dumps(hours),))
