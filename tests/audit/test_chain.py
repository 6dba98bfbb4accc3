"""The record: appended with the act, never changed, and a change that somebody forces is seen (37, 38)."""

import asyncio
from collections.abc import Callable
from hashlib import sha256
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import select

from service.audit import chain
from service.audit.chain import Link, Walk
from service.audit.events import HoldSet
from service.audit.tables import AuditEvent
from service.database import Transactions
from service.holds.holding import set_hold
from service.holds.tables import Hold, Scope
from tests.audit.sources import followed
from tests.harness.people import COMMS, Service, now
from tests.harness.servers import Database

ByRole = dict[str, Transactions]


def event() -> HoldSet:
    return HoldSet(actor="somebody", hold=uuid4(), scope="bulk")


async def walked(transactions: Transactions) -> Walk:
    async with transactions.begin() as tx:
        return await chain.walk(tx)


async def filled(transactions: ByRole, count: int = 5) -> Walk:
    for _ in range(count):
        async with transactions["kept_staff"].begin() as tx:
            await chain.append(tx, event(), now=now())
    return await walked(transactions["kept_owner"])


async def test_an_act_and_its_record_are_there_together(transactions: ByRole) -> None:
    async with transactions["kept_staff"].begin() as tx:
        await set_hold(tx, COMMS, scope=Scope.BULK, reason="a reason", now=now())

    assert (await walked(transactions["kept_owner"])).size == 1


async def test_an_act_that_is_rolled_back_leaves_no_record_and_no_gap(transactions: ByRole) -> None:
    await filled(transactions, 2)

    async def held_and_failed() -> None:
        async with transactions["kept_staff"].begin() as tx:
            await set_hold(tx, COMMS, scope=Scope.BULK, reason="a reason", now=now())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await held_and_failed()

    async with transactions["kept_owner"].begin() as tx:
        assert (await tx.execute(select(Hold))).all() == []
    assert (await filled(transactions, 1)) == await walked(transactions["kept_owner"])
    assert (await walked(transactions["kept_owner"])).size == 3


async def test_each_hash_is_over_the_one_before_the_number_and_the_text(transactions: ByRole) -> None:
    await filled(transactions, 2)
    async with transactions["kept_owner"].begin() as tx:
        rows = (await tx.execute(select(AuditEvent).order_by(AuditEvent.seq))).scalars().all()  # type: ignore[arg-type]

    first = sha256(b"" + (1).to_bytes(8, "big") + rows[0].body.encode()).digest()
    second = sha256(first + (2).to_bytes(8, "big") + rows[1].body.encode()).digest()
    assert [bytes(row.hash) for row in rows] == [first, second]


async def test_38_thirty_two_writers_at_once_make_one_chain(database: Database, transactions: ByRole) -> None:
    async def write(number: int) -> None:
        async with await psycopg.AsyncConnection.connect(
            database.url("kept_worker" if number % 2 else "kept_staff")
        ) as connection:
            for _ in range(8):
                await connection.execute("SELECT audit_append(%s)", [f'{{"by": {number}}}'])
                if number % 4 == 0:
                    await connection.rollback()
                else:
                    await connection.commit()

    await asyncio.gather(*(write(number) for number in range(32)))

    found = await walked(transactions["kept_owner"])
    assert (found.size, found.broken_at) == (24 * 8, None)


WHO = ("kept_public", "kept_staff", "kept_callbacks", "kept_worker", "kept_owner")
KEPT = {"audit_events": "body", "approvals": "comment", "update_versions": "edited_by"}


@pytest.mark.parametrize("table", KEPT)
async def test_nobody_changes_or_removes_what_was_done(
    service: Service, database: Database, table: str
) -> None:
    await service.people(2)
    await service.approved()
    with database.connect() as connection:
        before = connection.execute(f"SELECT * FROM {table}").fetchall()
    assert before

    for role in WHO:
        with database.connect(role) as connection:
            for statement in (
                f"UPDATE {table} SET {KEPT[table]} = 'other'",
                f"UPDATE {table} SET {KEPT[table]} = {KEPT[table]} WHERE false",
                f"DELETE FROM {table}",
                f"TRUNCATE {table} CASCADE",
            ):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    connection.execute(statement)
    with database.connect() as connection:
        assert connection.execute(f"SELECT * FROM {table}").fetchall() == before


async def test_only_the_function_adds_to_the_record_and_only_json(database: Database) -> None:
    values = "(seq, body, previous_hash, hash) VALUES (1, '{}', '', 'x')"
    for role in WHO[:-1]:
        with (
            database.connect(role) as connection,
            pytest.raises(psycopg.errors.InsufficientPrivilege),
        ):
            connection.execute(f"INSERT INTO audit_events {values}")
    with (
        database.connect("kept_worker") as connection,
        pytest.raises(psycopg.errors.InvalidTextRepresentation),
    ):
        connection.execute("SELECT audit_append('not json')")


LIES: dict[str, tuple[str, int]] = {
    "a changed text": ("UPDATE audit_events SET body = replace(body, 'somebody', 'nobody') WHERE seq = 3", 3),
    "a changed hash": ("UPDATE audit_events SET hash = sha256('x') WHERE seq = 3", 3),
    "a changed link": ("UPDATE audit_events SET previous_hash = sha256('x') WHERE seq = 3", 3),
    "a removed row": ("DELETE FROM audit_events WHERE seq = 3", 3),
    "a removed first row": ("DELETE FROM audit_events WHERE seq = 1", 1),
    "a removed row, numbers closed up": (
        "DELETE FROM audit_events WHERE seq = 3; UPDATE audit_events SET seq = 3 WHERE seq = 4; "
        "UPDATE audit_events SET seq = 4 WHERE seq = 5",
        3,
    ),
    "a swapped pair": (
        "UPDATE audit_events SET seq = 100 WHERE seq = 2; UPDATE audit_events SET seq = 2 WHERE seq = 3; "
        "UPDATE audit_events SET seq = 3 WHERE seq = 100",
        2,
    ),
    "an inserted row": (
        "UPDATE audit_events SET seq = seq + 100 WHERE seq >= 3; "
        "UPDATE audit_events SET seq = seq - 99 WHERE seq > 100; "
        "INSERT INTO audit_events SELECT 3, '{}', hash, sha256(hash || int8send(3) || '{}') "
        "FROM audit_events WHERE seq = 2",
        4,
    ),
    "a text changed with its hash": (
        "UPDATE audit_events SET body = '{}', hash = sha256(previous_hash || int8send(3) || '{}') "
        "WHERE seq = 3",
        4,
    ),
}


@pytest.mark.parametrize("lie", LIES)
async def test_what_a_superuser_forces_is_seen(database: Database, transactions: ByRole, lie: str) -> None:
    assert (await filled(transactions)).broken_at is None
    statements, broken_at = LIES[lie]
    with psycopg.connect(database.url("postgres"), autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        for statement in statements.split(";"):
            assert connection.execute(statement.encode()).rowcount != 0, "nothing was changed"

    assert (await walked(transactions["kept_owner"])).broken_at == broken_at


async def test_an_empty_record_holds(transactions: ByRole) -> None:
    assert await walked(transactions["kept_owner"]) == Walk(size=0, head=b"", broken_at=None)


def linked(*bodies: str) -> list[Link]:
    links: list[Link] = []
    head = b""
    for seq, body in enumerate(bodies, start=1):
        digest = sha256(head + seq.to_bytes(8, "big") + body.encode()).digest()
        links.append(Link(seq, body, head, digest))
        head = digest
    return links


@pytest.mark.parametrize(
    "alter",
    [
        lambda links: links[1:],
        lambda links: links[::-1],
        lambda links: [links[0], *links],
        lambda links: links[:1] * 2,
    ],
)
def test_a_walk_needs_every_link_once_and_in_order(alter: Callable[[Any], Any]) -> None:
    assert followed(linked("a", "b", "c")).broken_at is None
    assert followed(alter(linked("a", "b", "c"))).broken_at is not None
