"""The real servers that tests run on: one PostgreSQL, one Valkey, one stand-in for each test process."""

import json
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote, urlsplit
from uuid import uuid4

import httpx
import psycopg
from psycopg import sql

from deploy.one_machine.ports import free_port
from deploy.one_machine.postgres import EmbeddedPostgres
from migrations.running import ROLES, migrate, set_role_passwords

TEMPLATE = "template_of_tests"
EMAIL_TEMPLATE = "11111111-2222-4333-8444-555555555555"
SMS_TEMPLATE = "11111111-2222-4333-8444-666666666666"
LETTER_TEMPLATE = "11111111-2222-4333-8444-777777777777"
RATE = 600_000
"""Per minute: tests of anything but the pace must not wait for it."""


# What a test may have changed of a database besides its rows: tables, columns, grants, triggers, functions.
AS_MADE = """
    SELECT md5(string_agg(said, '|' ORDER BY said)) FROM (
        SELECT concat('class', relname, relkind, relacl) FROM pg_class
            WHERE relnamespace = 'public'::regnamespace
        UNION ALL SELECT concat('column', attrelid::regclass, attname, atttypid, attnotnull, attacl)
            FROM pg_attribute JOIN pg_class c ON c.oid = attrelid
            WHERE c.relnamespace = 'public'::regnamespace AND attnum > 0
        UNION ALL SELECT concat('trigger', tgrelid::regclass, tgname, tgenabled) FROM pg_trigger
        UNION ALL SELECT concat('function', oid::regprocedure, proacl, md5(prosrc)) FROM pg_proc
            WHERE pronamespace = 'public'::regnamespace
        UNION ALL SELECT concat('check', conrelid::regclass, conname, pg_get_constraintdef(oid))
            FROM pg_constraint WHERE connamespace = 'public'::regnamespace
        UNION ALL SELECT concat('database', datacl) FROM pg_database WHERE datname = current_database()
        UNION ALL SELECT concat('schema', nspacl) FROM pg_namespace WHERE nspname = 'public'
        UNION ALL SELECT concat('setting', setconfig) FROM pg_db_role_setting s
            JOIN pg_database d ON d.oid = s.setdatabase WHERE d.datname = current_database()
    ) AS all_of_it (said)
"""
# Past the triggers that refuse it. Tables that have grown are emptied as a whole, so that they shrink again.
EMPTY = """
    DO $$
    DECLARE
        one record;
    BEGIN
        SET LOCAL session_replication_role = replica;
        FOR one IN
            SELECT oid::regclass AS name, pg_relation_size(oid) > 65536 AS grown FROM pg_class
            WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname <> 'alembic_version'
        LOOP
            EXECUTE CASE WHEN one.grown THEN format('TRUNCATE %s CASCADE', one.name)
                ELSE format('DELETE FROM %s', one.name) END;
        END LOOP;
    END
    $$
"""


@dataclass
class Cluster:
    """A PostgreSQL with a migrated template; every test has a database of its own made from it."""

    server: EmbeddedPostgres
    passwords: dict[str, str] = field(default_factory=dict)
    _clean: list[str] = field(default_factory=list)
    """Databases that a test gave back, emptied: making one costs as much as many a test."""
    _as_made: str | None = None

    @classmethod
    def prepare(cls, server: EmbeddedPostgres) -> Self:
        cluster = cls(server, {role: secrets.token_urlsafe(16) for role in ROLES})
        cluster.create(TEMPLATE, "template1")
        migrate(cluster.url("kept_owner", TEMPLATE))
        set_role_passwords(cluster.url("kept_owner", TEMPLATE), cluster.passwords)
        return cluster

    def create(self, name: str, template: str) -> None:
        with psycopg.connect(self.server.superuser_url, autocommit=True) as connection:
            # Files are copied quicker than their pages are written to a log that nobody reads.
            connection.execute(
                sql.SQL("CREATE DATABASE {} OWNER kept_owner TEMPLATE {} STRATEGY FILE_COPY").format(
                    sql.Identifier(name), sql.Identifier(template)
                )
            )
            # CREATE DATABASE copies the tables with their grants, and not the right to connect.
            connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(sql.Identifier(name)))
            if template not in ("template0", "template1"):
                connection.execute(
                    sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(
                        sql.Identifier(name), sql.SQL(", ").join(map(sql.Identifier, ROLES))
                    )
                )

    def lend(self) -> str:
        """A migrated database without a row, for one test alone."""
        if self._clean:
            return self._clean.pop()
        name = f"test_{uuid4().hex[:12]}"
        self.create(name, TEMPLATE)
        if self._as_made is None:
            with psycopg.connect(self.url("postgres", name)) as connection:
                self._as_made = _as_it_is(connection)
        return name

    def give_back(self, name: str) -> None:
        """Empty it for the next test. One that was altered is dropped."""
        with psycopg.connect(self.server.superuser_url, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s", [name]
            )
        with psycopg.connect(self.url("postgres", name)) as connection:
            altered = _as_it_is(connection) != self._as_made
            if not altered:
                connection.execute(EMPTY)
        if altered:
            self.drop(name)
        else:
            self._clean.append(name)

    def drop(self, name: str) -> None:
        with psycopg.connect(self.server.superuser_url, autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    def url(self, role: str, database: str) -> str:
        owner = urlsplit(self.server.owner_url if role != "postgres" else self.server.superuser_url)
        if role in self.passwords:
            login = f"{role}:{self.passwords[role]}"
        else:
            login = owner.netloc.rpartition("@")[0]
        return f"postgresql://{login}@{owner.hostname}:{owner.port}/{database}"


def _as_it_is(connection: psycopg.Connection[Any]) -> str:
    row = connection.execute(AS_MADE).fetchone()
    return str(row[0]) if row else ""


@dataclass(frozen=True)
class Database:
    """One test's database."""

    cluster: Cluster
    name: str

    def url(self, role: str = "kept_owner") -> str:
        return self.cluster.url(role, self.name)

    def connect(self, role: str = "kept_owner") -> psycopg.Connection[tuple[Any, ...]]:
        """A plain connection as `role`, each statement a transaction."""
        return psycopg.connect(self.url(role), autocommit=True)


@dataclass
class StandIn:
    """A running Notify stand-in, with its admin API."""

    url: str
    api_key: str
    http: httpx.Client

    def reset(self) -> None:
        """As at the start, but for inboxes: tests use addresses of their own."""
        self.http.delete("/admin/faults").raise_for_status()
        self.admin("clock", {"offset_seconds": 0})
        self.admin("limits", {"rate_per_minute": RATE})

    def admin(self, path: str, body: dict[str, Any]) -> Any:
        answer = self.http.post(f"/admin/{path}", json=body)
        answer.raise_for_status()
        return answer.json()

    def inbox(self, address: str) -> list[dict[str, Any]]:
        """The messages of one address, oldest first."""
        answer = self.http.get(f"/admin/inboxes/{quote(address.lower(), safe='@')}")
        if answer.status_code == 404:
            return []
        answer.raise_for_status()
        found = answer.json()
        messages: list[dict[str, Any]] = found["messages"] if isinstance(found, dict) else found
        return sorted(messages, key=lambda message: message["at"])


@contextmanager
def running_stand_in(folder: Path) -> Iterator[StandIn]:
    """Start a stand-in on a free port and end it."""
    service, secret, port = str(uuid4()), str(uuid4()), free_port()
    config = folder / "stand-in.json"
    config.touch(mode=0o600)
    config.write_text(
        json.dumps(
            {
                "service_id": service,
                "keys": [{"secret": secret, "type": "live", "name": "tests"}],
                "rate_per_minute": RATE,
                "daily_limit_emails": 10_000_000,
                "guest_list": [],
                "from_email": "kept-informed@notifications.example.org",
                "templates": [
                    {
                        "id": EMAIL_TEMPLATE,
                        "type": "email",
                        "name": "update",
                        "subject": "((subject))",
                        "body": "((body))",
                    },
                    {"id": SMS_TEMPLATE, "type": "sms", "name": "text", "body": "((body))"},
                    {
                        "id": LETTER_TEMPLATE,
                        "type": "letter",
                        "name": "letter",
                        "subject": "((heading))",
                        "body": "((body))",
                    },
                ],
                "reply_to_ids": [],
                "callback": None,
                "delivery_seconds": 0.05,
            }
        )
    )
    with subprocess.Popen(
        [sys.executable, "-m", "deploy.demo.notify", "--port", str(port), "--config", str(config)],
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line.startswith("ready"), line
            url = f"http://127.0.0.1:{port}"
            with httpx.Client(base_url=url, trust_env=False) as http:
                yield StandIn(url, f"tests-{service}-{secret}", http)
        finally:
            process.terminate()
