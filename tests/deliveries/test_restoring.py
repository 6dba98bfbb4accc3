"""A database that was put back to an earlier copy sends nothing until lifted, and nothing twice after.

The copy is a real one: rows of the ledger, the record and the updates as they were, put back in the
same database or in another under the same name.
"""

import asyncio
import shutil
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from psycopg import sql

from service.doorbell import Lane
from service.errors import Unavailable
from service.holds.holding import NoSuchHold, NotComparedYet, holds_in_force, lift_hold
from service.holds.tables import Hold
from service.settings import WorkerSettings
from service.staff.roles import Role
from service.updates import halting
from tests.deliveries.looking import ask_until_settled, one_value, run_sql, times_told
from tests.harness.people import Service, now, staff
from tests.harness.servers import Database
from workers import reconcile, witnessing
from workers.context import WorkerContext, make_context

OPERATOR = staff("operator", Role.OPERATOR)
SENIOR = staff("senior", Role.SENIOR)


@pytest.fixture
async def worker(service: Service, worker_settings: WorkerSettings) -> AsyncIterator[WorkerContext]:
    """A worker that starts now: it compares its database with the witness before anything leaves."""
    context = make_context(worker_settings, Lane.BULK)
    yield context
    await context.close()


async def held(service: Service) -> list[Hold]:
    await service.staff.engine.dispose()  # Its connections may be of the database that is gone.
    async with service.staff.begin() as tx:
        return await holds_in_force(tx)


async def lift(service: Service) -> None:
    await held(service)
    async with service.staff.begin() as tx:
        (hold,) = await holds_in_force(tx)
        await lift_hold(tx, OPERATOR, hold.id, now=now())


async def starts(worker: WorkerContext, update: UUID) -> bool:
    """Whether this worker may hand over messages of `update`."""
    await worker.stop.read()
    return worker.stop.update_may_leave(update)


def copied(database: Database, name: str) -> str:
    """A copy of the database as it is now, as a backup would have it."""
    copy = f"{database.name}_{name}"
    with psycopg.connect(database.cluster.server.superuser_url, autocommit=True) as superuser:
        _end_connections(superuser, database.name)
        superuser.execute(
            sql.SQL("CREATE DATABASE {} OWNER kept_owner TEMPLATE {}").format(
                sql.Identifier(copy), sql.Identifier(database.name)
            )
        )
    return copy


def put_back(database: Database, copy: str) -> None:
    """Put the copy in the place of the database, as an operator's restore does."""
    with psycopg.connect(database.cluster.server.superuser_url, autocommit=True) as superuser:
        _end_connections(superuser, database.name)
        superuser.execute(
            sql.SQL("ALTER DATABASE {} RENAME TO {}").format(
                sql.Identifier(database.name), sql.Identifier(f"{database.name}_lost")
            )
        )
        superuser.execute(
            sql.SQL("ALTER DATABASE {} RENAME TO {}").format(
                sql.Identifier(copy), sql.Identifier(database.name)
            )
        )
        superuser.execute(
            sql.SQL(
                "GRANT CONNECT ON DATABASE {} TO kept_public, kept_staff, kept_callbacks, kept_worker"
            ).format(sql.Identifier(database.name))
        )
        superuser.execute(
            sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(f"{database.name}_lost"))
        )


def _end_connections(superuser: psycopg.Connection[tuple[object, ...]], name: str) -> None:
    superuser.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false").format(sql.Identifier(name)))
    superuser.execute(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s", [name]
    )
    superuser.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS true").format(sql.Identifier(name)))


async def sent_since_the_copy(service: Service, database: Database, people: list[str]) -> tuple[UUID, str]:
    """An update that was sent to everybody, and a copy of the database from just before anybody was told."""
    update = await service.approved()
    async with service.staff.begin() as tx:
        await halting.halt(tx, SENIOR, update, reason=None, now=now())
    async with service.staff.begin() as tx:
        await halting.resume(tx, SENIOR, update, now=now())
    await witnessing.keep_witness(service.worker)
    await service.worker.stop.end()
    copy = copied(database, "copy")
    service.worker.stop.start()
    for _ in range(3):
        await reached(service)
    await witnessing.keep_witness(service.worker)
    assert times_told(service, people) == [1] * len(people)
    return update, copy


def alter_the_last_checkpoint(witness: Path) -> None:
    newest = sorted(witness.glob("checkpoint-*"))[-1]
    newest.write_bytes(newest.read_bytes().replace(b'"hash":"', b'"hash":"00', 1))


async def reached(service: Service) -> None:
    """Send, over whatever the ended connections left behind."""
    try:
        await service.worker.stop.read()
        await service.send()
    except Unavailable:
        await asyncio.sleep(0.1)


async def test_a_new_database_and_a_new_witness_go_on_together(
    service: Service, worker: WorkerContext
) -> None:
    await service.people(2)
    update = await service.approved()
    await service.send()
    await witnessing.keep_witness(service.worker)

    assert await starts(worker, update)
    assert worker.witness.newest_checkpoint() is not None
    assert worker.witness.newest_attempt() is not None
    assert await held(service) == []


async def test_a_database_put_back_to_an_earlier_copy_is_held_compared_lifted_and_tells_nobody_twice(
    service: Service, database: Database, worker: WorkerContext
) -> None:
    people = await service.people(8)
    update, copy = await sent_since_the_copy(service, database, people)
    await service.worker.stop.end()
    put_back(database, copy)

    assert not await starts(worker, update)
    (hold,) = await held(service)
    assert (hold.set_by, hold.awaits_comparison) == ("worker:witness", True)
    assert "witness" in hold.reason
    await service.worker.transactions.engine.dispose()
    await ask_until_settled(service, times=2)
    assert times_told(service, people) == [1] * 8

    with pytest.raises(NotComparedYet):
        await lift(service)
    await witnessing.compare_with_notify(service.worker)
    assert one_value(database, "SELECT adopted FROM comparisons") == 8
    await lift(service)

    assert await starts(worker, update)
    service.worker.stop.start()
    await ask_until_settled(service, times=3)
    await reconcile.apply_receipts(service.worker)
    assert times_told(service, people) == [1] * 8
    assert await service.outcomes(update) == {"accepted": 8}
    assert one_value(database, "SELECT count(*) FROM duplicates") == 0
    assert one_value(database, "SELECT state FROM updates") == "sent"


async def test_a_worker_that_is_running_notices_that_its_database_was_put_back(
    service: Service, database: Database
) -> None:
    people = await service.people(4)
    update, copy = await sent_since_the_copy(service, database, people)
    assert await starts(service.worker, update)
    put_back(database, copy)

    for _ in range(3):
        await reached(service)
    await asyncio.sleep(0.6)
    assert not service.worker.stop.update_may_leave(update)
    assert not service.worker.stop.link_may_leave()
    assert len(await held(service)) == 1
    assert times_told(service, people) == [1] * 4


async def test_after_a_lift_the_witness_starts_anew_and_workers_start(
    service: Service, database: Database, worker: WorkerContext
) -> None:
    people = await service.people(2)
    update, copy = await sent_since_the_copy(service, database, people)
    await service.worker.stop.end()
    put_back(database, copy)
    assert not await starts(worker, update)
    await witnessing.compare_with_notify(worker)
    await lift(service)

    assert await starts(worker, update)
    another = make_context(worker.settings, Lane.BULK)
    assert await starts(another, update)
    await another.close()
    assert await held(service) == []


async def test_hand_overs_without_a_witness_are_held_and_a_person_can_let_them_go_on(
    service: Service, database: Database, worker: WorkerContext
) -> None:
    await service.people(2)
    update = await service.approved()
    await service.send()
    for lost in range(2):
        run_sql(database, "UPDATE attempts SET started_at = clock_timestamp()")
        shutil.rmtree(worker.settings.witness)
        again = make_context(worker.settings, Lane.BULK)
        assert not await starts(again, update), lost
        assert "nothing in the witness" in (await held(service))[0].reason
        await witnessing.compare_with_notify(service.worker)
        await lift(service)
        assert await starts(again, update)
        await again.close()


async def test_a_witness_that_was_altered_holds_everything(
    service: Service, database: Database, worker: WorkerContext
) -> None:
    await service.people(2)
    update = await service.approved()
    await witnessing.keep_witness(service.worker)
    alter_the_last_checkpoint(worker.settings.witness)

    assert not await starts(worker, update)
    assert "damaged" in (await held(service))[0].reason


async def test_a_record_that_was_rewritten_holds_everything(
    service: Service, database: Database, worker: WorkerContext
) -> None:
    await service.people(2)
    update = await service.approved()
    await witnessing.keep_witness(service.worker)
    with psycopg.connect(database.url("postgres"), autocommit=True) as superuser:
        superuser.execute("SET session_replication_role = replica")
        superuser.execute("UPDATE audit_events SET hash = sha256(hash)")

    assert not await starts(worker, update)
    assert "another in its place" in (await held(service))[0].reason


async def test_two_workers_that_find_the_same_set_one_hold(
    service: Service, database: Database, worker: WorkerContext
) -> None:
    await service.people(2)
    update = await service.approved()
    await service.send()
    shutil.rmtree(worker.settings.witness)
    another = make_context(worker.settings, Lane.URGENT)

    assert not any(await asyncio.gather(starts(worker, update), starts(another, update)))
    assert len(await held(service)) == 1
    await another.close()


async def test_the_newest_hand_over_is_witnessed_while_it_sends_and_checkpoints_every_ten_minutes(
    service: Service, worker: WorkerContext
) -> None:
    await service.people(2)
    before = len(service.worker.witness.checkpoints())
    await service.approved()
    await service.send()
    await witnessing.keep_witness(service.worker)
    newest = service.worker.witness.newest_attempt()
    assert newest is not None
    assert newest.reference.startswith("d-")
    # Not every time: the last one is younger than ten minutes.
    assert len(service.worker.witness.checkpoints()) == before

    class Later:
        def now(self) -> object:
            return now() + timedelta(minutes=11)

    service.worker.clock = Later()  # type: ignore[assignment]
    await witnessing.keep_witness(service.worker)
    assert len(service.worker.witness.checkpoints()) == before + 1


async def test_the_database_itself_refuses_to_lift_a_hold_that_awaits_its_comparison(
    service: Service, database: Database
) -> None:
    insert = (
        "INSERT INTO holds (id, scope, reason, set_by, set_at, awaits_comparison) "
        "VALUES (gen_random_uuid(), 'everything', 'r', 'worker:witness', now(), true)"
    )
    with database.connect("kept_worker") as worker:
        worker.execute(insert)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            worker.execute("UPDATE holds SET lifted_at = now(), lifted_by = 'me'")
    with database.connect("kept_staff") as as_staff, pytest.raises(psycopg.errors.CheckViolation):
        as_staff.execute("UPDATE holds SET lifted_at = now(), lifted_by = 'me'")


async def test_a_hold_that_has_ended_by_itself_cannot_be_lifted(service: Service, database: Database) -> None:
    run_sql(
        database,
        "INSERT INTO holds (id, scope, reason, set_by, set_at, ends_at) "
        "VALUES (gen_random_uuid(), 'everything', 'r', 'worker:daily-limit', now(), now())",
    )
    hold = one_value(database, "SELECT id FROM holds")
    assert await held(service) == []
    async with service.staff.begin() as tx:
        with pytest.raises(NoSuchHold):
            await lift_hold(tx, OPERATOR, hold, now=now())
