"""Migrations, roles and grants: what `kept migrate` does with the owner's URL.

Safe to run again and again, and while the service runs: roles are made where they lack, Alembic goes
to its head, and every process's grants are taken away and given anew from `grants.sql`.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import psycopg
from alembic import command
from alembic.config import Config
from psycopg import sql
from sqlalchemy.exc import ProgrammingError

from service.database import driver_url
from service.errors import Misconfigured

HERE: Final = Path(__file__).parent
ROLES: Final = ("kept_public", "kept_staff", "kept_callbacks", "kept_worker")
"""One for each kind of process; ARCHITECTURE.md says what each cannot do."""

ONE_AT_A_TIME: Final = 0x6B657074
"""The advisory lock under which two machines that start at once migrate one after the other."""


def migrate(owner_url: str, *, revision: str = "head") -> None:
    """Bring the database to `revision`, with its roles and grants.

    Raises `Misconfigured` where the owner cannot log in or may not make roles.
    """
    with _connect(owner_url) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", (ONE_AT_A_TIME,))
        _make_roles(connection)
        try:
            command.upgrade(alembic_config(owner_url), revision)
            connection.execute((HERE / "grants.sql").read_bytes())
        except (psycopg.errors.InsufficientPrivilege, ProgrammingError) as error:
            if not isinstance(getattr(error, "orig", error), psycopg.errors.InsufficientPrivilege):
                raise
            raise Misconfigured(
                "KEPT_DATABASE_URL: its user is not the owner of the database; migrations need the owner"
            ) from None


def downgrade(owner_url: str, *, revision: str) -> None:
    """Go back to `revision` (`base` empties the database). Grants go with what they were on."""
    with _connect(owner_url) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", (ONE_AT_A_TIME,))
        command.downgrade(alembic_config(owner_url), revision)


def set_role_passwords(owner_url: str, passwords: Mapping[str, str]) -> None:
    """Give each role its password. Only its SCRAM verifier travels, so that no log can hold the password."""
    with _connect(owner_url) as connection:
        for role, password in passwords.items():
            verifier = connection.pgconn.encrypt_password(
                password.encode(), role.encode(), b"scram-sha-256"
            ).decode()
            connection.execute(
                sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(role), sql.Literal(verifier))
            )


def alembic_config(owner_url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(HERE))
    config.attributes["url"] = driver_url(owner_url)
    return config


def _connect(owner_url: str) -> psycopg.Connection[tuple[object, ...]]:
    try:
        return psycopg.connect(
            driver_url(owner_url).replace("+psycopg", "", 1), autocommit=True, connect_timeout=10
        )
    except psycopg.OperationalError:
        raise Misconfigured(
            "KEPT_DATABASE_URL: cannot log in to PostgreSQL with it; check address, user and password"
        ) from None


def _make_roles(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    have = {row[0] for row in connection.execute("SELECT rolname FROM pg_roles")}
    for role in ROLES:
        if role in have:
            continue
        try:
            # Without a password nobody can log in as it, until the operator sets one.
            connection.execute(sql.SQL("CREATE ROLE {} LOGIN NOINHERIT").format(sql.Identifier(role)))
        except psycopg.errors.DuplicateObject:
            continue  # Another database of the same server made it just now: roles are the server's.
        except psycopg.errors.InsufficientPrivilege:
            raise Misconfigured(
                f"KEPT_DATABASE_URL: its user may not make roles; make {role} yourself, or give it CREATEROLE"
            ) from None
