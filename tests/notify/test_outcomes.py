"""What does not count as an answer, and what the gateway makes of it.

What Notify itself says, and what becomes of that: tests/notify_contract.
"""

import threading
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from pydantic import SecretStr

from deploy.one_machine.ports import free_port
from service.notify.gateway import (
    Accepted,
    Busy,
    MessageType,
    TryLater,
    Unknown,
)
from service.notify.govuk import GovukNotify
from tests.harness.people import somebody
from tests.harness.servers import EMAIL_TEMPLATE, StandIn
from tests.notify.conftest import Send, a_message


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
        ("json-504", False),
        ("error-500", True),
    ],
)
def test_case_12_an_answer_that_does_not_count_is_unknown(
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
        templates={MessageType.EMAIL: EMAIL_TEMPLATE},
    )
    assert alone.send(a_message(), alone.fence()) == TryLater(Busy.UNREACHABLE)
    assert (alone.find("x"), alone.template(MessageType.EMAIL)) == (None, None)
    alone.close()


@pytest.mark.parametrize("symptom", ["reset", "html-502", "json-504", "not-json-201", "v1-404"])
def test_a_question_without_an_answer_learns_nothing(
    send: Send, gateway: GovukNotify, notify: StandIn, symptom: str
) -> None:
    send(reference=(reference := f"ask-{uuid4()}"))
    notify.admin("faults", {"plan": [{"fault": f"look-up:{symptom}"}]})
    assert gateway.find(reference) is None
    assert len(gateway.find(reference) or []) == 1


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
