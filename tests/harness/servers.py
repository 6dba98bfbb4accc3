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


@dataclass
class Cluster:
    """A PostgreSQL with a migrated template; every test has a database of its own made from it."""

    server: EmbeddedPostgres
    passwords: dict[str, str] = field(default_factory=dict)

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
