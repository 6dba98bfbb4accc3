"""What the GETs show, and to whom: on this a sender leans that lost an answer."""

import time
from typing import Any
from uuid import uuid4

import pytest

from tests.notify_contract.conftest import Own
from tests.notify_contract.target import WORDS, Target, a_reference
from tests.notify_standin.conftest import errors_of, wait_until

SHOWN = {
    "id", "reference", "email_address", "phone_number", "line_1", "line_2", "line_3", "line_4", "line_5",
    "line_6", "postcode", "type", "status", "template", "body", "subject", "created_at", "created_by_name",
    "sent_at", "completed_at", "scheduled_for", "postage", "one_click_unsubscribe_url", "cost_details",
    "cost_in_pounds", "is_cost_data_ready",
}  # fmt: skip
FINAL = {"delivered", "permanent-failure", "temporary-failure", "technical-failure"}


def shown(notify: Target, message_id: str) -> dict[str, Any]:
    answer = notify.get(f"/v2/notifications/{message_id}")
    assert answer.status_code == 200, answer.text
    said: dict[str, Any] = answer.json()
    return said


def test_a_message_is_shown_whole(notify: Target, somebody: str) -> None:
    reference = a_reference()
    message_id = notify.sent(somebody, reference=reference)["id"]
    said = shown(notify, message_id)
    assert said.keys() >= SHOWN
    assert said["status"] in {"created", "sending", *FINAL}
    assert said["created_at"].endswith("Z")
    assert said["template"]["id"] == notify.template_id
    assert {name: said[name] for name in ("id", "reference", "email_address", "type", *WORDS)} == {
        "id": message_id,
        "reference": reference,
        "email_address": somebody,
        "type": "email",
        **WORDS,
    }
    nothing = ("phone_number", "line_1", "line_6", "postcode", "created_by_name", "scheduled_for", "postage")
    assert {said[name] for name in nothing} == {None}


def test_a_message_that_ended_says_when_it_left_and_ended(notify: Target, somebody: str) -> None:
    message_id = notify.sent(somebody)["id"]
    wait_until(lambda: shown(notify, message_id)["status"] in FINAL, seconds=60)
    said = shown(notify, message_id)
    assert said["created_at"] < said["sent_at"] <= said["completed_at"]
    assert said["is_cost_data_ready"]
    assert (said["cost_in_pounds"], said["cost_details"]) == (0, {})


def test_an_unknown_message_is_no_result(notify: Target) -> None:
    answer = notify.get(f"/v2/notifications/{uuid4()}")
    assert errors_of(answer) == (404, [("NoResultFound", "No result found")])
    answer = notify.get("/v2/notifications/x")
    assert errors_of(answer) == (400, [("ValidationError", "id is not a valid UUID")])


def test_a_reference_finds_what_has_that_very_reference_newest_first(notify: Target, somebody: str) -> None:
    reference = a_reference()
    ids = [notify.sent(somebody, reference=reference)["id"] for _ in range(3)]
    notify.sent(somebody, reference=f"{reference}-1")
    assert notify.listed(reference=reference) == ids[::-1]
    assert notify.listed(reference=reference, include_jobs="true") == ids[::-1]
    assert notify.listed(reference=a_reference()) == []


def test_a_page_goes_on_strictly_before_the_message_that_it_is_given(notify: Target, somebody: str) -> None:
    reference = a_reference()
    first, second, third = (notify.sent(somebody, reference=reference)["id"] for _ in range(3))
    assert notify.listed(reference=reference, older_than=third) == [second, first]
    assert notify.listed(reference=reference, older_than=first) == []


def test_there_is_a_next_page_only_where_this_one_has_something(notify: Target, somebody: str) -> None:
    reference = a_reference()
    message_id = notify.sent(somebody, reference=reference)["id"]
    links = notify.get("/v2/notifications", reference=reference).json()["links"]
    assert links["current"].endswith(f"/v2/notifications?reference={reference}")
    assert f"older_than={message_id}" in links["next"]
    assert f"reference={reference}" in links["next"]
    empty = notify.get("/v2/notifications", reference=a_reference()).json()
    assert empty["notifications"] == []
    assert "next" not in empty["links"]


def test_a_list_is_newest_first_in_pages_of_250(own: Own) -> None:
    notify = own()
    ids = [notify.sent(f"p{number}@example.com")["id"] for number in range(252)]
    assert notify.listed() == ids[:1:-1]
    assert notify.listed(older_than=ids[2]) == [ids[1], ids[0]]


def test_a_list_can_be_asked_by_status_and_type(with_test_key: Target) -> None:
    notify, reference = with_test_key, a_reference()
    message_id = notify.sent("perm-fail@simulator.notify", reference=reference)["id"]
    wait_until(lambda: shown(notify, message_id)["status"] == "permanent-failure", seconds=60)
    for status, found in (("permanent-failure", [message_id]), ("failed", [message_id]), ("delivered", [])):
        assert notify.listed(reference=reference, status=status) == found
    assert notify.listed(reference=reference, template_type="email") == [message_id]
    assert notify.listed(reference=reference, template_type="sms") == []


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("refrence=x", "Additional properties are not allowed (refrence was unexpected)"),
        ("older_than=x", "older_than is not a valid UUID"),
        ("template_type=fax", "template_type fax is not one of [sms, email, letter]"),
        ("include_jobs=1", "include_jobs 1 is not one of [true, True]"),
    ],
)
def test_a_question_that_notify_does_not_know_is_refused(notify: Target, query: str, message: str) -> None:
    assert errors_of(notify.get(f"/v2/notifications?{query}")) == (400, [("ValidationError", message)])


def test_a_list_holds_only_what_the_same_type_of_key_made(notify: Target, ours: None, somebody: str) -> None:
    reference, test = a_reference(), notify.with_key("test")
    mine, theirs = (each.sent(somebody, reference=reference)["id"] for each in (notify, test))
    assert (notify.listed(reference=reference), test.listed(reference=reference)) == ([mine], [theirs])
    # One by its id is shown to every key of the service.
    assert shown(test, mine)["id"] == mine


def test_what_was_sent_by_hand_is_listed_only_with_jobs(notify: Target, ours: None, somebody: str) -> None:
    reference = a_reference()
    told = {"to": somebody, "personalisation": WORDS, "by": "A Colleague", "reference": reference}
    uploaded = notify.tell("uploads", told)["id"]
    assert notify.listed(reference=reference) == []
    assert notify.listed(reference=reference, include_jobs="true") == [uploaded]
    assert shown(notify, uploaded)["created_by_name"] == "A Colleague"


@pytest.mark.parametrize(("settings", "days"), [({}, 7), ({"retention_days": 3}, 3)])
def test_after_retention_a_message_is_gone_from_the_api_but_not_from_its_inbox(
    own: Own, somebody: str, settings: dict[str, int], days: int
) -> None:
    notify = own(**settings)
    message_id = notify.sent(somebody, reference="old")["id"]
    for later, status, listed in ((days * 86_400 - 60, 200, [message_id]), (days * 86_400 + 1, 404, [])):
        notify.tell("clock", {"offset_seconds": later})
        token = notify.token(iat=int(time.time()) + later)
        assert notify.get(f"/v2/notifications/{message_id}", token=token).status_code == status
        found = notify.get("/v2/notifications", token=token, reference="old").json()["notifications"]
        assert [each["id"] for each in found] == listed
    assert notify.behind is not None
    assert len(notify.behind.inbox(somebody)) == 1
