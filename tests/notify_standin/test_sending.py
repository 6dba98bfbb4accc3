"""What may be sent, what is refused, in which words and in which order."""

import json
from typing import Any

import pytest
from notifications_python_client.errors import HTTPError

from tests.notify_standin.conftest import (
    ANY_TEXT,
    GREETING,
    GUEST,
    LETTER,
    REPLY_TO,
    SERVICE,
    TEXT,
    Running,
    Starter,
    errors_of,
)

WORDS = {"subject": "An update", "body": "Words"}
ADDRESS_LINES = {"address_line_1": "A Person", "address_line_2": "1 The Street", "address_line_3": "SW1A 1AA"}


def form(address: str, **changes: Any) -> dict[str, Any]:
    return {"email_address": address, "template_id": ANY_TEXT, "personalisation": WORDS, **changes}


def test_the_official_client_sends_an_email_and_gets_what_notify_answers(
    notify: Running, address: str
) -> None:
    answer = notify.client().send_email_notification(
        address,
        ANY_TEXT,
        WORDS,
        reference="r1",
        email_reply_to_id=REPLY_TO,
        one_click_unsubscribe_url="https://kept.example.com/unsubscribe/abc",
    )
    message_id = answer["id"]
    assert answer == {
        "id": message_id,
        "reference": "r1",
        "uri": f"{notify.url}/v2/notifications/{message_id}",
        "scheduled_for": None,
        "template": {
            "id": ANY_TEXT,
            "version": 1,
            "uri": f"{notify.url}/services/{SERVICE}/templates/{ANY_TEXT}",
        },
        "content": {
            "from_email": "kept.informed@example.gov.uk",
            "subject": "An update",
            "body": "Words",
            "one_click_unsubscribe_url": "https://kept.example.com/unsubscribe/abc",
        },
        "sanitised_content": {},
    }
    [received] = notify.inbox(address)
    assert (received["id"], received["subject"], received["body"]) == (message_id, "An update", "Words")


def test_one_reference_sent_twice_makes_two_emails(notify: Running, address: str) -> None:
    for _ in range(2):
        notify.client().send_email_notification(address, ANY_TEXT, WORDS, reference="the same")
    assert len(notify.inbox(address)) == 2


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"email_address": "a..b@example.com"}, "email_address Not a valid email address"),
        ({"email_address": "a@example"}, "email_address Not a valid email address"),
        ({"email_address": "A Person <a@example.com>"}, "email_address Not a valid email address"),
        ({"email_address": "a" * 310 + "@example.com"}, "email_address Not a valid email address"),
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
    notify: Running, address: str, changes: dict[str, Any], message: str
) -> None:
    assert errors_of(notify.post(form(address) | changes)) == (400, [("ValidationError", message)])


def test_several_errors_come_together_in_the_order_of_the_schema(notify: Running) -> None:
    status, errors = errors_of(notify.post({"template_id": "no", "reference": 1, "more": 1}))
    assert status == 400
    assert [message for _, message in errors] == [
        "reference 1 is not of type string",
        "template_id is not a valid UUID",
        "email_address is a required property",
        "Additional properties are not allowed (more was unexpected)",
    ]


@pytest.mark.parametrize("given", ["  {} ", "\u200b{}", "{}"])
def test_an_address_with_space_around_it_reaches_the_same_inbox(
    notify: Running, address: str, given: str
) -> None:
    assert notify.post(form(given.format(address).upper())).status_code == 201
    assert len(notify.inbox(address)) == 1


def test_a_domain_in_another_script_is_accepted(notify: Running) -> None:
    assert notify.post(form("person@bücher.example")).status_code == 201


def test_a_body_that_is_not_json_is_a_bad_request(notify: Running) -> None:
    answer = notify.post(None, raw=b"{")
    assert errors_of(answer) == (400, [("BadRequestError", "Invalid JSON supplied in POST data")])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"template_id": SERVICE}, "Template not found"),
        ({"template_id": TEXT}, "sms template is not suitable for email notification"),
        ({"personalisation": {"subject": None}}, "Missing personalisation: subject, body"),
        ({"personalisation": {"subject": "s", "body": " "}}, "Your message is empty."),
        ({"personalisation": {"subject": "s", "body": []}}, "Your message is empty."),
        (
            {"email_reply_to_id": SERVICE},
            f"email_reply_to_id {SERVICE} does not exist in database for service id {SERVICE}",
        ),
        (
            {"personalisation": {"subject": "s", "body": "x" * 2_000_001}},
            "Your message is too long. Emails cannot be longer than 2000000 bytes. "
            "Your message is 2000001 bytes.",
        ),
    ],
)
def test_what_passes_the_schema_and_cannot_be_sent_is_a_bad_request(
    notify: Running, address: str, changes: dict[str, Any], message: str
) -> None:
    assert errors_of(notify.post(form(address) | changes)) == (400, [("BadRequestError", message)])
    assert notify.inbox(address) == []


def test_a_missing_value_is_said_before_an_unknown_reply_to(notify: Running, address: str) -> None:
    _, [(_, message)] = errors_of(notify.post(form(address, personalisation={}, email_reply_to_id=SERVICE)))
    assert message == "Missing personalisation: subject, body"


@pytest.mark.parametrize(
    "raw",
    [
        b'{"reference": "a\\u0000b"}',
        b'{"personalisation": {"subject": "s", "body": "\\ud800"}}',
        b'{"sanitise_content_for": ["body"], "personalisation": {"subject": "s", "body": 5}}',
    ],
)
def test_what_notify_cannot_store_is_a_500_for_ever_and_leaves_nothing(
    notify: Running, address: str, raw: bytes
) -> None:
    changes = raw[1:]
    start = json.dumps(form(address))[:-1].encode()
    for _ in range(2):
        status, [(_, message)] = errors_of(notify.post(None, raw=start + b", " + changes))
        assert (status, message) == (500, "Internal server error")
    assert notify.inbox(address) == []


def test_names_of_placeholders_ignore_case_space_underscore_and_hyphen(notify: Running, address: str) -> None:
    values = {"FIRST-NAME": "Sam", "URGENT": "yes", "What": ["one", "two"]}
    said = notify.post(form(address, template_id=GREETING, personalisation=values)).json()["content"]
    assert said["subject"] == "Hello Sam"
    assert said["body"] == "Dear Sam,\n\nRead this today.\n\n\n\n* one\n* two"


def test_a_placeholder_inside_a_value_stays_literal(notify: Running, address: str) -> None:
    values = {"subject": "s", "body": "((subject)) and {'a': 1}"}
    assert notify.post(form(address, personalisation=values)).json()["content"]["body"] == values["body"]


def test_an_object_as_a_value_is_sent_as_its_python_text(notify: Running, address: str) -> None:
    values = {"subject": "s", "body": {"a": True}}
    said = notify.post(form(address, personalisation=values)).json()
    assert said["content"]["body"] == "{'a': True}"


def test_a_sanitised_value_loses_its_markdown_and_its_links(notify: Running, address: str) -> None:
    values = {"subject": "s", "body": "# Hello https://example.com/x"}
    said = notify.post(form(address, personalisation=values, sanitise_content_for=["body"])).json()
    assert said["content"]["body"] == "\\# Hello"
    assert said["sanitised_content"] == {"body": "\\# Hello "}


def test_a_team_key_reaches_only_the_guest_list(notify: Running, address: str) -> None:
    refused = notify.post(form(address), key="team")
    assert errors_of(refused) == (
        400,
        [("BadRequestError", "Can’t send to this recipient using a team-only API key")],
    )
    assert notify.post(form(GUEST), key="team").status_code == 201


def test_a_trial_service_reaches_only_the_guest_list(start: Starter, address: str) -> None:
    notify = start(trial_mode=True)
    _, [(_, message)] = errors_of(notify.post(form(address)))
    assert message.startswith("Can’t send to this recipient when service is in trial mode")
    assert notify.post(form(GUEST)).status_code == 201


def test_a_channel_that_the_service_may_not_use_is_refused(start: Starter, address: str) -> None:
    _, [(error, message)] = errors_of(start(permissions=["sms"]).post(form(address)))
    assert (error, message) == ("BadRequestError", "Service is not allowed to send emails")


@pytest.mark.parametrize("suffix", ["", "-2", "-3"])
def test_a_simulated_address_is_accepted_and_never_stored(notify: Running, suffix: str) -> None:
    answer = notify.post(form(f"simulate-delivered{suffix}@notifications.service.gov.uk"))
    assert answer.status_code == 201
    assert notify.get(f"/v2/notifications/{answer.json()['id']}").status_code == 404


def test_a_text_message_arrives_and_is_charged_by_fragment(notify: Running) -> None:
    answer = notify.client().send_sms_notification("07700 900461", TEXT, {"body": "x" * 161}, reference="t")
    assert answer["content"] == {"body": "x" * 161, "from_number": "GOVUK"}
    notify.becomes(answer["id"], "delivered")
    shown = notify.get(f"/v2/notifications/{answer['id']}").json()
    assert shown["phone_number"] == "07700 900461"
    assert shown["cost_details"]["billable_sms_fragments"] == 2
    assert [message["id"] for message in notify.inbox("+44 7700 900461")] == [answer["id"]]


@pytest.mark.parametrize(
    ("number", "message"),
    [
        ("07700 90012", "phone_number Not enough digits"),
        ("07700 9001234", "phone_number Too many digits"),
        ("020 7946 0000", "phone_number Not a UK mobile number"),
        ("07700 CALLME", "phone_number Must not contain letters or symbols"),
    ],
)
def test_a_number_that_is_no_mobile_is_refused(notify: Running, number: str, message: str) -> None:
    answer = notify.post(
        {"phone_number": number, "template_id": TEXT, "personalisation": {"body": "x"}}, kind="sms"
    )
    assert errors_of(answer) == (400, [("ValidationError", message)])


def test_a_letter_is_accepted_and_waits_for_the_printer(notify: Running) -> None:
    answer = notify.client().send_letter_notification(LETTER, {**ADDRESS_LINES, "heading": "H", "body": "B"})
    assert answer["content"] == {"subject": "H", "body": "B"}
    shown = notify.get(f"/v2/notifications/{answer['id']}").json()
    assert (shown["status"], shown["line_1"], shown["postcode"]) == ("accepted", "A Person", "SW1A 1AA")


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ({"address_line_3": None}, "Address must be at least 3 lines"),
        ({"address_line_3": "Nowhere"}, "Last line of address must be a real UK postcode or another country"),
    ],
)
def test_a_letter_without_a_whole_address_is_refused(
    notify: Running, lines: dict[str, Any], message: str
) -> None:
    values = {**ADDRESS_LINES, "heading": "H", "body": "B", **lines}
    answer = notify.post({"template_id": LETTER, "personalisation": values}, kind="letter")
    assert errors_of(answer) == (400, [("ValidationError", message)])


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("letter", {"reference": "r", "content": "JVBERi0="}),
        ("sms", {"phone_number": "+1 555 010 0100", "template_id": TEXT, "personalisation": {"body": "x"}}),
        ("email", form("a@example.com", personalisation={"subject": "s", "body": {"file": "eA=="}})),
    ],
)
def test_what_is_not_modelled_is_refused_loudly(notify: Running, kind: str, told: dict[str, Any]) -> None:
    status, [(error, message)] = errors_of(notify.post(told, kind=kind))
    assert (status, error) == (501, "NotModelledByTheStandIn")
    assert "does not model" in message


def test_the_client_raises_what_it_raises_for_notify(notify: Running) -> None:
    with pytest.raises(HTTPError) as caught:
        notify.client().send_email_notification("a..b@example.com", ANY_TEXT, WORDS)
    assert caught.value.status_code == 400
    assert caught.value.message == [
        {"error": "ValidationError", "message": "email_address Not a valid email address"}
    ]
