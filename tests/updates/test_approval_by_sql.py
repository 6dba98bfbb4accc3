"""The approval, as the database keeps it against plain SQL by the staff process's own role (check 19)."""

from typing import Any
from uuid import UUID

import psycopg
import pytest

from service.staff.roles import Role
from service.updates import drafting
from service.updates.approval import SelfApproval
from tests.harness.people import COMMS, Service, now, staff
from tests.updates.approving import approve_by_sql, describe
from tests.updates.directory import Directory
from tests.updates.plain_sql import FORBIDDEN, NOT_GRANTED, one, refusal

Sql = psycopg.Connection[tuple[Any, ...]]
STALE = "0" * 64
SET_APPROVED = "UPDATE updates SET state = 'approved', approved_at = now(), not_before = now() WHERE id = %s"
SET_SENDING = "UPDATE updates SET state = 'sending' WHERE id = %s"


@pytest.fixture
async def submitted(service: Service, directory: Directory, staff_sql: Sql) -> UUID:
    """Written by comms, once edited by an editor, submitted by a submitter: seniors, all of them."""
    directory.people(3)
    for subject in ("comms", "editor", "submitter", "senior"):
        describe(staff_sql, subject, "senior")
    update = await service.draft()
    for subject in ("editor", "comms"):
        async with service.staff.begin() as tx:
            await drafting.edit(tx, staff(subject, Role.SENIOR), update, {"title": subject}, now=now())
    await service.submit(update, by=staff("submitter", Role.SENIOR))
    return update


def _refused_approval(connection: Sql, update: UUID, **changes: Any) -> str:
    with pytest.raises(psycopg.errors.CheckViolation) as refused:
        approve_by_sql(connection, update, **changes)
    return str(refused.value.diag.message_primary or refused.value)


@pytest.mark.parametrize("by", ["comms", "editor", "submitter"])
async def test_19_who_wrote_edited_or_submitted_it_cannot_approve_it(
    submitted: UUID, staff_sql: Sql, by: str
) -> None:
    assert _refused_approval(staff_sql, submitted, by=by) == "nobody approves their own update"


async def test_who_submitted_it_before_it_was_sent_back_cannot_approve_it(
    service: Service, submitted: UUID, staff_sql: Sql
) -> None:
    staff_sql.execute("UPDATE updates SET state = 'draft' WHERE id = %s", (submitted,))
    await service.submit(submitted, by=COMMS)

    assert _refused_approval(staff_sql, submitted, by="submitter") == "nobody approves their own update"
    with pytest.raises(SelfApproval):
        await service.approve(submitted, by=staff("submitter", Role.SENIOR))


async def test_a_senior_who_did_not_can(submitted: UUID, staff_sql: Sql) -> None:
    approve_by_sql(staff_sql, submitted)

    staff_sql.execute(SET_APPROVED, (submitted,))
    assert one(staff_sql, "SELECT state FROM updates") == "approved"


@pytest.mark.parametrize("roles", [None, [], ["comms"], ["Senior"], ["dpo", "operator", "seniors"]])
async def test_without_the_role_nobody_approves(
    submitted: UUID, staff_sql: Sql, roles: list[str] | None
) -> None:
    if roles is not None:
        describe(staff_sql, "somebody", *roles)

    assert _refused_approval(staff_sql, submitted, by="somebody") == "only a senior approves"


async def test_an_approval_is_a_seniors_and_decides(submitted: UUID, staff_sql: Sql) -> None:
    assert "only_seniors_decide" in _refused_approval(staff_sql, submitted, decided_as="comms")
    assert "approvals_decide" in _refused_approval(staff_sql, submitted, decision="perhaps")


@pytest.mark.parametrize("stale", ["content", "audience"])
async def test_other_words_or_people_than_the_current_cannot_be_approved(
    submitted: UUID, staff_sql: Sql, stale: str
) -> None:
    assert _refused_approval(staff_sql, submitted, **{stale: STALE}) == (
        "the approval is over other words or people"
    )


async def test_a_version_that_is_not_current_cannot_be_approved(submitted: UUID, staff_sql: Sql) -> None:
    state, message = refusal(
        staff_sql,
        """INSERT INTO approvals (id, update_id, version, content_sha256, audience_sha256, decision,
            decided_by, decided_as, decided_at)
        SELECT gen_random_uuid(), u.id, 1, v.content_sha256, u.audience_sha256, 'approve', 'senior',
            'senior', now() FROM updates u JOIN update_versions v ON v.update_id = u.id AND v.version = 1""",
    )

    assert (state, message) == (FORBIDDEN, "there is nothing to approve")


async def test_what_does_not_await_approval_cannot_be_approved(
    service: Service, directory: Directory, staff_sql: Sql
) -> None:
    directory.people(2)
    describe(staff_sql, "senior", "senior")
    update = await service.draft()
    assert _refused_approval(staff_sql, update) == "there is nothing to approve"

    async with service.staff.begin() as tx:
        await drafting.submit(tx, COMMS, update, now=now())
    assert _refused_approval(staff_sql, update) == "there is nothing to approve"

    await service.submit(await service.draft())
    await service.approve(update)
    assert _refused_approval(staff_sql, update) == "there is nothing to approve"


async def test_20_without_an_approval_the_state_does_not_become_approved(
    submitted: UUID, staff_sql: Sql, worker_sql: Sql
) -> None:
    nothing = (FORBIDDEN, "no approval of these words and these people")

    assert refusal(staff_sql, SET_APPROVED, submitted) == nothing
    assert refusal(worker_sql, "UPDATE updates SET state = 'approved' WHERE id = %s", submitted) == nothing


async def test_an_approval_to_send_back_approves_nothing(submitted: UUID, staff_sql: Sql) -> None:
    approve_by_sql(staff_sql, submitted, decision="send_back")

    assert refusal(staff_sql, SET_APPROVED, submitted)[0] == FORBIDDEN


async def test_without_an_approval_nothing_begins_to_be_sent(
    submitted: UUID, staff_sql: Sql, worker_sql: Sql
) -> None:
    for connection in (staff_sql, worker_sql):
        assert refusal(connection, SET_SENDING, submitted)[0] == FORBIDDEN


async def test_an_approval_of_the_version_before_does_not_carry_over(
    service: Service, submitted: UUID, staff_sql: Sql
) -> None:
    await service.approve(submitted)
    async with service.staff.begin() as tx:
        await drafting.edit(tx, COMMS, submitted, {"title": "After the approval"}, now=now())
    await service.submit(submitted)

    assert refusal(staff_sql, SET_APPROVED, submitted)[0] == FORBIDDEN


async def test_one_person_more_than_one_is_not_one(
    service: Service, directory: Directory, staff_sql: Sql
) -> None:
    shared = directory.contact()
    directory.person(at=shared)
    directory.person(at=shared)
    update = await service.draft()
    assert (await service.submit(update)).planned == 1

    assert refusal(staff_sql, SET_APPROVED, update)[0] == FORBIDDEN


@pytest.mark.parametrize("table", ["approvals", "update_versions", "audit_events"])
async def test_what_was_said_and_decided_is_never_changed(
    service: Service, submitted: UUID, staff_sql: Sql, owner: Sql, worker_sql: Sql, table: str
) -> None:
    await service.approve(submitted)
    column = "body" if table == "audit_events" else "content_sha256"
    statements = (
        f"UPDATE {table} SET {column} = {column}",
        f"DELETE FROM {table}",
        f"TRUNCATE {table} CASCADE",
    )

    for statement in statements:
        for connection in (staff_sql, worker_sql, owner):
            assert refusal(connection, statement)[0] == NOT_GRANTED, statement
