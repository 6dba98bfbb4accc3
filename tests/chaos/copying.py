"""A copy of a stage's database, and putting it back: PostgreSQL's own programs, as an operator uses them."""

import subprocess
from pathlib import Path

import psycopg
from psycopg import sql

from deploy.one_machine.programs import postgres_programs
from migrations.running import ROLES
from tests.chaos.crew import KINDS
from tests.chaos.stage import Stage


def back_up(stage: Stage, file: Path) -> None:
    """A copy of the database as it is, taken while everything runs."""
    _run("pg_dump", "--format=custom", f"--file={file}", stage.database.url("postgres"))


def restore(stage: Stage, file: Path) -> None:
    """Put the database back to a copy, in the place of one that was lost with all its processes."""
    for kind in KINDS:
        stage.kill(kind)
    stage.forget_connections()
    name, url = stage.database.name, stage.database.url("postgres")
    stage.cluster.drop(name)
    stage.cluster.create(name, "template1")
    with psycopg.connect(url, autocommit=True) as superuser:
        superuser.execute(
            sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(
                sql.Identifier(name), sql.SQL(", ").join(map(sql.Identifier, ROLES))
            )
        )
    _run("pg_restore", "--exit-on-error", f"--dbname={url}", str(file))
    stage.freezer.arm_again()
    stage.end_leases()
    stage.crew.start(*KINDS)


def _run(name: str, *arguments: str) -> None:
    programs = postgres_programs(None, for_nobody=False)
    subprocess.run([programs / name, *arguments], check=True, timeout=60, capture_output=True)
