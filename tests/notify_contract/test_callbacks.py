"""The calls about a message. All of it wants the stand-in: another Notify calls whom its service names."""

from functools import partial

import pytest

from tests.notify_contract.conftest import Own
from tests.notify_contract.target import Target
from tests.notify_standin.conftest import CALLBACK_TOKEN, Service, wait_until


def counts(notify: Target) -> dict[str, int]:
    assert notify.behind is not None
    said: dict[str, int] = notify.behind.admin.get("/admin/counts").json()
    return said


def test_the_service_is_called_with_its_token_and_what_notify_says(
    own: Own, service: Service, somebody: str
) -> None:
    notify = own(callback=service.callback())
    message_id = notify.sent(somebody, reference="r")["id"]
    wait_until(lambda: bool(service.calls))
    [call] = service.calls
    shown = notify.get(f"/v2/notifications/{message_id}").json()
    same = ("id", "reference", "status", "created_at", "completed_at", "sent_at")
    assert call == {
        **{name: shown[name] for name in same},
        "to": somebody,
        "notification_type": "email",
        "template_id": notify.template_id,
        "template_version": 1,
    }
    assert call["status"] == "delivered"
    assert service.tokens == {f"Bearer {CALLBACK_TOKEN}"}


@pytest.mark.parametrize("status", ["permanent-failure", "temporary-failure"])
def test_a_failure_is_told_too(own: Own, service: Service, somebody: str, status: str) -> None:
    notify = own(callback=service.callback())
    notify.tell("outcomes", {"address": somebody, "status": status})
    notify.sent(somebody)
    wait_until(lambda: [call["status"] for call in service.calls] == [status])


def test_a_technical_failure_has_no_callback(own: Own, service: Service, somebody: str) -> None:
    notify = own(callback=service.callback())
    notify.tell("outcomes", {"address": somebody, "status": "technical-failure"})
    failed = notify.sent(somebody)["id"]
    wait_until(lambda: notify.get(f"/v2/notifications/{failed}").json()["status"] == "technical-failure")
    delivered = notify.sent("another@example.com")["id"]
    wait_until(lambda: bool(service.calls))
    assert [call["id"] for call in service.calls] == [delivered]


@pytest.mark.parametrize("answer", [500, 503, 429])
def test_a_call_that_fails_is_made_again_five_times_at_300_seconds(
    own: Own, service: Service, somebody: str, answer: int
) -> None:
    service.answer = answer
    notify = own(callback=service.callback())
    notify.sent(somebody)
    for attempt in range(1, 7):
        wait_until(partial(settled, notify, service, attempt))
        notify.tell("clock", {"advance_seconds": 290})
        assert len(service.calls) == attempt
        notify.tell("clock", {"advance_seconds": 11})
    assert counts(notify)["callbacks_waiting"] == 0
    assert len(service.calls) == 6


def settled(notify: Target, service: Service, attempt: int) -> bool:
    """The last call's outcome is written down: it waits again, or, after the sixth, no longer."""
    waiting = attempt if attempt < 6 else 0
    return len(service.calls) == attempt and counts(notify)["callback_attempts"] == waiting


@pytest.mark.parametrize("answer", [400, 401, 404, 302, 204])
def test_any_other_answer_ends_the_call_for_ever(
    own: Own, service: Service, somebody: str, answer: int
) -> None:
    service.answer = answer
    notify = own(callback=service.callback())
    notify.sent(somebody)
    wait_until(lambda: bool(service.calls))
    wait_until(lambda: counts(notify)["callbacks_waiting"] == 0)
    notify.tell("clock", {"advance_seconds": 301})
    assert len(service.calls) == 1


def test_a_callback_can_come_before_the_answer(own: Own, service: Service, somebody: str) -> None:
    notify = own(callback=service.callback())
    notify.tell("faults", [{"fault": "after-queueing:stall", "seconds": 1}])
    message_id = notify.sent(somebody)["id"]
    assert [call["id"] for call in service.calls] == [message_id]
