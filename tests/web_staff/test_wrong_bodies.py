"""422 for a wrong field, 400 for no JSON, 404 for what is not there; and none repeats what was sent."""

import json
from typing import Any

import pytest

from tests.harness.people import Service
from tests.updates.words import bilingual, body
from tests.web_staff.routes import SOME_ID
from tests.web_staff.serving import StaffHost
from workers import plan

SECRET = "secret-word"
HASH = "0" * 64
UPDATES = "/v1/schemes/windrush/updates"
APPROVAL = f"/v1/updates/{SOME_ID}/approval"

WRONG: list[tuple[str, str, str, Any, set[str]]] = [
    ("senior", "POST", UPDATES, [SECRET], {""}),
    ("senior", "POST", UPDATES, {}, {"title", "email", "audience"}),
    ("senior", "POST", UPDATES, body(title=[SECRET]), {"title"}),
    ("senior", "POST", UPDATES, body(audience={}), {"audience"}),
    ("senior", "POST", UPDATES, body(sms={"en": SECRET}), {"sms.cy"}),
    ("senior", "POST", UPDATES, body(audience={"topics": [SECRET]}), {"audience.topics.0"}),
    ("senior", "POST", UPDATES, body(send_at="2001-01-01T00:00:00Z"), {"send_at"}),
    ("senior", "POST", UPDATES, body(send_at="9999-12-31T23:59:59-14:00"), {"send_at"}),
    ("senior", "POST", UPDATES, body(title="\ud800" + SECRET), {"title"}),
    ("senior", "POST", UPDATES, {**body(), SECRET: SECRET}, {""}),
    ("senior", "POST", UPDATES, body(email={"en": body()["email"]["en"], SECRET: {}}), {"email"}),
    ("senior", "POST", APPROVAL, {}, {"decision", "content_sha256", "audience_sha256"}),
    (
        "senior",
        "POST",
        APPROVAL,
        {"decision": SECRET, "content_sha256": SECRET, "audience_sha256": HASH},
        {"decision", "content_sha256"},
    ),
    (
        "senior",
        "POST",
        APPROVAL,
        {"decision": "approve", "content_sha256": HASH, "audience_sha256": HASH, "comment": "a\0" + SECRET},
        {"comment"},
    ),
    ("senior", "POST", f"/v1/updates/{SOME_ID}/halt", {"reason": [SECRET]}, {"reason"}),
    ("senior", "POST", f"/v1/updates/{SOME_ID}/halt", {"reason": SECRET + "\0"}, {"reason"}),
    ("senior", "POST", f"/v1/updates/{SOME_ID}/submission", {"reasons": SECRET}, {"reasons"}),
    ("senior", "POST", f"/v1/updates/{SOME_ID}/submission", {"version": SECRET}, {"version"}),
    ("senior", "POST", "/v1/holds", {}, {"reason"}),
    ("senior", "POST", "/v1/holds", {"reason": ""}, {"reason"}),
    ("senior", "POST", "/v1/holds", {"reason": "x" * 2001}, {"reason"}),
    ("senior", "POST", "/v1/holds", {"reason": SECRET + "\0"}, {"reason"}),
    ("senior", "POST", "/v1/holds", {"reason": "\udc00" + SECRET}, {"reason"}),
    ("senior", "POST", "/v1/holds", {"reason": "x", "scope": SECRET}, {"scope"}),
    ("dpo", "GET", f"/v1/audit?after={SECRET}", None, {"after"}),
    ("dpo", "GET", "/v1/audit?after=-1", None, {"after"}),
    ("dpo", "GET", f"/v1/audit?after={10**30}", None, {"after"}),
]


def as_json(sent: Any) -> dict[str, Any]:
    """A body with escapes, so that it can spell what no encoding has a place for."""
    if sent is None:
        return {}
    return {"content": json.dumps(sent), "headers": {"Content-Type": "application/json"}}


async def test_a_wrong_field_is_422_and_named_without_its_value(host: StaffHost) -> None:
    for person, method, path, sent, fields in WRONG:
        answer = await host.call(person, method, path, **as_json(sent))
        said = answer.json()
        assert answer.status_code == 422, (path, sent, answer.text)
        assert answer.headers["content-type"] == "application/problem+json"
        assert {error["field"] for error in said["errors"]} == fields, (path, sent)
        assert SECRET not in answer.text, (path, sent)
        assert "instance" not in said


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"title": ""}, {"title"}),
        ({"title": None}, {"title"}),
        ({"email": {"en": {"subject": SECRET, "body": "b"}}}, {"email.cy"}),
        ({"email": {"en": {"subject": "", "body": SECRET}, "cy": SECRET}}, {"email.en.subject", "email.cy"}),
        ({"audience": {"topics": [SECRET]}}, {"audience.topics.0"}),
        ({"audience": {"kinds": [SECRET]}}, {"audience.kinds.0"}),
        ({"audience": {}}, {"audience"}),
        ({"send_at": SECRET}, {"send_at"}),
        ({"letter": SECRET}, {"letter"}),
        ({SECRET: SECRET}, {""}),
        ({"\ud800": SECRET}, {""}),
        ({"state": "approved"}, {""}),
        ({"title": "\udfff"}, {"title"}),
        ({"version": SECRET}, {"version"}),
        ({"version": 0}, {"version"}),
        ({"version": 2**40, "title": SECRET}, {"version"}),
    ],
)
async def test_a_wrong_edit_names_its_fields(
    service: Service, host: StaffHost, changes: dict[str, Any], fields: set[str]
) -> None:
    await plan.see_templates(service.worker)
    update = await host.drafted(body())

    answer = await host.call("comms", "PATCH", f"/v1/updates/{update['id']}", **as_json(changes))

    assert answer.status_code == 422, answer.text
    assert {error["field"] for error in answer.json()["errors"]} == fields
    assert SECRET not in answer.text
    assert (await host.shown(update["id"]))["version"] == 1


@pytest.mark.parametrize("sent", [b"{", b"\xff\xfe", b'{"reason": "secret-word", }', b"[" * 100_000])
async def test_what_is_no_json_is_400_and_not_repeated(host: StaffHost, sent: bytes) -> None:
    answer = await host.call(
        "comms", "POST", "/v1/holds", content=sent, headers={"Content-Type": "application/json"}
    )

    assert answer.status_code == 400
    assert SECRET not in answer.text


async def test_what_is_not_there_is_404(host: StaffHost) -> None:
    for person, method, path, sent in (
        ("comms", "GET", f"/v1/updates/{SOME_ID}", None),
        ("comms", "GET", "/v1/updates/secret-word", None),
        ("comms", "PATCH", f"/v1/updates/{SOME_ID}", {"title": "x"}),
        ("comms", "POST", f"/v1/updates/{SOME_ID}/submission", {}),
        (
            "senior",
            "POST",
            APPROVAL,
            {"decision": "approve", "content_sha256": HASH, "audience_sha256": HASH},
        ),
        ("comms", "POST", f"/v1/updates/{SOME_ID}/halt", {}),
        ("senior", "POST", f"/v1/updates/{SOME_ID}/resume", None),
        ("comms", "GET", f"/v1/updates/{SOME_ID}/certificate", None),
        ("senior", "DELETE", f"/v1/holds/{SOME_ID}", None),
        ("comms", "POST", "/v1/schemes/secret-word/updates", body()),
        ("comms", "POST", "/v1/schemes/a%00b/updates", body()),
    ):
        answer = await host.call(person, method, path, **as_json(sent))
        assert answer.status_code == 404, (method, path, answer.text)
        assert SECRET not in answer.text


async def test_before_the_template_was_seen_a_draft_is_503(host: StaffHost) -> None:
    answer = await host.call("comms", "POST", UPDATES, json=body())

    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0


async def test_a_submission_with_a_blocking_finding_is_409_with_findings(
    service: Service, host: StaffHost
) -> None:
    await plan.see_templates(service.worker)
    update = await host.drafted(body(email=bilingual("Ring Mary on 07700 900123.")))
    assert {finding["where"] for finding in update["findings"]} == {
        "email.en.body, line 1",
        "email.cy.body, line 1",
    }

    answer = await host.call("comms", "POST", f"/v1/updates/{update['id']}/submission")

    assert answer.status_code == 409
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["findings"] == update["findings"]
    assert "900123" not in answer.text
    assert (await host.shown(update["id"]))["state"] == "draft"
