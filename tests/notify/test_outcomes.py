"""Everything that Notify may answer, as the real client brings it and the gateway judges it."""

import threading
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import pytest
from pydantic import SecretStr

from deploy.one_machine.ports import free_port
from service.notify.gateway import (
    Accepted,
    AddressRefused,
    Busy,
    Refusal,
    ServiceRefused,
    TemplateSeen,
    TryLater,
    Unknown,
)
from service.notify.govuk import GovukNotify
from tests.harness.people import somebody
from tests.harness.servers import EMAIL_TEMPLATE, RATE, StandIn
from tests.notify.conftest import Send, a_message


def test_what_notify_took_is_accepted_with_its_id_and_template_version(
    send: Send, notify: StandIn, gateway: GovukNotify
) -> None:
    address = somebody()
    outcome = send(address, reference="one-of-a-kind")
    seen = gateway.template()
    assert isinstance(outcome, Accepted)
    assert seen is not None
    [message] = notify.inbox(address)
    assert (str(outcome.notify_id), outcome.template_version) == (message["id"], seen.version)
    assert (message["subject"], message["body"]) == ("The news", "Words.")
    assert message["reference"] == "one-of-a-kind"


def test_a_full_minute_means_try_later(send: Send, notify: StandIn) -> None:
    notify.admin("limits", {"rate_per_minute": 3})
    notify.admin("bucket/drain", {})
    assert send() == TryLater(Busy.RATE)
    notify.admin("limits", {"rate_per_minute": RATE})


def test_a_full_day_means_try_later(send: Send, notify: StandIn) -> None:
    notify.admin("daily", {"count": 10_000_000})
    try:
        assert send() == TryLater(Busy.DAILY_LIMIT)
    finally:
        notify.admin("daily", {"count": 0})


@pytest.mark.parametrize("address", ["a..b@example.com", "a@example", "josé@example.com", "nobody"])
def test_only_notifys_own_word_refuses_an_address(send: Send, address: str) -> None:
    assert send(address) == AddressRefused()


def test_a_revoked_key_refuses_us_and_nobody_else(send: Send, notify: StandIn) -> None:
    secret = notify.api_key[-36:]
    notify.admin(f"keys/{secret}/revoke", {})
    try:
        assert send() == ServiceRefused(Refusal.KEY)
    finally:
        notify.admin("keys", {"secret": secret, "type": "live", "name": "tests"})
    assert isinstance(send(), Accepted)


def test_an_unknown_key_refuses_us(notify: StandIn) -> None:
    other = GovukNotify(
        api_key=SecretStr(f"{notify.api_key[:-36]}{uuid4()}"),
        base_url=notify.url,
        email_template_id=EMAIL_TEMPLATE,
    )
    assert other.send_email(a_message(), other.fence()) == ServiceRefused(Refusal.KEY)
    assert other.template() is None
    other.close()


def test_an_archived_template_refuses_us(send: Send, notify: StandIn) -> None:
    notify.admin(f"templates/{EMAIL_TEMPLATE}", {"archived": True})
    try:
        assert send() == ServiceRefused(Refusal.TEMPLATE)
    finally:
        notify.admin(f"templates/{EMAIL_TEMPLATE}", {"archived": False})


def test_words_that_notify_refuses_stop_the_update_and_not_the_person(send: Send, notify: StandIn) -> None:
    too_long = send(body="x" * 2_000_100)
    template_of_others = GovukNotify(
        api_key=SecretStr(notify.api_key), base_url=notify.url, email_template_id="not-a-uuid"
    )
    wrong_template = template_of_others.send_email(a_message(), template_of_others.fence())
    # Its address is refused in the same answer: the template still stops everybody first.
    both = template_of_others.send_email(a_message("nobody"), template_of_others.fence())
    template_of_others.close()
    assert [too_long, wrong_template, both] == [ServiceRefused(Refusal.TEMPLATE)] * 3


@pytest.mark.parametrize("position", ["before-commit", "after-queueing"])
@pytest.mark.parametrize(
    ("symptom", "by_notify"),
    [
        ("reset", False),
        ("truncation", False),
        ("html-403", False),
        ("html-404", False),
        ("html-429", False),
        ("html-502", False),
        ("html-503", False),
        ("proxy-400", False),
        ("proxy-other-400", False),
        ("v1-404", False),
        ("not-json-201", False),
        ("json-504", True),
        ("error-500", True),
    ],
)
def test_an_answer_that_does_not_count_is_unknown(
    send: Send, notify: StandIn, position: str, symptom: str, by_notify: bool
) -> None:
    address = somebody()
    notify.admin("faults", {"plan": [{"fault": f"{position}:{symptom}", "match": {"to": address}}]})
    assert send(address) == Unknown(by_notify=by_notify)
    assert len(notify.inbox(address)) == (position == "after-queueing")


def test_a_trickled_answer_is_still_an_answer(send: Send, notify: StandIn) -> None:
    notify.admin("faults", {"plan": [{"fault": "after-queueing:trickle", "seconds": 0.3}]})
    assert isinstance(send(), Accepted)


def test_nobody_there_means_that_nothing_was_taken(notify: StandIn) -> None:
    alone = GovukNotify(
        api_key=SecretStr(notify.api_key),
        base_url=f"http://127.0.0.1:{free_port()}",
        email_template_id=EMAIL_TEMPLATE,
    )
    assert alone.send_email(a_message(), alone.fence()) == TryLater(Busy.UNREACHABLE)
    assert (alone.find("x"), alone.template()) == (None, None)
    alone.close()


def test_what_was_sent_is_found_by_its_reference_and_nothing_else_is(
    send: Send, gateway: GovukNotify
) -> None:
    reference = f"find-{uuid4()}"
    accepted = [send(reference=reference) for _ in range(2)]
    send(reference=f"{reference}-1")
    found = gateway.find(reference)
    assert found is not None
    assert {each.notify_id for each in found} == {
        each.notify_id for each in accepted if hasattr(each, "notify_id")
    }
    assert len(found) == 2
    assert gateway.find(f"find-{uuid4()}") == []


@pytest.mark.parametrize("symptom", ["reset", "html-502", "json-504", "not-json-201", "v1-404"])
def test_a_question_without_an_answer_learns_nothing(
    send: Send, gateway: GovukNotify, notify: StandIn, symptom: str
) -> None:
    send(reference=(reference := f"ask-{uuid4()}"))
    notify.admin("faults", {"plan": [{"fault": f"look-up:{symptom}"}]})
    assert gateway.find(reference) is None
    assert len(gateway.find(reference) or []) == 1


def test_the_template_is_seen_as_it_is_now(gateway: GovukNotify, notify: StandIn) -> None:
    made = notify.admin(f"templates/{EMAIL_TEMPLATE}", {"name": f"update {uuid4()}"})
    assert gateway.template() == TemplateSeen(UUID(EMAIL_TEMPLATE), made["version"])


def test_each_thread_has_a_client_of_its_own(gateway: GovukNotify) -> None:
    together = threading.Barrier(4)

    def work(_: int) -> tuple[object, object]:
        together.wait()
        first = gateway._client()
        together.wait()
        return first, gateway._client()

    with ThreadPoolExecutor(4) as threads:
        clients = list(threads.map(work, range(4)))
    assert all(first is second for first, second in clients)
    assert len({id(first) for first, _ in clients}) == 4
    assert len({id(first.request_session) for first, _ in clients if hasattr(first, "request_session")}) == 4
