"""What the GETs show, and to whom."""

import time
from uuid import uuid4

import jwt
import pytest

from tests.notify_standin.conftest import ANY_TEXT, GREETING, KEYS, SERVICE, TEXT, Running, Starter, errors_of

WORDS = {"subject": "An update", "body": "Words"}


def sent(notify: Running, address: str, reference: str | None = None, key: str = "live") -> str:
    answer = notify.client(key).send_email_notification(address, ANY_TEXT, WORDS, reference=reference)
    return str(answer["id"])


def future_token(seconds: int) -> str:
    """A token of a client whose clock is as far ahead as the stand-in's."""
    return f"Bearer {jwt.encode({'iss': SERVICE, 'iat': int(time.time()) + seconds}, KEYS['live'], 'HS256')}"


def test_a_message_is_shown_whole(notify: Running, address: str) -> None:
    message_id = sent(notify, address, "r-whole")
    notify.becomes(message_id, "delivered")
    shown = notify.client().get_notification_by_id(message_id)
    times = {name: shown.pop(name) for name in ("created_at", "sent_at", "completed_at")}
    assert times["created_at"] < times["sent_at"] < times["completed_at"]
    assert shown == {
        "id": message_id,
        "reference": "r-whole",
        "email_address": address,
        "phone_number": None,
        **{f"line_{number}": None for number in range(1, 7)},
        "postcode": None,
        "type": "email",
        "status": "delivered",
        "template": {
            "id": ANY_TEXT,
            "version": 1,
            "uri": f"{notify.url}/v2/template/{ANY_TEXT}/version/1",
        },
        "body": "Words",
        "subject": "An update",
        "created_by_name": None,
        "scheduled_for": None,
        "postage": None,
        "one_click_unsubscribe_url": None,
        "cost_in_pounds": 0.0,
        "cost_details": {},
        "is_cost_data_ready": True,
    }


def test_an_unknown_message_is_no_result(notify: Running) -> None:
    assert errors_of(notify.get(f"/v2/notifications/{uuid4()}")) == (
        404,
        [("NoResultFound", "No result found")],
    )
    assert errors_of(notify.get("/v2/notifications/x")) == (
        400,
        [("ValidationError", "id is not a valid UUID")],
    )


def test_a_list_holds_only_what_the_same_type_of_key_made(notify: Running, address: str) -> None:
    reference = str(uuid4())
    live, test = sent(notify, address, reference), sent(notify, address, reference, "test")
    for key, wanted in (("live", live), ("test", test)):
        found = notify.client(key).get_all_notifications(reference=reference)["notifications"]
        assert [one["id"] for one in found] == [wanted]
    assert notify.client("test").get_notification_by_id(live)["id"] == live


def test_a_list_is_newest_first_in_pages_of_250(start: Starter) -> None:
    notify = start()
    client = notify.client()
    ids = [client.send_email_notification(f"p{n}@example.com", ANY_TEXT, WORDS)["id"] for n in range(252)]
    first = client.get_all_notifications()
    assert [one["id"] for one in first["notifications"]] == ids[:1:-1]
    assert first["links"]["next"] == f"{notify.url}/v2/notifications?older_than={ids[2]}"
    assert [one["id"] for one in client.get_all_notifications(older_than=ids[2])["notifications"]] == [
        ids[1],
        ids[0],
    ]
    assert [one["id"] for one in client.get_all_notifications_iterator()] == ids[::-1]
    empty = client.get_all_notifications(older_than=ids[0])
    assert empty["notifications"] == []
    assert "next" not in empty["links"]


def test_a_list_can_be_asked_by_status_and_type(start: Starter, address: str) -> None:
    notify = start()
    notify.tell("outcomes", {"address": address, "status": "permanent-failure"})
    failed = sent(notify, address)
    delivered = sent(notify, "another@example.com")
    notify.becomes(failed, "permanent-failure")
    notify.becomes(delivered, "delivered")
    client = notify.client()
    assert [one["id"] for one in client.get_all_notifications(status="failed")["notifications"]] == [failed]
    assert [one["id"] for one in client.get_all_notifications(status="delivered")["notifications"]] == [
        delivered
    ]
    assert client.get_all_notifications(template_type="sms")["notifications"] == []


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("refrence=x", "Additional properties are not allowed (refrence was unexpected)"),
        ("older_than=x", "older_than is not a valid UUID"),
        ("template_type=fax", "template_type fax is not one of [sms, email, letter]"),
        ("include_jobs=1", "include_jobs 1 is not one of [true, True]"),
    ],
)
def test_a_question_that_notify_does_not_know_is_refused(notify: Running, query: str, message: str) -> None:
    assert errors_of(notify.get(f"/v2/notifications?{query}")) == (400, [("ValidationError", message)])


def test_what_was_sent_by_hand_is_listed_only_with_jobs(notify: Running, address: str) -> None:
    told = {"to": address, "personalisation": WORDS, "by": "A Colleague", "reference": address}
    uploaded = notify.tell("uploads", told)["id"]
    client = notify.client()
    assert client.get_all_notifications(reference=address)["notifications"] == []
    [found] = client.get_all_notifications(reference=address, include_jobs=True)["notifications"]
    assert (found["id"], found["created_by_name"]) == (uploaded, "A Colleague")
    assert len(notify.inbox(address)) == 1


@pytest.mark.parametrize(("settings", "days"), [({}, 7), ({"retention_days": 3}, 3)])
def test_after_retention_a_message_is_gone_from_the_api_but_not_from_its_inbox(
    start: Starter, address: str, settings: dict[str, int], days: int
) -> None:
    notify = start(**settings)
    message_id = sent(notify, address, "old")
    assert notify.client().get_notification_by_id(message_id)["id"] == message_id
    almost = days * 86_400 - 60
    notify.tell("clock", {"offset_seconds": almost})
    headers = {"Authorization": future_token(almost)}
    assert notify.admin.get(f"/v2/notifications/{message_id}", headers=headers).status_code == 200
    notify.tell("clock", {"offset_seconds": days * 86_400 + 1})
    headers = {"Authorization": future_token(days * 86_400 + 1)}
    assert notify.admin.get(f"/v2/notifications/{message_id}", headers=headers).status_code == 404
    listed = notify.admin.get("/v2/notifications?reference=old", headers=headers).json()
    assert listed["notifications"] == []
    assert len(notify.inbox(address)) == 1


def test_templates_are_shown_with_their_placeholders(notify: Running) -> None:
    client = notify.client()
    shown = client.get_template(GREETING)
    assert (shown["version"], shown["type"], shown["name"]) == (1, "email", "Greeting")
    assert list(shown["personalisation"]) == ["First name", "urgent", "what"]
    assert client.get_template_version(GREETING, 1)["body"] == shown["body"]
    assert {one["id"] for one in client.get_all_templates("sms")["templates"]} == {TEXT}
    assert notify.get(f"/v2/template/{GREETING}/version/9").status_code == 404


def test_a_preview_fills_a_template_and_names_what_is_missing(notify: Running) -> None:
    shown = notify.client().post_template_preview(
        GREETING, {"first name": "Sam", "urgent": False, "what": "# Now"}
    )
    assert (shown["subject"], shown["version"]) == ("Hello Sam", 1)
    assert "<h3>Now</h3>" in shown["html"]
    answer = notify.admin.post(
        f"/v2/template/{GREETING}/preview", json={"personalisation": {}}, headers=notify.headers()
    )
    _, [(_, message)] = errors_of(answer)
    assert message == "Missing personalisation: First name, urgent, what"


def test_an_edited_template_has_a_new_version_and_the_next_message_says_so(
    start: Starter, address: str
) -> None:
    notify = start()
    assert notify.tell(f"templates/{ANY_TEXT}", {"body": "New: ((body))"})["version"] == 2
    answer = notify.client().send_email_notification(address, ANY_TEXT, WORDS)
    assert (answer["template"]["version"], answer["content"]["body"]) == (2, "New: Words")
    assert notify.client().get_template_version(ANY_TEXT, 1)["body"] == "((body))"
    notify.tell(f"templates/{ANY_TEXT}", {"archived": True})
    refused = notify.post({"email_address": address, "template_id": ANY_TEXT, "personalisation": WORDS})
    assert errors_of(refused) == (400, [("BadRequestError", "Template has been deleted")])


def test_an_unknown_path_and_a_wrong_method_have_the_other_shape(notify: Running) -> None:
    unknown = notify.get("/v2/nothing")
    assert (unknown.status_code, unknown.json()["result"]) == (404, "error")
    assert "errors" not in unknown.json()
    wrong = notify.admin.delete("/v2/notifications/email", headers=notify.headers())
    assert (wrong.status_code, wrong.json()["result"]) == (405, "error")
    assert wrong.headers["content-type"].startswith("text/html")


@pytest.mark.parametrize(
    "path", [f"/v2/notifications/{SERVICE}/pdf", f"/service/x/template/{SERVICE}/versions"]
)
def test_a_get_that_is_not_modelled_is_501(notify: Running, path: str) -> None:
    assert notify.get(path).status_code == 501


def test_a_received_text_is_listed(notify: Running) -> None:
    notify.tell("received-texts", {"from": "07700 900982", "message": "STOP"})
    found = list(notify.client().get_received_texts_iterator())
    assert ("447700900982", "STOP") in {(one["user_number"], one["content"]) for one in found}
