"""The approval, as the code keeps it (promise 4; check 19)."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import psycopg
import pytest

from service.errors import KeptError
from service.staff.principal import NotYourRole, Staff
from service.staff.roles import Role
from service.staff.step_up import SignInAgain
from service.updates import drafting, halting
from service.updates.approval import Decision, SelfApproval, StaleApproval, decide
from service.updates.states import UpdateState, WrongState
from service.updates.tables import Update
from tests.harness.people import COMMS, SENIOR, Service, now, staff
from tests.updates.directory import Directory
from tests.updates.plain_sql import one
from tests.updates.words import body

OTHER_SENIOR = staff("senior2", Role.SENIOR)
STALE = "0" * 64


async def _decide(
    service: Service,
    update: UUID,
    *,
    by: Staff = SENIOR,
    decision: Decision = Decision.APPROVE,
    content: str | None = None,
    audience: str | None = None,
    comment: str | None = None,
    hold_window: timedelta = timedelta(0),
    later: timedelta = timedelta(0),
) -> Update:
    found = await service.update(update)
    async with service.staff.begin() as tx:
        version = await drafting.current_version(tx, found)
        return await decide(
            tx,
            by,
            update,
            decision,
            content_sha256=content or version.content_sha256,
            audience_sha256=audience or found.audience_sha256 or STALE,
            comment=comment,
            hold_window=hold_window,
            now=now() + later,
        )


@pytest.fixture
async def submitted(service: Service, directory: Directory) -> UUID:
    """An update of two people, written and submitted by comms."""
    directory.people(2)
    update = await service.draft()
    assert (await service.submit(update)).state is UpdateState.AWAITING_APPROVAL
    return update


async def test_a_senior_who_did_not_write_it_approves(service: Service, submitted: UUID) -> None:
    update = await _decide(service, submitted)

    assert update.state is UpdateState.APPROVED
    assert update.approved_at is not None


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.SENIOR])
async def test_nobody_but_a_senior_decides(service: Service, submitted: UUID, role: Role) -> None:
    for decision in Decision:
        with pytest.raises(NotYourRole):
            await _decide(service, submitted, by=staff("somebody", role), decision=decision)

    assert (await service.update(submitted)).state is UpdateState.AWAITING_APPROVAL


async def test_19_who_created_it_cannot_approve_it(service: Service, directory: Directory) -> None:
    directory.people(2)
    update = await service.draft(by=SENIOR)
    await service.submit(update)

    with pytest.raises(SelfApproval):
        await _decide(service, update)

    assert (await _decide(service, update, by=OTHER_SENIOR)).state is UpdateState.APPROVED


async def test_19_who_submitted_it_cannot_approve_it(service: Service, directory: Directory) -> None:
    directory.people(2)
    update = await service.draft()
    await service.submit(update, by=SENIOR)

    with pytest.raises(SelfApproval):
        await _decide(service, update)


async def test_19_who_edited_it_cannot_approve_it_though_another_edited_it_after(
    service: Service, directory: Directory
) -> None:
    directory.people(2)
    update = await service.draft()
    async with service.staff.begin() as tx:
        await drafting.edit(tx, SENIOR, update, {"title": "Better"}, now=now())
    async with service.staff.begin() as tx:
        await drafting.edit(tx, COMMS, update, {"title": "Best"}, now=now())
    await service.submit(update)

    with pytest.raises(SelfApproval):
        await _decide(service, update)


async def test_nobody_sends_their_own_back_as_its_approver(service: Service, directory: Directory) -> None:
    directory.people(2)
    update = await service.draft(by=SENIOR)
    await service.submit(update)

    with pytest.raises(SelfApproval):
        await _decide(service, update, decision=Decision.SEND_BACK)


@pytest.mark.parametrize("decision", list(Decision))
async def test_other_words_or_other_people_than_were_read_are_stale(
    service: Service, submitted: UUID, decision: Decision
) -> None:
    for content, audience in ((STALE, None), (None, STALE)):
        with pytest.raises(StaleApproval):
            await _decide(service, submitted, decision=decision, content=content, audience=audience)

    assert (await service.update(submitted)).state is UpdateState.AWAITING_APPROVAL


async def test_the_hashes_of_the_version_before_are_stale(service: Service, submitted: UUID) -> None:
    found = await service.update(submitted)
    async with service.staff.begin() as tx:
        read = await drafting.current_version(tx, found)
    async with service.staff.begin() as tx:
        await drafting.edit(tx, COMMS, submitted, {"title": "Changed"}, now=now())
    await service.submit(submitted)

    with pytest.raises(StaleApproval):
        await _decide(service, submitted, content=read.content_sha256)


async def test_only_what_awaits_it_is_approved(service: Service, directory: Directory) -> None:
    directory.people(2)
    update = await service.draft()
    with pytest.raises(WrongState):
        await _decide(service, update)
    async with service.staff.begin() as tx:
        await drafting.submit(tx, COMMS, update, now=now())
    with pytest.raises(WrongState):
        await _decide(service, update)
    await service.submit(await service.draft())


async def test_what_is_approved_is_not_approved_again(service: Service, submitted: UUID) -> None:
    await _decide(service, submitted)

    with pytest.raises(WrongState):
        await _decide(service, submitted, by=OTHER_SENIOR)


async def test_two_approvals_at_once_make_one(
    service: Service, submitted: UUID, directory: Directory
) -> None:
    results = await asyncio.gather(
        *(_decide(service, submitted, by=by) for by in (SENIOR, OTHER_SENIOR)), return_exceptions=True
    )

    assert [type(result) for result in results if isinstance(result, Exception)] == [WrongState]
    assert one(directory.connection, "SELECT count(*) FROM approvals") == 1


async def test_an_update_sent_back_says_why(service: Service, submitted: UUID, directory: Directory) -> None:
    update = await _decide(service, submitted, decision=Decision.SEND_BACK, comment="Say it plainly")

    assert (update.state, update.planned, update.audience_sha256) == (UpdateState.DRAFT, 0, None)
    assert update.sent_back_why == "Say it plainly"
    assert one(directory.connection, "SELECT decision FROM approvals") == "send_back"


async def test_one_that_is_overdue_when_approved_goes_back(service: Service, directory: Directory) -> None:
    directory.people(2)
    update = await service.draft(body(send_at=(now() + timedelta(minutes=1)).isoformat()))
    await service.submit(update)

    decided = await _decide(service, update, later=timedelta(seconds=61))

    assert (decided.state, decided.sent_back_why) == (UpdateState.DRAFT, "overdue")
    assert (decided.approved_at, decided.not_before) == (None, None)


async def test_one_that_is_overdue_and_sent_back_keeps_the_reason_that_was_given(
    service: Service, directory: Directory
) -> None:
    directory.people(2)
    update = await service.draft(body(send_at=(now() + timedelta(minutes=1)).isoformat()))
    await service.submit(update)

    decided = await _decide(
        service,
        update,
        decision=Decision.SEND_BACK,
        comment="The date is wrong",
        later=timedelta(seconds=61),
    )

    assert decided.sent_back_why == "The date is wrong"


async def test_nothing_leaves_before_the_hold_window_has_passed(
    service: Service, submitted: UUID, directory: Directory
) -> None:
    update = await _decide(service, submitted, hold_window=timedelta(minutes=15))
    assert update.approved_at is not None
    assert update.not_before == update.approved_at + timedelta(minutes=15)

    await service.send()
    assert (await service.update(submitted)).state is UpdateState.APPROVED

    directory.connection.execute("UPDATE updates SET not_before = now()")
    await service.send()
    assert (await service.update(submitted)).state is UpdateState.SENDING


@pytest.mark.parametrize(("minutes", "waits_for"), [(5, 15), (30, 30)])
async def test_the_later_of_its_time_and_the_hold_window_counts(
    service: Service, directory: Directory, minutes: int, waits_for: int
) -> None:
    directory.people(2)
    start = now()
    update = await service.draft(body(send_at=(start + timedelta(minutes=minutes)).isoformat()))
    await service.submit(update)

    decided = await _decide(service, update, hold_window=timedelta(minutes=15))

    assert decided.not_before is not None
    assert abs(decided.not_before - start - timedelta(minutes=waits_for)) < timedelta(seconds=60)


@pytest.mark.parametrize("age", [timedelta(seconds=301), timedelta(days=1), timedelta(seconds=-60)])
async def test_21_a_sign_in_of_long_ago_approves_nothing(
    service: Service, submitted: UUID, age: timedelta
) -> None:
    with pytest.raises(SignInAgain):
        await _decide(service, submitted, by=staff("senior", Role.SENIOR, signed_in=age))


async def test_a_sign_in_of_unknown_time_neither_approves_nor_resumes(
    service: Service, submitted: UUID
) -> None:
    unknown = replace(SENIOR, auth_time=None)
    with pytest.raises(SignInAgain):
        await _decide(service, submitted, by=unknown)
    await _decide(service, submitted)
    async with service.staff.begin() as tx:
        await halting.halt(tx, COMMS, submitted, reason=None, now=now())

    long_ago = staff("senior", Role.SENIOR, signed_in=timedelta(seconds=301))
    for by, refused in ((unknown, SignInAgain), (long_ago, SignInAgain), (COMMS, NotYourRole)):
        with pytest.raises(refused):
            async with service.staff.begin() as tx:
                await halting.resume(tx, by, submitted, now=now())
    assert (await service.update(submitted)).state is UpdateState.HALTED


async def test_an_approval_that_fails_leaves_no_trace(
    service: Service, submitted: UUID, owner: psycopg.Connection[tuple[object, ...]]
) -> None:
    before = one(owner, "SELECT count(*) FROM audit_events")

    with pytest.raises(KeptError):
        await _decide(service, submitted, content=STALE)

    assert one(owner, "SELECT count(*) FROM approvals") == 0
    assert one(owner, "SELECT count(*) FROM audit_events") == before
