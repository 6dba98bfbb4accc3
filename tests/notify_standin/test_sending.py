"""What may be sent, what is refused, in which words and in which order."""

from typing import Any

import pytest
from notifications_python_client.errors import HTTPError

from tests.notify_standin.conftest import (
    ANY_TEXT,
    GREETING,
    LETTER,
    REPLY_TO,
    SERVICE,
    TEXT,
    Running,
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


@pytest.mark.parametrize("given", ["  {} ", "\u200b{}", "{}"])
def test_an_address_with_space_around_it_reaches_the_same_inbox(
    notify: Running, address: str, given: str
) -> None:
    assert notify.post(form(given.format(address).upper())).status_code == 201
    assert len(notify.inbox(address)) == 1


def test_names_of_placeholders_ignore_case_space_underscore_and_hyphen(notify: Running, address: str) -> None:
    values = {"FIRST-NAME": "Sam", "URGENT": "yes", "What": ["one", "two"]}
    said = notify.post(form(address, template_id=GREETING, personalisation=values)).json()["content"]
    assert said["subject"] == "Hello Sam"
    assert said["body"] == "Dear Sam,\n\nRead this today.\n\n\n\n* one\n* two"


def test_a_sanitised_value_loses_its_markdown_and_its_links(notify: Running, address: str) -> None:
    values = {"subject": "s", "body": "# Hello https://example.com/x"}
    said = notify.post(form(address, personalisation=values, sanitise_content_for=["body"])).json()
    assert said["content"]["body"] == "\\# Hello"
    assert said["sanitised_content"] == {"body": "\\# Hello "}


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
        ("email", form("a@example.com", personalisation={"subject": "s", "body": {"file": "eA=="}})),
    ],
)
def test_what_is_not_modelled_is_refused_loudly(notify: Running, kind: str, told: dict[str, Any]) -> None:
    status, [(error, message)] = errors_of(notify.post(told, kind=kind))
    assert (status, error) == (501, "NotModelledByTheStandIn")
    assert "does not model" in message


def test_a_text_to_another_country_is_refused_as_by_a_service_that_may_send_none(notify: Running) -> None:
    told = {"phone_number": "+1 555 010 0100", "template_id": TEXT, "personalisation": {"body": "x"}}
    message = "Cannot send to international mobile numbers"
    assert errors_of(notify.post(told, kind="sms")) == (400, [("BadRequestError", message)])


def test_the_client_raises_what_it_raises_for_notify(notify: Running) -> None:
    with pytest.raises(HTTPError) as caught:
        notify.client().send_email_notification("a..b@example.com", ANY_TEXT, WORDS)
    assert caught.value.status_code == 400
    assert caught.value.message == [
        {"error": "ValidationError", "message": "email_address Not a valid email address"}
    ]
