"""What is frozen stays so, and nothing leaves without its approval, whoever writes the SQL."""

from typing import Any, LiteralString
from uuid import UUID, uuid4

import psycopg
import pytest

from service.deliveries.claiming import claim
from service.deliveries.preparing import begin_sending
from service.updates.halting import OtherPeople, resume
from service.updates.states import MOVES, UpdateState
from tests.harness.people import SENIOR, Service, now
from tests.updates.approving import approve_by_sql, describe
from tests.updates.directory import Directory
from tests.updates.plain_sql import FORBIDDEN, NOT_GRANTED, one, refusal

Sql = psycopg.Connection[tuple[Any, ...]]


@pytest.fixture
async def awaiting(service: Service, directory: Directory) -> UUID:
    directory.people(3)
    update = await service.draft()
    await service.submit(update)
    return update


@pytest.fixture
async def approved(service: Service, awaiting: UUID) -> UUID:
    await service.approve(awaiting)
    return awaiting


CHANGES: list[LiteralString] = [
    "UPDATE updates SET version = 2",
    "UPDATE updates SET version = 2, state = 'sending'",
    "UPDATE updates SET audience_sha256 = repeat('0', 64)",
    "UPDATE updates SET planned = planned + 1",
    "UPDATE updates SET audience_sha256 = repeat('0', 64), state = 'sending'",
    "UPDATE updates SET planned = 1, state = 'halted', halted_why = 'x'",
]


@pytest.mark.parametrize("change", CHANGES)
async def test_04_words_and_people_are_not_changed_after_the_approval(
    approved: UUID, staff_sql: Sql, change: LiteralString
) -> None:
    staff_sql.execute(
        """INSERT INTO update_versions SELECT update_id, 2, content, content_sha256, edited_by, edited_at
        FROM update_versions"""
    )

    assert refusal(staff_sql, change)[0] == FORBIDDEN


@pytest.mark.parametrize("column", ["id", "scheme_id", "created_by", "created_at"])
async def test_what_identifies_an_update_is_never_changed(
    approved: UUID, owner: Sql, staff_sql: Sql, column: str
) -> None:
    value = {"created_by": "'senior'", "created_at": "now()"}.get(column, "gen_random_uuid()")
    statement = f"UPDATE updates SET {column} = {value}"

    assert refusal(staff_sql, statement)[0] == NOT_GRANTED
    assert refusal(owner, statement)[0] == FORBIDDEN


async def test_nothing_is_prepared_that_nobody_submitted(service: Service, staff_sql: Sql) -> None:
    # What the machine of approvals found: without its time no approval could ever follow.
    update = await service.draft()
    statement: LiteralString = "UPDATE updates SET state = 'preparing' WHERE id = %s"

    assert refusal(staff_sql, statement, update)[0] == FORBIDDEN


async def test_an_update_begins_as_a_draft(approved: UUID, staff_sql: Sql) -> None:
    state, message = refusal(
        staff_sql,
        """INSERT INTO updates (id, scheme_id, state, version, created_by, created_at, audience_sha256,
            planned)
        SELECT gen_random_uuid(), scheme_id, 'approved', 1, 'comms', now(), audience_sha256, planned
        FROM updates""",
    )

    assert (state, message) == (FORBIDDEN, "an update begins as a draft")


JOIN: LiteralString = """INSERT INTO audience_members (update_id, registration_id, contact_id, channel,
        language) VALUES (%s, %s, %s, 'email', 'en')"""
DELIVER: LiteralString = """INSERT INTO deliveries (id, update_id, contact_id, channel, state, attempts,
        changed_at) VALUES (gen_random_uuid(), %s, %s, 'email', 'planned', 0, now())"""


async def test_03_nobody_joins_or_goes_once_the_people_are_frozen(
    awaiting: UUID, staff_sql: Sql, worker_sql: Sql, owner: Sql
) -> None:
    for connection, expected in ((staff_sql, NOT_GRANTED), (worker_sql, FORBIDDEN), (owner, FORBIDDEN)):
        assert refusal(connection, JOIN, awaiting, uuid4(), uuid4())[0] == expected
        assert refusal(connection, DELIVER, awaiting, uuid4())[0] == expected
        assert refusal(connection, "DELETE FROM audience_members")[0] == expected
        assert refusal(connection, "DELETE FROM deliveries")[0] == expected
    for connection in (staff_sql, worker_sql, owner):
        assert refusal(connection, "UPDATE audience_members SET contact_id = gen_random_uuid()")[0] == (
            NOT_GRANTED
        )
        assert refusal(connection, "TRUNCATE audience_members")[0] == NOT_GRANTED


@pytest.mark.parametrize("column", ["id", "update_id", "contact_id", "channel"])
async def test_a_delivery_is_for_ever_to_one_contact(
    approved: UUID, staff_sql: Sql, worker_sql: Sql, owner: Sql, column: str
) -> None:
    value = "'sms'" if column == "channel" else "gen_random_uuid()"
    statement = f"UPDATE deliveries SET {column} = {value}"

    for connection in (staff_sql, worker_sql, owner):
        assert refusal(connection, statement)[0] == NOT_GRANTED


async def test_a_contact_gets_an_update_once(
    service: Service, directory: Directory, awaiting: UUID, owner: Sql
) -> None:
    contact = one(owner, "SELECT contact_id FROM deliveries LIMIT 1")
    owner.execute("UPDATE updates SET state = 'draft'")
    owner.execute("UPDATE updates SET state = 'preparing'")

    assert refusal(owner, DELIVER, awaiting, contact)[0] == "23505"


async def test_nothing_is_claimed_of_an_update_that_nobody_approved(
    service: Service, awaiting: UUID, worker_sql: Sql, staff_sql: Sql
) -> None:
    async with service.worker.transactions.begin() as tx:
        assert await claim(tx, awaiting, limit=10, now=now()) == []

    take: LiteralString = "UPDATE deliveries SET state = 'claimed', lease_until = now()"
    assert refusal(worker_sql, take) == (
        FORBIDDEN,
        "nothing is claimed of an update that is not being sent",
    )
    assert refusal(staff_sql, take)[0] == NOT_GRANTED


async def test_a_claim_needs_the_approval_of_these_very_words_and_people(
    service: Service, approved: UUID, owner: Sql
) -> None:
    async with service.worker.transactions.begin() as tx:
        assert await begin_sending(tx, approved, now=now())
    owner.execute("ALTER TABLE updates DISABLE TRIGGER updates_are_guarded")
    owner.execute("UPDATE updates SET audience_sha256 = repeat('0', 64)")

    async with service.worker.transactions.begin() as tx:
        assert await claim(tx, approved, limit=10, now=now()) == []


async def test_03_people_that_were_changed_behind_the_guards_halt_it_and_keep_it_halted(
    service: Service, directory: Directory, approved: UUID, owner: Sql
) -> None:
    owner.execute("ALTER TABLE audience_members DISABLE TRIGGER audience_members_join_while_preparing")
    owner.execute(JOIN, (approved, uuid4(), uuid4()))

    await service.send()
    halted = await service.update(approved)
    assert halted.state is UpdateState.HALTED
    assert "not those who were approved" in (halted.halted_why or "")

    with pytest.raises(OtherPeople):
        async with service.staff.begin() as tx:
            await resume(tx, SENIOR, approved, now=now())


async def test_updates_move_as_the_code_says_and_not_otherwise(
    service: Service, awaiting: UUID, owner: Sql, staff_sql: Sql
) -> None:
    """Every one of the moves from every state, as the staff process's own role."""
    describe(staff_sql, "senior", "senior")
    approve_by_sql(staff_sql, awaiting)
    moved: dict[UpdateState, set[UpdateState]] = {state: set() for state in UpdateState}
    for old in UpdateState:
        for new in set(UpdateState) - {old}:
            owner.execute("ALTER TABLE updates DISABLE TRIGGER updates_are_guarded")
            owner.execute(
                "UPDATE updates SET state = %s, halted_why = %s",
                (old.value, "x" if old is UpdateState.HALTED else None),
            )
            owner.execute("ALTER TABLE updates ENABLE TRIGGER updates_are_guarded")
            why = "x" if new is UpdateState.HALTED else None
            try:
                staff_sql.execute("UPDATE updates SET state = %s, halted_why = %s", (new.value, why))
            except psycopg.errors.CheckViolation as error:
                assert str(error.diag.message_primary) == f"an update that is {old} cannot become {new}"  # noqa: PT017
            else:
                moved[old].add(new)

    assert moved == MOVES
