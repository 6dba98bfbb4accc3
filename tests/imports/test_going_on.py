"""Workers that die in the middle of a list, people who act meanwhile, and lists that nobody decides about."""

import time
from datetime import timedelta

import psycopg
import pytest

from service.errors import Conflict, Invalid
from service.imports import deciding, working
from service.imports.matching import Matching
from service.imports.states import MOVES, ImportState
from service.registrations import links
from service.registrations.words import Choice
from service.settings import WorkerSettings
from tests.harness.people import COMMS, Service, now, somebody
from tests.harness.servers import Database
from tests.imports.lists import CASEWORKER, COLUMNS, Office, csv_of
from tests.workers.processes import environment, worker_process
from workers import intake

ROWS = 1300
SLOW = """
    CREATE FUNCTION wait_a_little() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN PERFORM pg_sleep(0.7); RETURN NEW; END $$;
    CREATE TRIGGER slowly BEFORE UPDATE OF done_line ON imports FOR EACH ROW
    WHEN (NEW.done_line > OLD.done_line) EXECUTE FUNCTION wait_a_little();
"""


def until(owner: psycopg.Connection[tuple[object, ...]], what: str, *, tries: int = 400) -> None:
    for _ in range(tries):
        if owner.execute(f"SELECT count(*) FROM imports WHERE {what}".encode()).fetchone() == (1,):
            return
        time.sleep(0.2)
    raise AssertionError(f"never: {what}")


@pytest.mark.timeout(240)
async def test_a_worker_killed_in_the_middle_is_followed_by_one_that_goes_on(
    office: Office, database: Database, worker_settings: WorkerSettings
) -> None:
    import_id = await office.hand_in(csv_of(*(f"{somebody(str(line))},,Mary" for line in range(ROWS))))
    await office.work()
    matching = Matching.model_validate({"columns": COLUMNS, "topics": ["eligibility"]})
    async with office.service.staff.begin() as tx:
        await deciding.match(tx, CASEWORKER, import_id, matching, now=now())
    told = environment(worker_settings)
    with database.connect() as owner:
        owner.execute(SLOW.encode())
        for state, after in (("matched", "checked"), ("committed", "done")):
            with worker_process("care", told) as first:
                until(owner, f"state = '{state}' AND done_line > 0")
                first.kill()
                first.wait()
            done = owner.execute("SELECT done_line FROM imports").fetchone()
            assert done is not None
            assert 0 < int(str(done[0])) < ROWS
            # As if its lease had ended.
            owner.execute("UPDATE imports SET lease_until = now()")
            with worker_process("care", told):
                until(owner, f"state = '{after}'")
            if after == "checked":
                async with office.service.staff.begin() as tx:
                    await deciding.commit_to(tx, CASEWORKER, import_id, new=ROWS, now=now())

        assert owner.execute(
            "SELECT count(*), count(DISTINCT contact_id) FROM registrations r "
            "JOIN registration_contacts rc ON rc.registration_id = r.id WHERE r.awaits_notice"
        ).fetchone() == (ROWS, ROWS)
        assert owner.execute(
            "SELECT count(*), count(sealed) FROM import_rows WHERE verdict = 'registered'"
        ).fetchone() == (ROWS, 0)
        for table in ("import_chunks", "import_addresses"):
            assert owner.execute(f"SELECT count(*) FROM {table}".encode()).fetchone() == (0,)


async def test_who_acts_between_the_dry_run_and_the_commit_is_not_overruled(
    office: Office, service: Service, database: Database
) -> None:
    registers, leaves, stays = somebody(), somebody(), somebody()
    found = await office.checked(csv_of(f"{registers},,", f"{leaves},,", f"{stays},,"))
    await service.person(registers)
    await service.person(leaves)
    with database.connect() as owner:
        owner.execute(
            "UPDATE registrations SET state = 'left', left_at = now() WHERE id = (SELECT registration_id "
            "FROM registration_contacts JOIN contacts c ON c.id = contact_id WHERE blind_index = %s)",
            [service.worker.keys.index.email(leaves)],
        )

    done = await office.commit(found)

    assert await office.account(done.id) == {2: "known", 3: "left", 4: "registered"}


async def test_who_registers_themselves_while_they_wait_needs_no_notice(
    office: Office, service: Service, database: Database
) -> None:
    waits, registers = somebody(), somebody()
    await office.brought_in(csv_of(f"{waits},,", f"{registers},,"))

    await service.register(registers)
    async with service.public.begin() as tx:
        await links.use(tx, service.link(registers), Choice.MINE)
    await intake.apply_changes(service.worker)

    with database.connect() as owner:
        waiting = owner.execute(
            "SELECT c.blind_index FROM registrations r "
            "JOIN registration_contacts rc ON rc.registration_id = r.id "
            "JOIN contacts c ON c.id = rc.contact_id WHERE r.awaits_notice"
        ).fetchall()
    assert waiting == [(service.worker.keys.index.email(waits),)]


async def test_nothing_is_kept_of_a_list_that_nobody_decides_about(
    office: Office, service: Service, database: Database
) -> None:
    given_up = await office.checked(csv_of(f"{somebody()},,"))
    forgotten = await office.checked(csv_of(f"{somebody()},,"))
    with database.connect() as owner:
        owner.execute(
            "UPDATE imports SET handed_in_at = handed_in_at - %s::interval WHERE id = %s",
            [working.UNDECIDED + timedelta(minutes=1), forgotten.id],
        )
    async with service.staff.begin() as tx:
        await deciding.give_up(tx, CASEWORKER, given_up.id, now=now())

    await office.work()

    with database.connect() as owner:
        assert owner.execute("SELECT DISTINCT state FROM imports").fetchall() == [("given_up",)]
        assert owner.execute("SELECT count(*), count(sealed) FROM import_rows").fetchone() == (2, 0)
        for table in ("import_chunks", "import_addresses", "registrations"):
            assert owner.execute(f"SELECT count(*) FROM {table}".encode()).fetchone() == (0,)


async def test_only_who_may_decides_and_only_what_they_read(
    office: Office, service: Service, database: Database
) -> None:
    found = await office.checked(csv_of(f"{somebody()},,"))
    async with service.staff.begin() as tx:
        with pytest.raises(Conflict):
            await deciding.commit_to(tx, CASEWORKER, found.id, new=2, now=now())
        with pytest.raises(Exception, match="role"):
            await deciding.commit_to(tx, COMMS, found.id, new=1, now=now())
        with pytest.raises(Exception, match="Sign in again"):
            await deciding.commit_to(tx, CASEWORKER, found.id, new=1, now=now() + timedelta(minutes=6))
        wrong = Matching.model_validate({"columns": {"email": [9]}, "topics": ["none"]})
        with pytest.raises(Invalid):
            await deciding.match(tx, CASEWORKER, found.id, wrong, now=now())
    # Nor by SQL: of somebody who is no caseworker, and past a state.
    with database.connect("kept_staff") as staff:
        for change in ("state = 'committed', committed_by = 'comms', committed_at = now()", "state = 'read'"):
            with pytest.raises(psycopg.errors.CheckViolation):
                staff.execute(f"UPDATE imports SET {change}".encode())
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            staff.execute("SELECT sealed FROM import_chunks")


def test_the_database_knows_the_same_moves(database: Database) -> None:
    with database.connect() as owner:
        source = owner.execute(
            "SELECT prosrc FROM pg_proc WHERE proname = 'imports_move_as_they_may'"
        ).fetchone()
    assert source is not None
    for before in ImportState:
        for after in ImportState:
            allowed = f"'{before.value} {after.value}'" in str(source[0])
            assert allowed is (after in MOVES[before]), (before, after)
