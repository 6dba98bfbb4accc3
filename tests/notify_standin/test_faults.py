"""What goes wrong on purpose, and how many emails there are afterwards."""

import time
from typing import Any

import pytest
import requests
from notifications_python_client.errors import HTTP503Error, HTTPError, InvalidResponse

from deploy.demo.notify.faults import POSITIONS, SYMPTOMS
from tests.notify_standin.conftest import ANY_TEXT, Running, Starter, wait_until

WORDS = {"subject": "An update", "body": "Words"}
KEPT = ("after-commit", "after-queueing", "late-commit")
NOT_KEPT = ("before-commit", "commit-then-delete")
ANSWERED = [symptom for symptom in SYMPTOMS if symptom not in ("miss", "stall")]


def send(notify: Running, address: str, **more: Any) -> Any:
    return notify.client().send_email_notification(address, ANY_TEXT, WORDS, **more)


def plan(notify: Running, address: str, fault: str, **more: Any) -> None:
    notify.tell("faults", [{"fault": fault, "match": {"to": address}, **more}])


def seen(notify: Running, address: str) -> tuple[type[BaseException] | None, int | None]:
    """What the official client raises, and the status it knows of."""
    try:
        send(notify, address)
    except (HTTPError, InvalidResponse) as error:
        return type(error), None if error.response is None else error.status_code
    return None, 201


@pytest.mark.parametrize(
    ("symptom", "raised"),
    [
        ("reset", (HTTP503Error, None)),
        ("truncation", (HTTP503Error, None)),
        ("html-403", (HTTPError, 403)),
        ("html-404", (HTTPError, 404)),
        ("html-429", (HTTPError, 429)),
        ("html-502", (HTTPError, 502)),
        ("html-503", (HTTP503Error, 503)),
        ("json-504", (HTTPError, 504)),
        ("not-json-201", (InvalidResponse, 201)),
        ("error-500", (HTTPError, 500)),
        ("v1-404", (HTTPError, 404)),
        ("proxy-400", (HTTPError, 400)),
        ("proxy-other-400", (HTTPError, 400)),
        ("trickle", (None, 201)),
    ],
)
def test_the_client_sees_the_symptom_and_the_email_is_there_all_the_same(
    notify: Running, address: str, symptom: str, raised: tuple[Any, Any]
) -> None:
    plan(notify, address, f"after-queueing:{symptom}", seconds=0.2)
    assert seen(notify, address) == raised
    assert len(notify.inbox(address)) == 1


@pytest.mark.parametrize("symptom", ANSWERED)
@pytest.mark.parametrize("position", NOT_KEPT)
def test_what_was_not_kept_reaches_nobody(notify: Running, address: str, position: str, symptom: str) -> None:
    plan(notify, address, f"{position}:{symptom}", seconds=0.1)
    seen(notify, address)
    time.sleep(0.3)
    assert notify.inbox(address) == []


def test_a_proxy_can_say_another_status_than_the_body_that_it_passes_on(
    notify: Running, address: str
) -> None:
    plan(notify, address, "before-commit:proxy-other-400")
    form = {"email_address": address, "template_id": ANY_TEXT, "personalisation": WORDS}
    answer = notify.post(form)
    assert (answer.status_code, answer.json()) == (
        400,
        {
            "status_code": 503,
            "errors": [{"error": "ValidationError", "message": "email_address Not a valid email address"}],
        },
    )


def test_a_stall_after_queueing_is_a_timeout_for_the_sender_and_an_email_for_the_person(
    notify: Running, address: str
) -> None:
    plan(notify, address, "after-queueing:stall", seconds=1)
    with pytest.raises(HTTP503Error) as caught:
        notify.client(timeout=0.3).send_email_notification(address, ANY_TEXT, WORDS)
    assert isinstance(caught.value.__cause__, requests.Timeout)
    assert len(notify.inbox(address)) == 1


def test_a_stall_before_the_commit_ends_in_a_504_and_no_email(notify: Running, address: str) -> None:
    plan(notify, address, "before-commit:stall", seconds=0.2)
    assert seen(notify, address) == (HTTPError, 504)
    assert notify.inbox(address) == []


def test_a_trickled_answer_outlasts_a_read_timeout_that_is_shorter(notify: Running, address: str) -> None:
    plan(notify, address, "after-queueing:trickle", seconds=1)
    began = time.monotonic()
    notify.client(timeout=0.5).send_email_notification(address, ANY_TEXT, WORDS)
    assert time.monotonic() - began > 0.9


def test_a_late_commit_is_missed_by_the_first_look_up_and_found_by_a_later_one(
    notify: Running, address: str
) -> None:
    plan(notify, address, "late-commit", seconds=0.6)
    with pytest.raises(HTTP503Error):
        send(notify, address, reference=address)
    client = notify.client()
    assert client.get_all_notifications(reference=address)["notifications"] == []
    assert notify.inbox(address) == []
    wait_until(lambda: len(client.get_all_notifications(reference=address)["notifications"]) == 1)
    assert len(notify.inbox(address)) == 1


def test_what_is_committed_and_then_deleted_is_found_and_then_gone(notify: Running, address: str) -> None:
    plan(notify, address, "commit-then-delete", seconds=1)
    with pytest.raises(HTTPError):
        send(notify, address, reference=address)
    client = notify.client()
    time.sleep(0.4)  # longer than a delivery takes
    assert notify.inbox(address) == []
    [found] = client.get_all_notifications(reference=address)["notifications"]
    assert found["status"] == "created"
    wait_until(lambda: client.get_all_notifications(reference=address)["notifications"] == [])
    assert notify.inbox(address) == []


def test_what_was_committed_and_not_queued_is_replayed_later(start: Starter, address: str) -> None:
    notify = start()
    plan(notify, address, "after-commit:reset")
    with pytest.raises(HTTP503Error):
        send(notify, address, reference=address)
    [found] = notify.client().get_all_notifications(reference=address)["notifications"]
    assert (found["status"], notify.inbox(address)) == ("created", [])
    notify.tell("clock", {"advance_seconds": 6})
    notify.becomes(found["id"], "delivered")
    assert len(notify.inbox(address)) == 1


def test_a_plan_strikes_as_often_as_it_says_and_only_whom_it_matches(start: Starter, address: str) -> None:
    notify = start()
    match = {"to": address.upper(), "reference": "update-1/"}
    notify.tell("faults", [{"fault": "before-commit:error-500", "times": 2, "match": match}])
    send(notify, "another@example.com", reference="update-1/a")
    send(notify, address, reference="update-2/a")
    for _ in range(2):
        with pytest.raises(HTTPError):
            send(notify, address, reference="update-1/a")
    send(notify, address, reference="update-1/a")
    assert len(notify.inbox(address)) == 2
    assert notify.admin.get("/admin/faults").json()["struck"] == {"before-commit:error-500": 2}


def test_odds_with_the_same_seed_strike_the_same_requests(start: Starter) -> None:
    notify = start()

    def run(name: str) -> list[int]:
        notify.tell("faults", {"probability": {"after-queueing:html-502": 0.5}, "seed": 7})
        form = {"email_address": f"{name}@example.com", "template_id": ANY_TEXT, "personalisation": WORDS}
        return [notify.post(form).status_code for _ in range(20)]

    first = run("first")
    assert set(first) == {201, 502}
    assert run("second") == first
    assert len(notify.inbox("first@example.com")) == 20


def test_taking_the_faults_away_ends_them(start: Starter, address: str) -> None:
    notify = start()
    notify.tell(
        "faults", {"plan": [{"fault": "before-commit:reset"}], "probability": {"before-commit:reset": 1}}
    )
    notify.admin.delete("/admin/faults")
    assert send(notify, address)["id"]


def test_a_look_up_can_miss_and_fail(start: Starter, address: str) -> None:
    notify = start()
    message_id = send(notify, address, reference="r")["id"]
    notify.tell(
        "faults", [{"fault": "look-up:miss"}, {"fault": "look-up:miss"}, {"fault": "look-up:html-502"}]
    )
    client = notify.client()
    assert client.get_all_notifications(reference="r")["notifications"] == []
    assert notify.get(f"/v2/notifications/{message_id}").status_code == 404
    assert notify.get("/v2/notifications?reference=r").status_code == 502
    assert len(client.get_all_notifications(reference="r")["notifications"]) == 1


@pytest.mark.parametrize(
    "told",
    [
        [{"fault": "reset"}],
        [{"fault": "before-commit:nothing"}],
        [{"fault": "before-commit:miss"}],
        [{"fault": "before-commit:reset", "times": 0}],
        [{"fault": "before-commit:reset", "seconds": "long"}],
        [{"fault": "before-commit:reset", "match": {"subject": "x"}}],
        {"probability": {"before-commit:reset": 1.5}},
        {"odds": {}},
        "reset",
    ],
)
def test_a_plan_that_cannot_be_understood_is_refused(notify: Running, told: Any) -> None:
    answer = notify.admin.post("/admin/faults", json=told)
    assert answer.status_code == 422
    assert answer.json()["error"]


def test_every_position_is_covered_here() -> None:
    assert set(POSITIONS) == {*KEPT, *NOT_KEPT, "look-up"}
