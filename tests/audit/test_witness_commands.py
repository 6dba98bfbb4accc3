"""`kept audit checkpoint`, and `kept audit verify` beside a witness."""

import json
import os
import subprocess
import sys

import psycopg

from service.settings import WorkerSettings
from tests.harness.people import Service
from tests.harness.servers import Database


def audit(
    database: Database, settings: WorkerSettings, *arguments: str, **changes: str | None
) -> subprocess.CompletedProcess[str]:
    told = {
        "PATH": os.environ["PATH"],
        "KEPT_DATABASE_URL": database.url(),
        "KEPT_KEY_SERVICE": settings.key_service,
        "KEPT_KEY_STORE": str(settings.key_store),
        "KEPT_WITNESS": str(settings.witness),
        **changes,
    }
    return subprocess.run(
        [sys.executable, "-m", "service.cli", "audit", *arguments],
        env={name: value for name, value in told.items() if value is not None},
        capture_output=True,
        text=True,
        check=False,
    )


def rewrite_the_record(database: Database) -> None:
    """As somebody would who holds the database, and makes the chain whole again after a change."""
    with psycopg.connect(database.url("postgres"), autocommit=True) as superuser:
        superuser.execute("SET session_replication_role = replica")
        superuser.execute(
            "UPDATE audit_events SET body = replace(body, 'operator:test', 'operator:none') WHERE seq = 1"
        )
        superuser.execute(
            """DO $$ DECLARE e record; last bytea := ''; BEGIN
            FOR e IN SELECT * FROM audit_events ORDER BY seq LOOP
                UPDATE audit_events SET previous_hash = last,
                    hash = sha256(last || int8send(e.seq) || convert_to(e.body, 'UTF8'))
                WHERE seq = e.seq RETURNING hash INTO last;
            END LOOP; END $$"""
        )


async def test_37_a_record_that_was_rewritten_whole_holds_in_itself_and_not_beside_the_witness(
    service: Service, database: Database, worker_settings: WorkerSettings
) -> None:
    checkpointed = audit(database, worker_settings, "checkpoint")
    assert (checkpointed.returncode, checkpointed.stderr) == (0, "")
    assert "is witnessed" in checkpointed.stdout
    verified = audit(database, worker_settings, "verify")
    assert verified.returncode == 0
    assert "the witness agrees: " in verified.stdout

    rewrite_the_record(database)

    alone = audit(database, worker_settings, "verify", KEPT_WITNESS=None)
    assert alone.returncode == 0
    assert "not compared with a witness" in alone.stdout
    beside = audit(database, worker_settings, "verify")
    assert beside.returncode == 1
    assert "the record holds" in beside.stdout
    assert "which the witness has" in beside.stdout
    document = json.loads(audit(database, worker_settings, "verify", "--json").stdout)
    assert document["broken_at"] is None
    assert document["witness"]["differs_at"] >= 1
    refused = audit(database, worker_settings, "checkpoint")
    assert refused.returncode == 1
    assert "not what the witness has seen" in refused.stderr


async def test_what_is_missing_or_damaged_is_said(
    service: Service, database: Database, worker_settings: WorkerSettings
) -> None:
    nowhere = audit(database, worker_settings, "checkpoint", KEPT_WITNESS=None)
    assert nowhere.returncode == 2
    assert nowhere.stderr.startswith("kept: KEPT_WITNESS: ")
    keyless = audit(database, worker_settings, "verify", KEPT_KEY_SERVICE=None)
    assert keyless.returncode == 2
    assert keyless.stderr.startswith("kept: KEPT_KEY_SERVICE: ")

    audit(database, worker_settings, "checkpoint")
    for file in worker_settings.witness.glob("checkpoint-*"):
        file.write_text("{}")
    damaged = audit(database, worker_settings, "verify")
    assert damaged.returncode == 1
    assert "damaged" in damaged.stderr
