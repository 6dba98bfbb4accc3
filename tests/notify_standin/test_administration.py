"""What a test asks and changes behind Notify's back."""

from typing import Any
from uuid import uuid4

import pytest

from tests.notify_standin.conftest import ANY_TEXT, Running, Service, Starter, errors_of, wait_until

WORDS = {"subject": "An update", "body": "Words"}


def send(notify: Running, address: str, subject: str = "An update", reference: str | None = None) -> str:
    answer = notify.client().send_email_notification(
        address, ANY_TEXT, {"subject": subject, "body": "Words"}, reference=reference
    )
    return str(answer["id"])


def rows(notify: Running, **asked: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = notify.admin.get("/admin/messages", params=asked).json()
    return found


def found(notify: Running, reference: str) -> list[str]:
    listed = notify.client().get_all_notifications(reference=reference, include_jobs=True)
    return [each["id"] for each in listed["notifications"]]


def test_how_many_of_one_subject_each_person_got_is_one_call(start: Starter) -> None:
    notify = start()
    for address in ("a@example.com", "B@example.com", "b@example.com"):
        send(notify, address, "The news")
    send(notify, "a@example.com", "Other")
    counted = notify.admin.get("/admin/inboxes", params={"summary": 1, "subject": "The news"}).json()
    assert counted == {"people": 2, "messages": 3, "inboxes": {"a@example.com": 1, "b@example.com": 2}}


def test_every_row_is_listed_without_its_words_and_also_what_is_not_queued_yet(
    notify: Running, address: str
) -> None:
    notify.tell("faults", [{"fault": "after-commit:not-json-201", "match": {"to": address}}])
    name = f"update-{uuid4()}"
    body = {"email_address": address, "template_id": ANY_TEXT, "personalisation": WORDS}
    notify.post({**body, "reference": f"{name}/1"})
    second = notify.post({**body, "reference": f"{name}/2"}).json()["id"]
    notify.becomes(second, "delivered")
    first, last = rows(notify, reference=name)
    assert (first["reference"], first["inbox"], first["queued"]) == (f"{name}/1", address, False)
    assert last.pop("created_at") > first["created_at"]
    assert last == {
        "id": second,
        "reference": f"{name}/2",
        "inbox": address,
        "status": "delivered",
        "queued": True,
        "by_hand": None,
        "template_version": 1,
        "forgotten": False,
    }
    assert rows(notify, reference=name, subject="Another") == []


def test_a_row_that_is_deleted_before_it_left_reaches_nobody(notify: Running, address: str) -> None:
    notify.tell("faults", [{"fault": "after-commit:error-500", "match": {"to": address}}])
    notify.post(
        {"email_address": address, "template_id": ANY_TEXT, "personalisation": WORDS, "reference": address}
    )
    [message_id] = found(notify, address)
    assert notify.admin.delete(f"/admin/messages/{message_id}").json() == {"forgotten": 1}
    assert found(notify, address) == []
    assert (notify.inbox(address), rows(notify, reference=address)) == ([], [])
    assert notify.admin.delete(f"/admin/messages/{message_id}").status_code == 422


def test_a_row_that_is_deleted_after_it_left_is_gone_from_the_api_and_still_counts(
    notify: Running, address: str
) -> None:
    message_id = send(notify, address, reference=address)
    notify.becomes(message_id, "delivered")
    notify.admin.delete(f"/admin/messages/{message_id}")
    assert found(notify, address) == []
    assert errors_of(notify.get(f"/v2/notifications/{message_id}"))[0] == 404
    assert len(notify.inbox(address)) == 1
    assert [row["forgotten"] for row in rows(notify, reference=address)] == [True]


def test_everything_can_be_let_go_as_after_retention(start: Starter) -> None:
    notify = start()
    ids = [send(notify, f"p{number}@example.com") for number in range(3)]
    for message_id in ids:
        notify.becomes(message_id, "delivered")
    assert notify.admin.delete("/admin/messages").json() == {"forgotten": 3}
    assert notify.client().get_all_notifications()["notifications"] == []
    assert notify.admin.get("/admin/inboxes?summary=1").json()["people"] == 3


def test_an_upload_has_no_reference_unless_it_is_given_one(notify: Running, address: str) -> None:
    uploaded = notify.tell("uploads", {"to": address, "personalisation": WORDS})["id"]
    shown = notify.get(f"/v2/notifications/{uploaded}").json()
    assert (shown["reference"], shown["created_by_name"]) == (None, "Somebody in Notify")
    with_jobs = notify.client().get_all_notifications(include_jobs=True)["notifications"]
    without = notify.client().get_all_notifications()["notifications"]
    assert [each["id"] == uploaded for each in (with_jobs[0], *without)].count(True) == 1


@pytest.mark.parametrize(
    "told", [{}, {"to": "nobody"}, {"to": "a@example.com"}, {"to": "a@example.com", "reference": 5}]
)
def test_an_upload_that_makes_no_message_is_refused(notify: Running, told: dict[str, Any]) -> None:
    assert notify.admin.post("/admin/uploads", json=told).status_code == 422


def test_another_system_can_go_on_taking_every_token(start: Starter, address: str) -> None:
    notify = start()
    body = {"email_address": address, "template_id": ANY_TEXT, "personalisation": WORDS}
    notify.tell("bucket/drain", {"seconds": 600})
    assert [notify.post(body).status_code for _ in range(3)] == [429] * 3
    notify.tell("bucket/drain", {"seconds": 0})
    wait_until(lambda: notify.post(body).status_code == 201)
    assert notify.admin.post("/admin/bucket/drain", json={"seconds": "long"}).status_code == 422


def test_about_some_messages_nobody_is_ever_called(start: Starter, service: Service, address: str) -> None:
    notify = start(callback=service.callback())
    notify.tell("callbacks/lose", {"to": address.upper()})
    notify.tell("callbacks/lose", {"reference": "quiet/"})
    quiet = [send(notify, address), send(notify, "another@example.com", reference="quiet/1")]
    for message_id in quiet:
        notify.becomes(message_id, "delivered")
    loud = send(notify, "another@example.com", reference="loud/1")
    wait_until(lambda: bool(service.calls))
    assert [call["id"] for call in service.calls] == [loud]
    notify.tell("callbacks/replay", {"notification_id": quiet[0]})
    wait_until(lambda: len(service.calls) == 2)
    assert notify.admin.delete("/admin/callbacks/lose").json() == []
    send(notify, address)
    wait_until(lambda: len(service.calls) == 3)


def test_a_share_of_the_calls_can_be_lost(start: Starter, service: Service) -> None:
    notify = start(callback=service.callback())
    notify.tell("callbacks/lose", {"share": 0.5})
    ids = [send(notify, f"p{number}@example.com") for number in range(60)]
    for message_id in ids:
        notify.becomes(message_id, "delivered")
    wait_until(lambda: notify.admin.get("/admin/counts").json()["callbacks_waiting"] == 0)
    # 60 tosses of a coin are all but never below 8 or above 52.
    assert 8 <= len(service.calls) <= 52


@pytest.mark.parametrize("told", [{}, {"share": 2}, {"to": "a@example.com", "share": 0.5}, {"subject": "x"}])
def test_lost_calls_that_make_no_sense_are_refused(notify: Running, told: dict[str, Any]) -> None:
    assert notify.admin.post("/admin/callbacks/lose", json=told).status_code == 422
