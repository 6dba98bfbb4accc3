"""`kept audit verify` and `kept audit export`, as an operator runs them."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from service.audit import chain
from service.audit.chain import Link
from service.audit.events import HoldSet
from service.crypto.canonical import canonical_json
from service.database import Transactions
from tests.audit.sources import followed
from tests.harness.people import now
from tests.harness.servers import Database

ROOT = Path(__file__).parents[2]

MEASURED = """
import sys, tracemalloc
import service.cli.audit
from service.cli.main import main
tracemalloc.start()
try:
    main()
finally:
    print(tracemalloc.get_traced_memory()[1], file=sys.stderr)
"""


def audit(url: str | None, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"]} | ({"KEPT_DATABASE_URL": url} if url else {})
    return subprocess.run(
        [sys.executable, "-m", "service.cli", "audit", *arguments],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


@contextmanager
def superuser(database: Database) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
    """Somebody with rights that no role of ours has."""
    with psycopg.connect(database.url("postgres"), autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        yield connection


async def record(transactions: dict[str, Transactions], count: int) -> None:
    for _ in range(count):
        async with transactions["kept_worker"].begin() as tx:
            await chain.append(tx, HoldSet(actor="somebody", hold=uuid4(), scope="bulk"), now=now())


def record_many(database: Database, count: int) -> None:
    with database.connect("kept_worker") as connection:
        connection.execute(
            'SELECT audit_append(format(\'{"act":"test","number":%%s,"of":"%%s"}\', n, repeat(\'x\', 300))) '
            "FROM generate_series(1, %s) AS n",
            [count],
        )


async def test_it_says_whether_the_record_holds_by_its_exit_code(
    database: Database, transactions: dict[str, Transactions]
) -> None:
    await record(transactions, 3)

    holds = audit(database.url(), "verify", "--json")
    with superuser(database) as connection:
        connection.execute("UPDATE audit_events SET body = '{}' WHERE seq = 2")
    broken, in_words = audit(database.url(), "verify", "--json"), audit(database.url(), "verify")

    assert holds.returncode == 0
    assert json.loads(holds.stdout)["events"] == 3
    assert json.loads(holds.stdout)["broken_at"] is None
    assert broken.returncode == in_words.returncode == 1
    assert json.loads(broken.stdout)["broken_at"] == 2
    assert "event 2" in in_words.stdout


async def test_an_export_is_every_event_in_order_and_can_be_followed_without_the_database(
    database: Database, transactions: dict[str, Transactions]
) -> None:
    await record(transactions, 3)

    exported = audit(database.url(), "export")

    assert (exported.returncode, exported.stderr) == (0, "")
    lines = [json.loads(line) for line in exported.stdout.splitlines()]
    assert [set(line) for line in lines] == [{"seq", "event", "hash"}] * 3
    assert [line["event"]["actor"] for line in lines] == ["somebody"] * 3
    hashes = [b"", *(bytes.fromhex(line["hash"]) for line in lines)]
    links = [
        Link(line["seq"], canonical_json(line["event"]).decode(), before, after)
        for line, before, after in zip(lines, hashes[:-1], hashes[1:], strict=True)
    ]
    assert (followed(links).size, followed(links).broken_at) == (3, None)


async def test_an_export_shows_what_was_forced_in(
    database: Database, transactions: dict[str, Transactions]
) -> None:
    await record(transactions, 3)
    with superuser(database) as connection:
        connection.execute("UPDATE audit_events SET body = E'no\\nJSON' WHERE seq = 2")
        connection.execute("""UPDATE audit_events SET body = '{"a": NaN}' WHERE seq = 3""")

    exported = audit(database.url(), "export")

    assert exported.returncode == 0
    _, second, third = (json.loads(line) for line in exported.stdout.splitlines())
    assert (second["event"], third["event"]) == ("no\nJSON", '{"a": NaN}')


def test_an_empty_record_exports_nothing(database: Database) -> None:
    exported = audit(database.url(), "export")

    assert (exported.returncode, exported.stdout, exported.stderr) == (0, "", "")


@pytest.mark.parametrize("command", ["verify", "export"])
def test_a_long_record_takes_no_more_memory_than_a_short_one(database: Database, command: str) -> None:
    def most_memory() -> int:
        """Of Python's objects in the command at any time, in bytes."""
        done = subprocess.run(
            [sys.executable, "-c", MEASURED, "audit", command],
            env={"PATH": os.environ["PATH"], "KEPT_DATABASE_URL": database.url()},
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            check=True,
        )
        return int(done.stderr)

    record_many(database, 1_000)
    short = most_memory()
    record_many(database, 8_000)
    assert most_memory() - short < 1_000_000


def test_whoever_reads_only_the_first_lines_gets_no_complaint(database: Database) -> None:
    record_many(database, 2_000)
    done = subprocess.run(
        ["sh", "-c", f"{sys.executable} -m service.cli audit export | head -n 2"],
        env={"PATH": os.environ["PATH"], "KEPT_DATABASE_URL": database.url()},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert [json.loads(line)["seq"] for line in done.stdout.splitlines()] == [1, 2]
    assert done.stderr == ""


@pytest.mark.parametrize("command", ["verify", "export"])
def test_without_a_database_or_with_a_wrong_one_it_names_the_setting(command: str) -> None:
    for url in (None, "mysql://x", ""):
        ended = audit(url, command)

        assert ended.returncode == 2
        assert "KEPT_DATABASE_URL" in ended.stderr
        assert ended.stdout == ""
