"""`kept audit verify`, as an operator runs it."""

import json
import os
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import psycopg

from service.audit import chain
from service.audit.events import HoldSet
from service.database import Transactions
from tests.harness.people import now
from tests.harness.servers import Database

ROOT = Path(__file__).parents[2]


def verify(url: str | None, *options: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"]} | ({"KEPT_DATABASE_URL": url} if url else {})
    return subprocess.run(
        [sys.executable, "-m", "service.cli", "audit", "verify", *options],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


async def test_it_says_whether_the_record_holds_by_its_exit_code(
    database: Database, transactions: dict[str, Transactions]
) -> None:
    for _ in range(3):
        async with transactions["kept_worker"].begin() as tx:
            event = HoldSet(actor="somebody", hold=uuid4(), scope="bulk")
            await chain.append(tx, event, now=now())

    holds = verify(database.url(), "--json")
    with psycopg.connect(database.url("postgres"), autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("UPDATE audit_events SET body = '{}' WHERE seq = 2")
    broken, in_words = verify(database.url(), "--json"), verify(database.url())

    assert holds.returncode == 0
    assert json.loads(holds.stdout)["events"] == 3
    assert json.loads(holds.stdout)["broken_at"] is None
    assert broken.returncode == in_words.returncode == 1
    assert json.loads(broken.stdout)["broken_at"] == 2
    assert "event 2" in in_words.stdout


def test_without_a_database_or_with_a_wrong_one_it_names_the_setting() -> None:
    for url in (None, "mysql://x", ""):
        ended = verify(url)

        assert ended.returncode == 2
        assert "KEPT_DATABASE_URL" in ended.stderr
        assert ended.stdout == ""
