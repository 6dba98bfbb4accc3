"""What a role is, who can log in as one, and a process that finds itself to be another (check 8)."""

import os
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from pydantic import SecretStr

from service.crypto.keystore import INSTALLATION_KEYS, KeyStore
from service.crypto.sealing import seal
from service.database import Transactions
from service.errors import Misconfigured
from service.registrations.places import intake_place
from service.schemes.reading import find_scheme
from tests.harness.people import Service, now, somebody
from tests.harness.servers import Cluster, Database

ROOT = Path(__file__).parents[2]
OWNER = "kept_owner"
ROLES = ("kept_public", "kept_staff", "kept_callbacks", "kept_worker")
DENIED = psycopg.errors.InsufficientPrivilege

MAKING = (
    "CREATE TABLE mine (a int)",
    "CREATE TEMP TABLE mine (a int)",
    "CREATE VIEW mine AS SELECT 1",
    "CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "CREATE SCHEMA mine",
    "CREATE ROLE mine",
    "CREATE DATABASE mine",
    "ALTER TABLE audit_events DISABLE TRIGGER ALL",
    "DROP TABLE audit_events",
    "SET session_replication_role = replica",
    "SET ROLE kept_owner",
    "SET ROLE kept_worker_or_postgres",
    "COPY (SELECT 1) TO PROGRAM 'true'",
    "COPY (SELECT 1) TO '/tmp/mine'",
    "SELECT pg_read_file('postgresql.conf')",
)


@pytest.mark.parametrize("role", ROLES)
def test_only_the_owner_makes_things(migrated: Database, role: str) -> None:
    with migrated.connect(role) as connection:
        for statement in MAKING:
            with pytest.raises((DENIED, psycopg.errors.InvalidParameterValue)) as refused:
                connection.execute(statement)
            # A role that does not exist is refused as such; it is there to show the difference.
            assert isinstance(refused.value, DENIED) or "kept_worker_or_postgres" in statement


def test_the_owner_makes_tables(migrated: Database) -> None:
    with migrated.connect(OWNER) as connection, connection.transaction(force_rollback=True):
        connection.execute("CREATE TABLE mine (a int)")


@pytest.mark.parametrize("role", ROLES)
def test_a_role_has_no_power_over_the_server_and_is_in_no_other_role(migrated: Database, role: str) -> None:
    with migrated.connect() as connection:
        powers = connection.execute(
            "SELECT rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls, rolinherit "
            "FROM pg_roles WHERE rolname = %s",
            [role],
        ).fetchone()
        groups = connection.execute(
            "SELECT roleid::regrole FROM pg_auth_members WHERE member = %s::regrole", [role]
        ).fetchall()

    assert powers == (False,) * 6
    assert groups == []


def test_the_owner_is_no_superuser(migrated: Database) -> None:
    with migrated.connect() as connection:
        row = connection.execute("SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user")
        assert row.fetchone() == (False, False)


def test_public_has_nothing(migrated: Database) -> None:
    """In PostgreSQL PUBLIC may by default connect, make temporary tables, and call every function."""
    with migrated.connect() as connection:
        given = connection.execute(
            """
            WITH acls (kind, name, acl) AS (
                SELECT 'table', relname, coalesce(relacl, acldefault('r', relowner)) FROM pg_class
                    WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
                UNION ALL SELECT 'column', attname, attacl
                    FROM pg_attribute JOIN pg_class c ON c.oid = attrelid
                    WHERE relnamespace = 'public'::regnamespace AND attacl IS NOT NULL
                UNION ALL SELECT 'function', proname, coalesce(proacl, acldefault('f', proowner)) FROM pg_proc
                    WHERE pronamespace = 'public'::regnamespace
                UNION ALL SELECT 'schema', nspname, coalesce(nspacl, acldefault('n', nspowner))
                    FROM pg_namespace WHERE nspname = 'public'
                UNION ALL SELECT 'database', datname, coalesce(datacl, acldefault('d', datdba))
                    FROM pg_database WHERE datname = current_database()
            )
            SELECT kind, name, privilege_type FROM acls, aclexplode(acl) WHERE grantee = 0
            """
        ).fetchall()

    assert given == []


def test_a_role_that_is_none_of_ours_cannot_even_connect(migrated: Database, cluster: Cluster) -> None:
    stranger, password = f"stranger_{uuid4().hex[:8]}", uuid4().hex
    with psycopg.connect(cluster.server.superuser_url, autocommit=True) as connection:
        name = sql.Identifier(stranger)
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(name, sql.Literal(password)))
        try:
            url = migrated.url().replace(
                migrated.url().split("//")[1].split("@")[0], f"{stranger}:{password}"
            )
            with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
                psycopg.connect(url)
        finally:
            connection.execute(sql.SQL("DROP ROLE {}").format(name))


@pytest.mark.parametrize("role", [*ROLES, OWNER, "postgres"])
def test_a_wrong_password_is_refused_for_every_role(migrated: Database, role: str) -> None:
    right = migrated.url(role)
    login = right.split("//")[1].split("@")[0]

    for wrong in (f"{role}:wrong", f"{role}:", role):
        with pytest.raises(psycopg.OperationalError, match=r"password"):
            psycopg.connect(right.replace(login, wrong))


def test_one_roles_password_is_no_others(migrated: Database) -> None:
    worker = migrated.url("kept_worker")

    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(worker.replace("kept_worker:", "kept_public:"))


async def test_the_public_process_drops_into_the_letterbox_and_reads_nothing(
    service: Service, database: Database
) -> None:
    await service.person()
    await service.drop(somebody())
    async with service.public.begin() as tx:
        scheme = await find_scheme(tx, "windrush")
    assert scheme.sealing_key is not None
    row = uuid4()
    values = [row, scheme.id, seal(b"{}", key=scheme.sealing_key, place=intake_place(row)), now()]
    insert = "INSERT INTO intake (id, scheme_id, sealed, received_at) VALUES (%s, %s, %s, %s)"

    with database.connect("kept_public") as connection:
        connection.execute(insert, values)
        for tail in (" RETURNING id", " ON CONFLICT (id) DO NOTHING", " RETURNING 1, received_at"):
            with pytest.raises(DENIED):
                connection.execute(insert + tail, [uuid4(), *values[1:]])
        # Of a person's not even a count, nor whether a row is there.
        for table in ("intake", "registrations", "contacts", "confirmations", "registration_contacts"):
            for statement in (f"SELECT count(*) FROM {table}", f"SELECT FROM {table}", f"TABLE {table}"):
                with pytest.raises(DENIED):
                    connection.execute(statement)
        assert "sealed" not in str(connection.execute("SELECT query FROM pg_stat_activity").fetchall())
        assert connection.execute("SELECT FROM pg_stats WHERE tablename = 'contacts'").fetchall() == []
    with database.connect() as connection:
        assert connection.execute("SELECT count(*) FROM intake WHERE id = %s", [row]).fetchone() == (1,)


async def test_the_staff_process_reads_no_sealed_contact(service: Service, database: Database) -> None:
    await service.person()

    with database.connect("kept_staff") as connection:
        for table, column in (
            ("contacts", "sealed"),
            ("contacts", "blind_index"),
            ("registrations", "sealed_profile"),
            ("registrations", "id"),
            ("confirmations", "sealed_change"),
            ("intake", "sealed"),
            ("journey_answers", "encrypted"),
        ):
            with pytest.raises(DENIED):
                connection.execute(f"SELECT {column} FROM {table}")
    with database.connect("kept_worker") as connection:
        assert connection.execute("SELECT sealed FROM contacts").fetchall()


def test_what_hears_from_notify_records_a_receipt_and_reads_none(migrated: Database) -> None:
    with migrated.connect("kept_callbacks") as connection:
        connection.execute("SELECT record_receipt(%s, 'a-reference', %s, 'delivered')", [uuid4(), uuid4()])
        with pytest.raises(DENIED):
            connection.execute("SELECT FROM receipts")
        with pytest.raises(DENIED):
            connection.execute("SELECT audit_append('{}')")


@pytest.mark.parametrize("logs_in_as", [*ROLES, OWNER])
async def test_a_process_is_one_role_and_no_other(migrated: Database, logs_in_as: str) -> None:
    for role in ROLES:
        transactions = Transactions(SecretStr(migrated.url(logs_in_as)), role=role)
        try:
            if role == logs_in_as:
                await transactions.refuse_other_roles()
                continue
            with pytest.raises(Misconfigured) as refused:
                await transactions.refuse_other_roles()
        finally:
            await transactions.close()
        said = str(refused.value)
        assert said == f"KEPT_DATABASE_URL: it logs in as {logs_in_as}; this process may only be {role}"


async def test_a_superuser_is_refused_whatever_it_is_called(migrated: Database) -> None:
    transactions = Transactions(SecretStr(migrated.url("postgres")), role="postgres")
    try:
        with pytest.raises(Misconfigured, match="KEPT_DATABASE_URL: postgres is a superuser"):
            await transactions.refuse_other_roles()
    finally:
        await transactions.close()


async def test_a_wrong_password_is_said_without_saying_it(migrated: Database) -> None:
    url = migrated.url("kept_public").replace("kept_public:", "kept_public:not")
    transactions = Transactions(SecretStr(url), role="kept_public")
    try:
        with pytest.raises(Misconfigured, match="KEPT_DATABASE_URL: cannot log in") as refused:
            await transactions.refuse_other_roles()
    finally:
        await transactions.close()
    assert url.split(":")[2].split("@")[0] not in str(refused.value)


@pytest.mark.parametrize(
    ("module", "role", "given"),
    [
        (("service.cli", "web", "public", "--port", "0"), "kept_public", "kept_worker"),
        (("workers", "urgent"), "kept_worker", "kept_owner"),
    ],
    ids=["public", "worker"],
)
def test_a_process_given_another_roles_url_does_not_start(
    migrated: Database,
    keys: KeyStore,
    worker_environment: dict[str, str],
    module: tuple[str, ...],
    role: str,
    given: str,
) -> None:
    for purpose in INSTALLATION_KEYS:
        keys.make(purpose)
    known = {"KEPT_PUBLIC_URL", "KEPT_REDIS_URL"} if role == "kept_public" else set(worker_environment)
    environment = {name: value for name, value in worker_environment.items() if name in known}

    ended = subprocess.run(
        [sys.executable, "-m", *(part if part != "0" else "18999" for part in module)],
        env={"PATH": os.environ["PATH"], **environment, "KEPT_DATABASE_URL": migrated.url(given)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert ended.returncode != 0
    assert f"KEPT_DATABASE_URL: it logs in as {given}; this process may only be {role}" in ended.stderr
    assert "ready" not in ended.stdout
