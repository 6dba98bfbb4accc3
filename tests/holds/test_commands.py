"""`kept hold set | show | lift` and `kept incident list`, as an operator types them."""

import json
import os
import re
import subprocess
import sys
from typing import Any

import psycopg
import pytest

from tests.harness.servers import Database

UNKNOWN = "00000000-0000-4000-8000-000000000000"


def _kept(database: Database, *arguments: str, group: str = "hold") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "service.cli", group, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
            "KEPT_DATABASE_URL": database.url(),
            "KEPT_OPERATOR": "olwen",
        },
    )


def _holds(database: Database) -> list[tuple[Any, ...]]:
    with psycopg.connect(database.url()) as connection:
        return connection.execute("SELECT scope, reason, set_by, lifted_by FROM holds").fetchall()


def test_an_operator_sets_sees_and_lifts_a_hold(database: Database) -> None:
    assert _kept(database, "show").stdout == "nothing is held\n"

    was_set = _kept(database, "set", "--reason", "Bounces", "--scope", "bulk")
    found = re.search(r"kept hold lift ([0-9a-f-]{36})", was_set.stdout)
    assert (was_set.returncode, was_set.stderr) == (0, "")
    assert found is not None
    shown = _kept(database, "show").stdout
    assert found.group(1) in shown
    assert "bulk" in shown
    assert "Bounces" in shown
    assert _holds(database) == [("bulk", "Bounces", "operator:olwen", None)]

    assert _kept(database, "lift", found.group(1)).stdout == "lifted\n"
    assert _holds(database) == [("bulk", "Bounces", "operator:olwen", "operator:olwen")]
    assert _kept(database, "show").stdout == "nothing is held\n"


def test_a_hold_is_of_everything_unless_it_says_otherwise(database: Database) -> None:
    assert _kept(database, "set", "--reason", "A doubt").returncode == 0

    assert _holds(database) == [("everything", "A doubt", "operator:olwen", None)]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("lift", UNKNOWN), 1),
        (("lift", "not-an-id"), 2),
        (("set",), 2),
        (("set", "--reason", "x", "--scope", "some"), 2),
    ],
)
def test_a_wrong_command_says_so_in_its_exit_code(
    database: Database, arguments: tuple[str, ...], code: int
) -> None:
    done = _kept(database, *arguments)

    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    assert done.stderr
    assert _holds(database) == []


def test_a_hold_that_a_worker_set_says_when_it_ends_and_whether_it_may_be_lifted(database: Database) -> None:
    insert = (
        "INSERT INTO holds (id, scope, reason, set_by, set_at, ends_at, awaits_comparison) VALUES "
        "(gen_random_uuid(), 'everything', 'The limit', 'worker:daily-limit', now(), "
        "date_trunc('day', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' + interval '2 days', false), "
        "(%s, 'everything', 'A copy', 'worker:witness', now(), NULL, true)"
    )
    with psycopg.connect(database.url()) as connection:
        connection.execute(insert, [UNKNOWN])
    shown = _kept(database, "show").stdout
    assert "00:00Z" in shown
    assert "being compared with Notify" in shown

    refused = _kept(database, "lift", UNKNOWN)
    assert refused.returncode == 1
    assert "being compared with Notify" in refused.stderr
    with psycopg.connect(database.url()) as connection:
        connection.execute("UPDATE holds SET compared_at = now() WHERE awaits_comparison")
    assert "it may be lifted" in _kept(database, "show").stdout
    assert _kept(database, "lift", UNKNOWN).stdout == "lifted\n"


def test_incidents_are_listed_for_people_and_for_programs(database: Database) -> None:
    assert _kept(database, "list", group="incident").stdout == "there is no incident\n"
    with psycopg.connect(database.url()) as connection:
        connection.execute(
            "INSERT INTO incidents (id, kind, subject, opened_at) "
            "VALUES (gen_random_uuid(), 'unowned-message', %s, now())",
            [UNKNOWN],
        )

    shown = _kept(database, "list", group="incident").stdout
    assert "unowned-message" in shown
    assert UNKNOWN in shown
    (row,) = json.loads(_kept(database, "list", "--json", group="incident").stdout)["incidents"]
    assert (row["kind"], row["about"]) == ("unowned-message", UNKNOWN)
