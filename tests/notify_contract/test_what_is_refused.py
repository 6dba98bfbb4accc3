"""What Notify takes from nobody: in which shape, which words, and which order it says so."""

from typing import Any
from uuid import uuid4

import pytest

from tests.notify_contract.conftest import Own
from tests.notify_contract.target import WORDS, Target, a_reference
from tests.notify_standin.conftest import GUEST, TEXT, errors_of

NOT_AN_ADDRESS = "email_address Not a valid email address"
A_UUID = str(uuid4())


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"email_address": "a..b@example.com"}, NOT_AN_ADDRESS),
        ({"email_address": "a@example"}, NOT_AN_ADDRESS),
        ({"email_address": "A Person <a@example.com>"}, NOT_AN_ADDRESS),
        ({"email_address": "josé@example.com"}, NOT_AN_ADDRESS),
        ({"email_address": "nobody"}, NOT_AN_ADDRESS),
        ({"email_address": ""}, NOT_AN_ADDRESS),
        ({"email_address": "a" * 310 + "@example.com"}, NOT_AN_ADDRESS),
        ({"email_address": 5}, "email_address 5 is not of type string"),
        ({"template_id": "no"}, "template_id is not a valid UUID"),
        ({"personalisation": None}, "personalisation should contain key value pairs"),
        ({"email_reply_to_id": "no"}, "email_reply_to_id is not a valid UUID"),
        ({"one_click_unsubscribe_url": "http://a"}, "one_click_unsubscribe_url is not a valid https url"),
        ({"reference": "x" * 1001}, f"reference {'x' * 1001} is too long"),
        ({"scheduled_for": "2001-01-01"}, "scheduled_for datetime can not be in the past"),
        ({"more": 1}, "Additional properties are not allowed (more was unexpected)"),
    ],
)
def test_a_field_that_breaks_the_schema_is_named(
    notify: Target, somebody: str, changes: dict[str, Any], message: str
) -> None:
    assert errors_of(notify.post(notify.form(somebody) | changes)) == (400, [("ValidationError", message)])


def test_several_errors_come_together_in_the_order_of_the_schema(notify: Target) -> None:
    status, errors = errors_of(notify.post({"template_id": "no", "reference": 1, "more": 1}))
    assert (status, {error for error, _ in errors}) == (400, {"ValidationError"})
    assert [message for _, message in errors] == [
        "reference 1 is not of type string",
        "template_id is not a valid UUID",
        "email_address is a required property",
        "Additional properties are not allowed (more was unexpected)",
    ]


def test_a_body_that_is_not_json_is_a_bad_request(notify: Target) -> None:
    answer = notify.post(None, raw=b"{")
    assert errors_of(answer) == (400, [("BadRequestError", "Invalid JSON supplied in POST data")])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"template_id": A_UUID}, "Template not found"),
        ({"personalisation": {}}, "Missing personalisation: subject, body"),
        ({"personalisation": {"subject": None}}, "Missing personalisation: subject, body"),
        ({"personalisation": {"subject": "s", "body": None}}, "Missing personalisation: body"),
        ({"personalisation": {"subject": "s", "body": " "}}, "Your message is empty."),
        ({"personalisation": {"subject": "s", "body": []}}, "Your message is empty."),
        (
            {"personalisation": {"subject": "s", "body": "x" * 2_000_001}},
            "Your message is too long. Emails cannot be longer than 2000000 bytes. "
            "Your message is 2000001 bytes.",
        ),
    ],
)
def test_what_passes_the_schema_and_cannot_be_sent_is_a_bad_request_and_leaves_no_row(
    notify: Target, somebody: str, changes: dict[str, Any], message: str
) -> None:
    reference = a_reference()
    answer = notify.post(notify.form(somebody, reference=reference, **changes))
    assert errors_of(answer) == (400, [("BadRequestError", message)])
    assert notify.listed(reference=reference) == []


def test_an_unknown_reply_to_is_refused(notify: Target, somebody: str) -> None:
    _, [(error, message)] = errors_of(notify.post(notify.form(somebody, email_reply_to_id=A_UUID)))
    assert error == "BadRequestError"
    assert message == (
        f"email_reply_to_id {A_UUID} does not exist in database for service id {notify.service_id}"
    )


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        # Each breaks two rules; what is said is the one that comes first.
        ({"template_id": A_UUID, "more": 1}, "Additional properties"),
        ({"template_id": A_UUID, "personalisation": {}}, "Template not found"),
        ({"personalisation": {"subject": "s"}, "email_reply_to_id": A_UUID}, "Missing personalisation"),
        ({"personalisation": {"subject": None, "body": " "}}, "Missing personalisation"),
        ({"personalisation": WORDS | {"body": " "}, "email_reply_to_id": A_UUID}, "Your message is empty"),
        (
            {"personalisation": WORDS | {"body": "x" * 2_000_001}, "email_reply_to_id": A_UUID},
            "email_reply_to_id",
        ),
    ],
)
def test_the_checks_come_in_notifys_order(
    notify: Target, somebody: str, changes: dict[str, Any], said: str
) -> None:
    status, [(_, message)] = errors_of(notify.post(notify.form(somebody, **changes)))
    assert status == 400
    assert message.startswith(said)


@pytest.mark.parametrize(
    "changes",
    [
        {"reference": "a\0b"},
        {"personalisation": {"subject": "s", "body": "\ud800"}},
        {"personalisation": {"subject": "s", "body": 5}, "sanitise_content_for": ["body"]},
    ],
)
def test_what_notify_cannot_store_is_its_own_500_for_ever_and_leaves_no_row(
    notify: Target, ours: None, somebody: str, changes: dict[str, Any]
) -> None:
    before = notify.listed()
    for _ in range(2):
        status, [(_, message)] = errors_of(notify.post(notify.form(somebody, **changes)))
        assert (status, message) == (500, "Internal server error")
    assert notify.listed() == before


def test_a_team_key_reaches_only_the_guest_list_and_is_told_so_before_the_length(own: Own) -> None:
    notify = own()
    team = notify.with_key("team")
    too_long = {"subject": "s", "body": "x" * 2_000_001}
    for changes in ({}, {"personalisation": too_long}):
        refused = team.post(team.form("stranger@example.com", **changes))
        assert errors_of(refused) == (
            400,
            [("BadRequestError", "Can’t send to this recipient using a team-only API key")],
        )
    assert team.sent(GUEST)["id"]


def test_a_trial_service_reaches_only_the_guest_list(own: Own) -> None:
    notify = own(trial_mode=True)
    _, [(error, message)] = errors_of(notify.post(notify.form("stranger@example.com")))
    assert error == "BadRequestError"
    assert message.startswith("Can’t send to this recipient when service is in trial mode")
    assert notify.sent(GUEST)["id"]


def test_a_channel_that_the_service_may_not_use_is_refused_before_the_template(own: Own) -> None:
    notify = own(permissions=["sms"])
    answer = notify.post(notify.form("a@example.com", template_id=A_UUID))
    assert errors_of(answer) == (400, [("BadRequestError", "Service is not allowed to send emails")])


def test_a_template_of_another_kind_is_refused(notify: Target, ours: None, somebody: str) -> None:
    answer = notify.post(notify.form(somebody, template_id=TEXT))
    assert errors_of(answer) == (
        400,
        [("BadRequestError", "sms template is not suitable for email notification")],
    )


def test_an_unknown_path_and_a_wrong_method_have_the_other_shape(notify: Target) -> None:
    unknown = notify.get("/v2/nothing")
    assert (unknown.status_code, unknown.json()["result"]) == (404, "error")
    assert "errors" not in unknown.json()
    wrong = notify.http.delete("/v2/notifications/email", headers=notify.headers())
    assert (wrong.status_code, wrong.json()["result"]) == (405, "error")
    assert wrong.headers["content-type"].startswith("text/html")
