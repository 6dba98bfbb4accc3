"""When an update may leave: on somebody's word, sooner where it is urgent, and never at night."""

from datetime import timedelta
from typing import Any, LiteralString
from uuid import UUID

import psycopg
import pytest

from service.deliveries.claiming import claim
from service.deliveries.preparing import begin_sending
from service.errors import Invalid
from service.schemes.reading import get_scheme
from service.staff.principal import NotYourRole, Staff
from service.staff.roles import Role
from service.staff.step_up import SignInAgain
from service.updates import drafting, halting
from service.updates.approval import Decision, decide
from service.updates.reading import approval_of, is_urgent
from service.updates.states import UpdateState
from service.updates.tables import Update
from service.updates.word import NoWordAwaited, give_word
from tests.harness.people import COMMS, SENIOR, Service, now, staff
from tests.updates.approving import describe
from tests.updates.directory import Directory
from tests.updates.hours import make_it_day, make_it_night
from tests.updates.plain_sql import FORBIDDEN, one, refusal
from tests.updates.words import body

Sql = psycopg.Connection[tuple[Any, ...]]
QUARTER = timedelta(minutes=15)
GIVE: LiteralString = "UPDATE updates SET word_by = 'comms', word_at = now(), not_before = now()"


async def _approve(
    service: Service, update: UUID, *, window: timedelta = timedelta(0), urgent: str | None = None
) -> Update:
    found = await service.update(update)
    async with service.staff.begin() as tx:
        version = await drafting.current_version(tx, found)
        return await decide(
            tx,
            SENIOR,
            update,
            Decision.APPROVE,
            content_sha256=version.content_sha256,
            audience_sha256=found.audience_sha256 or "",
            comment=None,
            hold_window=window,
            urgent_reason=urgent,
            now=now(),
        )


async def _word(service: Service, update: UUID, *, by: Staff = COMMS) -> Update:
    async with service.staff.begin() as tx:
        return await give_word(tx, by, update, now=now())


@pytest.fixture
async def embargoed(service: Service, directory: Directory) -> UUID:
    """An update of two people that a senior approved, to leave on somebody's word."""
    directory.people(2)
    update = await service.draft(body(on_word=True))
    await service.submit(update)
    await _approve(service, update)
    return update


async def test_what_waits_for_a_word_leaves_when_it_is_given_and_not_before(
    service: Service, embargoed: UUID, owner: Sql
) -> None:
    await service.send()
    waiting = await service.update(embargoed)
    assert (waiting.state, waiting.not_before) == (UpdateState.APPROVED, None)

    given = await _word(service, embargoed)
    assert given.word_by == COMMS.subject
    assert given.not_before is not None
    assert given.not_before == given.word_at
    await service.send()

    assert (await service.update(embargoed)).state is not UpdateState.APPROVED
    said = one(owner, """SELECT body FROM audit_events WHERE body LIKE '%%"word-given"%%'""")
    assert f'"actor":"{COMMS.subject}"' in said
    with pytest.raises(NoWordAwaited):
        await _word(service, embargoed)


async def test_a_word_within_the_hold_window_waits_for_its_end(
    service: Service, directory: Directory
) -> None:
    directory.people(2)
    update = await service.draft(body(on_word=True))
    await service.submit(update)
    with pytest.raises(NoWordAwaited):
        await _word(service, update)
    approved = await _approve(service, update, window=QUARTER)

    given = await _word(service, update)

    assert approved.approved_at is not None
    assert given.not_before == approved.approved_at + QUARTER


async def test_one_person_waits_for_the_word_too(service: Service, directory: Directory) -> None:
    directory.person()
    update = await service.draft(body(on_word=True))

    released = await service.submit(update)
    assert (released.state, released.not_before) == (UpdateState.APPROVED, None)

    assert (await _word(service, update)).not_before is not None


@pytest.mark.parametrize("role", [role for role in Role if role not in (Role.COMMS, Role.SENIOR)])
async def test_only_those_who_write_give_the_word(service: Service, embargoed: UUID, role: Role) -> None:
    with pytest.raises(NotYourRole):
        await _word(service, embargoed, by=staff("somebody", role))


async def test_a_sign_in_of_long_ago_gives_no_word(service: Service, embargoed: UUID) -> None:
    with pytest.raises(SignInAgain):
        await _word(service, embargoed, by=staff("comms", Role.COMMS, signed_in=timedelta(seconds=301)))


async def test_one_that_was_halted_is_not_resumed_past_the_word(service: Service, embargoed: UUID) -> None:
    async with service.staff.begin() as tx:
        await halting.halt(tx, COMMS, embargoed, reason=None, now=now())
    with pytest.raises(halting.WordAwaited):
        async with service.staff.begin() as tx:
            await halting.resume(tx, SENIOR, embargoed, now=now())

    assert (await _word(service, embargoed)).state is UpdateState.HALTED
    async with service.staff.begin() as tx:
        resumed = await halting.resume(tx, SENIOR, embargoed, now=now())

    assert resumed.state is UpdateState.SENDING


async def test_an_edit_takes_the_word_back_with_the_approval(service: Service, embargoed: UUID) -> None:
    await _word(service, embargoed)
    async with service.staff.begin() as tx:
        edited = await drafting.edit(tx, COMMS, embargoed, {"title": "Better"}, now=now())
    assert (edited.word_by, edited.word_at) == (None, None)

    await service.submit(embargoed)
    assert (await _approve(service, embargoed)).not_before is None


async def test_the_database_sends_nothing_before_the_word_and_takes_it_once_of_who_may(
    service: Service, embargoed: UUID, staff_sql: Sql, worker_sql: Sql, owner: Sql
) -> None:
    for subject in ("comms", "somebody"):
        describe(staff_sql, subject, "caseworker")

    sending: LiteralString = "UPDATE updates SET state = 'sending', not_before = now()"
    for connection in (staff_sql, worker_sql):
        assert refusal(connection, sending) == (FORBIDDEN, "it waits for somebody's word")
    assert refusal(staff_sql, GIVE) == (FORBIDDEN, "only comms or a senior give the word")
    assert refusal(worker_sql, GIVE)[0] == "42501"
    describe(staff_sql, "comms", "comms")
    staff_sql.execute(GIVE)
    again: LiteralString = "UPDATE updates SET word_at = now() + interval '1 hour'"
    assert refusal(staff_sql, again) == (FORBIDDEN, "nobody's word is awaited")
    back: LiteralString = "UPDATE updates SET word_at = NULL, word_by = NULL"
    assert refusal(staff_sql, back) == (FORBIDDEN, "a word is not taken back")
    early: LiteralString = "UPDATE updates SET state = 'sending', not_before = now() + interval '1 hour'"
    assert refusal(worker_sql, early) == (FORBIDDEN, "its time has not come")

    # Behind the guards nothing is claimed either.
    owner.execute("ALTER TABLE updates DISABLE TRIGGER updates_leave_when_they_may")
    owner.execute("UPDATE updates SET state = 'sending', word_at = NULL, word_by = NULL, not_before = now()")
    async with service.worker.transactions.begin() as tx:
        assert await claim(tx, embargoed, limit=10, now=now()) == []


async def test_nobodys_word_counts_where_none_is_awaited(
    service: Service, directory: Directory, staff_sql: Sql
) -> None:
    directory.people(2)
    update = await service.approved()

    with pytest.raises(NoWordAwaited):
        await _word(service, update)
    assert refusal(staff_sql, GIVE) == (FORBIDDEN, "nobody's word is awaited")


async def test_what_is_urgent_says_why_and_leaves_sooner_and_at_night(
    service: Service, directory: Directory, owner: Sql
) -> None:
    make_it_night(owner)
    directory.people(2)
    update = await service.draft()
    await service.submit(update)

    approved = await _approve(service, update, window=timedelta(0), urgent="The deadline is tonight")

    assert approved.not_before == approved.approved_at
    async with service.staff.begin() as tx:
        kept = await approval_of(tx, approved)
        assert await is_urgent(tx, approved)
    assert kept is not None
    assert (kept.urgent_reason, kept.held_until) == ("The deadline is tonight", approved.not_before)
    said = one(owner, "SELECT body FROM audit_events ORDER BY seq DESC LIMIT 1")
    assert '"window":"urgent"' in said
    assert "deadline" not in said
    async with service.worker.transactions.begin() as tx:
        assert await begin_sending(tx, update, now=now())


async def test_at_night_an_update_waits_for_the_morning_and_says_so(
    service: Service, directory: Directory, owner: Sql
) -> None:
    morning = make_it_night(owner)
    directory.people(2)
    waits = await service.approved()
    assert (await service.update(waits)).not_before == morning

    # Approved by day, and due at night, because a worker was away; then on its way when night falls.
    make_it_day(owner)
    late = await service.approved()
    morning = make_it_night(owner)
    await service.send()
    found = await service.update(late)
    assert (found.state, found.not_before) == (UpdateState.APPROVED, morning)

    make_it_day(owner)
    owner.execute("UPDATE updates SET not_before = now() WHERE id = %s", (late,))
    async with service.worker.transactions.begin() as tx:
        assert await begin_sending(tx, late, now=now())
    morning = make_it_night(owner)
    await service.send()
    found = await service.update(late)
    assert (found.state, found.not_before) == (UpdateState.SENDING, morning)
    assert await service.outcomes(late) == {"planned": 2}

    make_it_day(owner)
    owner.execute("UPDATE updates SET not_before = now() WHERE id = %s", (late,))
    await service.send()
    assert "planned" not in await service.outcomes(late)


async def test_a_time_at_night_is_refused_with_the_hours(service: Service, owner: Sql) -> None:
    morning = make_it_night(owner)
    async with service.staff.begin() as tx:
        service.scheme = await get_scheme(tx, service.scheme.id)

    await service.draft(body(send_at=(morning + timedelta(minutes=59)).isoformat()))
    with pytest.raises(Invalid) as refused:
        await service.draft(body(send_at=(morning + timedelta(minutes=60)).isoformat()))

    assert f"{morning:%H:%M} to " in refused.value.fields["send_at"]
    with pytest.raises(ValueError, match="not both"):
        await service.draft(body(send_at=morning.isoformat(), on_word=True))
