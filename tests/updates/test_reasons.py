"""Reasons for findings: given with a submission, read by the approver, and nobody's details in them."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest

from service.errors import Invalid
from service.staff.roles import Role
from service.updates import approval, drafting, halting
from service.updates.approval import Decision
from service.updates.checks import Blocked, Finding
from service.updates.reading import get_update
from service.updates.reasons import findings_of
from service.updates.states import UpdateState
from tests.harness.people import COMMS, SENIOR, Service, now, staff
from tests.updates.approving import approve_by_sql, describe
from tests.updates.directory import Directory
from tests.updates.plain_sql import FORBIDDEN, NOT_GRANTED, one, refusal
from tests.updates.words import bilingual, body
from workers import plan

Sql = psycopg.Connection[tuple[Any, ...]]

LINKS = body(email=bilingual("Read it at https://www.example.org/news.\nOr at CF10 3NQ."))
EN, CY = (f"link-elsewhere@email.{language}.body, line 1" for language in ("en", "cy"))


async def _submit(service: Service, update: UUID, **reasons: str) -> None:
    async with service.staff.begin() as tx:
        await drafting.submit(tx, COMMS, update, reasons=reasons, now=now())


async def _findings(service: Service, update: UUID) -> list[Finding]:
    async with service.staff.begin() as tx:
        found = await get_update(tx, update)
        return await findings_of(tx, found, await drafting.current_version(tx, found))


async def test_the_approver_reads_the_reason_of_each_finding_and_where_there_is_none(
    service: Service,
) -> None:
    update = await service.draft(LINKS)
    assert {finding.reason for finding in await _findings(service, update)} == {None}

    await _submit(
        service, update, **{"link-elsewhere": "They answer it", CY: "It is in Welsh", "postcode": " "}
    )

    said = {finding.key: finding.reason for finding in await _findings(service, update)}
    assert said == {
        EN: "They answer it",
        CY: "It is in Welsh",
        "postcode@email.en.body, line 2": None,
        "postcode@email.cy.body, line 2": None,
    }


async def test_reasons_belong_to_the_version_that_was_submitted(
    service: Service, directory: Directory
) -> None:
    directory.people(2)
    update = await service.draft(LINKS)
    await _submit(service, update, **{"link-elsewhere": "They answer it"})

    async with service.staff.begin() as tx:
        await drafting.edit(tx, COMMS, update, {"title": "Another"}, now=now())
    assert {finding.reason for finding in await _findings(service, update)} == {None}

    await service.submit(update)
    assert {finding.reason for finding in await _findings(service, update)} == {None}


@pytest.mark.parametrize(
    "text",
    [
        "Ask mary.jones@example.com",
        "Ring 07700 900123",
        "It is AB123456C",
        "See B7654321",
        "mary at x dot com",
    ],
)
async def test_words_of_staff_hold_nobodys_details(service: Service, directory: Directory, text: str) -> None:
    directory.people(2)
    update = await service.draft({**LINKS, "title": text})
    async with service.staff.begin() as tx:
        version = await drafting.current_version(tx, await drafting.locked(tx, update))
    assert "█" in version.content["title"]
    with pytest.raises(Invalid) as refused:
        await _submit(service, update, **{EN: text})
    assert set(refused.value.fields) == {f"reasons.{EN}"}
    assert text not in str(refused.value.fields)
    with pytest.raises(Blocked):
        await _submit(service, update)

    async with service.staff.begin() as tx:
        await drafting.edit(tx, COMMS, update, {"title": "News"}, now=now())
    submitted = await service.submit(update)
    with pytest.raises(Invalid) as refused:
        async with service.staff.begin() as tx:
            await _decide(tx, submitted, Decision.SEND_BACK, comment=text)
    assert set(refused.value.fields) == {"comment"}

    await service.approve(update)
    async with service.staff.begin() as tx:
        halted = await halting.halt(tx, COMMS, update, reason=text, now=now())
    assert "█" in str(halted.halted_why)


async def _decide(tx: Any, update: Any, decision: Decision, *, comment: str | None) -> None:
    version = await drafting.current_version(tx, update)
    await approval.decide(
        tx,
        SENIOR,
        update.id,
        decision,
        content_sha256=version.content_sha256,
        audience_sha256=update.audience_sha256,
        comment=comment,
        hold_window=timedelta(0),
        now=now(),
    )


async def test_a_number_on_the_public_list_may_be_in_a_reason(service: Service) -> None:
    update = await service.draft(LINKS)

    await _submit(service, update, **{EN: "Whoever cannot read it rings 0800 678 1925"})

    assert (await service.update(update)).state is UpdateState.PREPARING


async def test_a_reason_for_no_finding_is_refused_without_repeating_it(service: Service) -> None:
    update = await service.draft(LINKS)

    with pytest.raises(Invalid) as refused:
        await _submit(service, update, **{"mary@example.com": "Because"})

    assert set(refused.value.fields) == {"reasons"}
    assert (await service.update(update)).state is UpdateState.DRAFT


async def test_the_record_holds_the_hash_of_what_was_said(service: Service, owner: Sql) -> None:
    hashes = []
    for reasons in ({EN: "They answer it"}, {EN: "They answer it"}, {EN: "Another"}, {}):
        await _submit(service, await service.draft(LINKS), **reasons)
        hashes.append(
            one(owner, "SELECT body::jsonb ->> 'reasons_sha256' FROM audit_events ORDER BY seq DESC LIMIT 1")
        )

    assert hashes[0] == hashes[1]
    assert len(set(hashes)) == 3


SUBMISSION = """INSERT INTO submissions (update_id, submitted_at, version, submitted_by, reasons)
    SELECT id, coalesce(%s, submitted_at, now()), version + %s, coalesce(%s, submitted_by, 'comms'),
    '{"link-elsewhere@email.en.body, line 1": "All is well"}' FROM updates"""


async def test_plain_sql_puts_no_other_words_before_the_approver(
    service: Service, directory: Directory, staff_sql: Sql, worker_sql: Sql, owner: Sql
) -> None:
    directory.people(2)
    update = await service.draft(LINKS)
    wrong = (FORBIDDEN, "this is not what the update is submitted as")
    assert refusal(staff_sql, SUBMISSION, None, 0, None) == wrong

    await _submit(service, update, **{EN: "They answer it"})
    assert refusal(staff_sql, SUBMISSION, None, 0, None)[0] == "23505"
    assert refusal(staff_sql, SUBMISSION, now(), 0, None) == wrong
    assert refusal(staff_sql, SUBMISSION, now(), 0, "senior") == wrong
    assert refusal(staff_sql, SUBMISSION, None, 1, None) == wrong
    assert refusal(worker_sql, SUBMISSION, None, 0, None)[0] == NOT_GRANTED
    for connection in (staff_sql, owner):
        for statement in (
            "UPDATE submissions SET reasons = '{}'",
            "DELETE FROM submissions",
            "TRUNCATE submissions",
        ):
            assert refusal(connection, statement)[0] == NOT_GRANTED

    said = {finding.key: finding.reason for finding in await _findings(service, update)}
    assert said[EN] == "They answer it"


async def test_whoever_hands_it_in_with_reasons_cannot_approve_it(
    service: Service, directory: Directory, staff_sql: Sql
) -> None:
    directory.people(2)
    seniors = [staff(name, Role.SENIOR) for name in ("senior", "senior2")]
    update = await service.draft(LINKS)
    async with service.staff.begin() as tx:
        await drafting.submit(tx, seniors[0], update, reasons={EN: "They answer it"}, now=now())
    await plan.plan_updates(service.worker)
    describe(staff_sql, "senior", "senior")

    with pytest.raises(approval.SelfApproval):
        await service.approve(update, by=seniors[0])
    with pytest.raises(psycopg.errors.CheckViolation):
        approve_by_sql(staff_sql, update, by="senior")
    assert (await service.approve(update, by=seniors[1])).state is UpdateState.APPROVED
