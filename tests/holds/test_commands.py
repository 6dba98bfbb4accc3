"""`kept hold set | show | lift`, as an operator types them."""

import os
import re
import subprocess
import sys
from typing import Any

import psycopg
import pytest

from tests.harness.servers import Database

UNKNOWN = "00000000-0000-4000-8000-000000000000"


def _kept(database: Database, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "service.cli", "hold", *arguments],
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
