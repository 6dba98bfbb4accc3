"""Submitting over HTTP: findings with their reasons, and the version that was read."""

from typing import Any
from uuid import UUID

from service.updates import drafting
from service.updates.body import UpdateDraft
from tests.harness.people import COMMS, Service, now
from tests.updates.directory import Directory
from tests.updates.words import bilingual, body
from tests.web_staff.serving import StaffHost, decision
from workers import plan

LINK = "link-elsewhere@email.en.body, line 1"
WORDS = {"en": bilingual("See https://www.example.org.")["en"], "cy": body()["email"]["cy"]}


def _reasons(shown: dict[str, Any]) -> dict[str, Any]:
    return {finding["key"]: finding["reason"] for finding in shown["findings"]}


async def test_the_approver_sees_each_finding_with_its_reason_or_none(
    service: Service, host: StaffHost, directory: Directory
) -> None:
    directory.people(2)
    await plan.see_templates(service.worker)
    drafted = await host.drafted(body(email=WORDS, audience={"languages": ["en"], "topics": ["eligibility"]}))
    assert _reasons(drafted) == {LINK: None, "language-left-out@audience.cy": None}
    assert {(finding["blocks"], finding["wants_reason"]) for finding in drafted["findings"]} == {
        (False, True)
    }
    assert drafted["reading_age"] == {"email.en.body": None, "email.cy.body": None}
    path = f"/v1/updates/{drafted['id']}"

    async def submit(**form: Any) -> tuple[int, dict[str, Any]]:
        answer = await host.call("comms", "POST", f"{path}/submission", json=form)
        assert "secret-word" not in answer.text
        return answer.status_code, answer.json()

    for reasons, field in (
        ({"secret-word": "x"}, "reasons"),
        ({LINK: "secret-word 07700 900123"}, f"reasons.{LINK}"),
        ({LINK: "secret-word\0"}, f"reasons.{LINK}"),
    ):
        status, problem = await submit(reasons=reasons)
        assert status == 422
        assert [error["field"] for error in problem["errors"]] == [field], problem
    status, problem = await submit(version=2)
    assert (status, problem["type"], problem["version"]) == (409, "urn:kept:problem:somebody-else-saved", 1)

    status, submitted = await submit(version=1, reasons={"link-elsewhere": "They have the form"})
    assert (status, submitted["state"]) == (202, "preparing")
    await plan.plan_updates(service.worker)
    shown = await host.shown(drafted["id"], by="senior")
    assert _reasons(shown) == {LINK: "They have the form", "language-left-out@audience.cy": None}

    refused = await host.call(
        "senior", "POST", f"{path}/approval", json=decision(shown, comment="Ask secret-word@example.com")
    )
    assert (refused.status_code, [each["field"] for each in refused.json()["errors"]]) == (422, ["comment"])
    assert "secret-word" not in refused.text
    approved = await host.call("senior", "POST", f"{path}/approval", json=decision(shown, comment="Good"))
    assert (approved.status_code, _reasons(approved.json())) == (200, _reasons(shown))


async def test_the_second_of_two_edits_of_the_same_version_is_409_with_the_current_one(
    service: Service, host: StaffHost
) -> None:
    await plan.see_templates(service.worker)
    update = await host.drafted(body())
    path = f"/v1/updates/{update['id']}"

    first = await host.call("comms", "PATCH", path, json={"title": "First", "version": update["version"]})
    assert (first.status_code, first.json()["version"]) == (200, 2)
    second = await host.call("comms2", "PATCH", path, json={"title": "Second", "version": update["version"]})
    assert second.status_code == 409
    assert second.headers["content-type"] == "application/problem+json"
    assert second.json()["version"] == 2
    assert (await host.shown(update["id"]))["title"] == "First"

    # What a page saved with gaps is shown with them.
    async with service.staff.begin() as tx:
        await drafting.save(tx, COMMS, UUID(update["id"]), UpdateDraft(), read=2, now=now())
    gaps = await host.shown(update["id"])
    assert {finding["code"] for finding in gaps["findings"]} == {"words-missing", "audience-missing"}
    assert (gaps["email"], gaps["audience"], gaps["version"]) == ({}, {}, 3)

    # Without the version, as before.
    third = await host.call("comms2", "PATCH", path, json=body(title="Third"))
    assert (third.status_code, third.json()["version"]) == (200, 4)
