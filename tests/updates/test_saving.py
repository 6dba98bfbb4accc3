"""Half-written drafts, and two people who write at once."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from service.staff.principal import Staff
from service.staff.roles import Role
from service.updates import drafting
from service.updates.body import UpdateDraft
from service.updates.checks import Blocked
from service.updates.content import body_of
from service.updates.drafting import SomebodyElseSaved
from service.updates.history import version_of
from service.updates.states import UpdateState
from tests.harness.people import BODY, COMMS, Service, now, staff
from tests.updates.directory import Directory
from tests.updates.words import english
from workers import plan

COMMS2 = staff("comms2", Role.COMMS)
BEGUN: dict[str, Any] = {
    "title": "News",
    "email": {"en": english(), "cy": {"subject": "Y newyddion", "body": ""}},
    "audience": {"topics": []},
}


async def _begin(service: Service, written: dict[str, Any]) -> UUID:
    await plan.see_templates(service.worker)
    async with service.staff.begin() as tx:
        half = UpdateDraft.model_validate(written)
        return (await drafting.draft(tx, COMMS, service.scheme, half, now=now())).id


async def _save(
    service: Service, update: UUID, written: dict[str, Any], *, read: int, by: Staff = COMMS
) -> int:
    async with service.staff.begin() as tx:
        half = UpdateDraft.model_validate(written)
        return (await drafting.save(tx, by, update, half, read=read, now=now())).version


async def test_what_is_half_written_is_kept_and_cannot_be_submitted_until_it_is_whole(
    service: Service, directory: Directory
) -> None:
    directory.people(2)
    update = await _begin(service, BEGUN)
    with pytest.raises(Blocked) as blocked:
        await service.submit(update)
    assert [finding.key for finding in blocked.value.findings] == [
        "words-missing@email.cy.body",
        "audience-missing@audience.topics",
    ]
    # By the way of the JSON API, too: there it would not even be a body.
    with pytest.raises(drafting.BadChanges) as refused:
        async with service.staff.begin() as tx:
            await drafting.edit(tx, COMMS, update, {"title": "Another"}, now=now())
    assert {error["loc"] for error in refused.value.error.errors()} == {
        ("email", "cy", "body"),
        ("audience", "topics"),
    }

    assert await _save(service, update, BODY, read=1) == 2
    assert (await service.submit(update)).state is UpdateState.AWAITING_APPROVAL


async def test_nothing_at_all_can_be_saved_and_is_there_again(service: Service) -> None:
    update = await _begin(service, {})
    late = {**BEGUN, "send_at": (now() - timedelta(days=1)).isoformat(), "letter": {"cy": {"heading": "Y"}}}

    await _save(service, update, late, read=1)

    async with service.staff.begin() as tx:
        version = await drafting.current_version(tx, await drafting.locked(tx, update))
    kept = body_of(version.content)
    assert (kept["email"], kept["audience"]) == (BEGUN["email"], {"topics": []})
    assert kept["letter"] == {"cy": {"heading": "Y", "body": ""}}
    assert kept["sms"] is None


async def test_what_is_half_written_holds_nobodys_details(service: Service) -> None:
    update = await _begin(service, {**BEGUN, "email": {"en": {"body": "Ring 07700 900123, AB123456C"}}})

    async with service.staff.begin() as tx:
        version = await drafting.current_version(tx, await drafting.locked(tx, update))
    assert version.content["email"] == {"en": {"subject": "", "body": "Ring █████, █NI█"}}


async def test_saving_the_same_again_changes_nothing_and_voids_no_approval(
    service: Service, directory: Directory
) -> None:
    directory.people(2)
    update = await service.approved()

    assert await _save(service, update, BODY, read=1, by=COMMS2) == 1
    assert (await service.update(update)).state is UpdateState.APPROVED
    assert await _save(service, update, {**BODY, "title": "Another"}, read=1) == 2
    assert (await service.update(update)).state is UpdateState.DRAFT


async def test_the_second_of_two_who_save_at_once_is_told_and_can_read_both(service: Service) -> None:
    update = await _begin(service, BEGUN)
    await _save(service, update, {**BEGUN, "title": "First"}, read=1)

    for by, written in ((COMMS2, {**BEGUN, "title": "Second"}), (COMMS2, {**BEGUN, "title": "First"})):
        with pytest.raises(SomebodyElseSaved) as refused:
            await _save(service, update, written, read=1, by=by)
        assert refused.value.version == 2
    async with service.staff.begin() as tx:
        found = await drafting.locked(tx, update)
        theirs = await version_of(tx, found, refused.value.version)
        read = await version_of(tx, found, 1)
    assert (theirs.content["title"], theirs.edited_by, read.content["title"]) == ("First", "comms", "News")
    assert await _save(service, update, {**BEGUN, "title": "Both"}, read=2, by=COMMS2) == 3


async def test_nobody_submits_words_that_they_have_not_read(service: Service) -> None:
    update = await service.draft()
    async with service.staff.begin() as tx:
        await drafting.edit(tx, COMMS2, update, {"title": "Another"}, read=1, now=now())

    async with service.staff.begin() as tx:
        with pytest.raises(SomebodyElseSaved):
            await drafting.submit(tx, COMMS, update, read=1, now=now())
        with pytest.raises(SomebodyElseSaved):
            await drafting.edit(tx, COMMS, update, {"title": "A third"}, read=1, now=now())
    async with service.staff.begin() as tx:
        submitted = await drafting.submit(tx, COMMS, update, read=2, now=now())
    assert submitted.state is UpdateState.PREPARING
