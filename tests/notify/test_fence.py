"""The fence: no process that was paused can hand a message over late."""

import time

import pytest

from service.deliveries.claiming import LEASE as LEASE_OF_A_DELIVERY
from service.notify.gateway import Accepted, Busy, FencedToken, TryLater
from service.notify.govuk import FRESH, TOKEN_LIFE, GovukNotify
from service.registrations.claiming import LEASE as LEASE_OF_A_LINK
from tests.harness.people import Service, somebody
from tests.harness.servers import StandIn
from tests.notify.conftest import a_message
from workers.handing_over import DEADLINE, hand_over


@pytest.mark.parametrize(("age", "taken"), [(0, True), (25, True), (32, False), (3600, False)])
def test_notify_takes_a_token_for_thirty_seconds(
    gateway: GovukNotify, notify: StandIn, age: int, taken: bool
) -> None:
    address = somebody()
    token = gateway.fence()
    # Nobody waits here: the token is made old on both sides, by Notify's clock and by ours.
    old = FencedToken(token.text, token.made_at - age)
    notify.admin("clock", {"offset_seconds": age})
    outcome = gateway.send(a_message(address), old)
    notify.admin("clock", {"offset_seconds": 0})
    assert isinstance(outcome, Accepted) if taken else outcome == TryLater(Busy.STALE_TOKEN)
    assert len(notify.inbox(address)) == taken


def test_a_post_goes_out_under_the_token_it_was_given_and_no_other(
    gateway: GovukNotify, notify: StandIn
) -> None:
    forged = FencedToken("not.a.token", time.time() - TOKEN_LIFE)
    assert gateway.send(a_message(), forged) == TryLater(Busy.STALE_TOKEN)
    # The next message is not held to the last one's token.
    assert isinstance(gateway.send(a_message(), gateway.fence()), Accepted)
    assert gateway.find("whatever") == []


async def test_we_refuse_an_old_token_before_notify_has_to(service: Service) -> None:
    address = somebody()
    token = service.worker.notify.fence()
    asked_before = service.notify.http.get("/admin/counts").json()["requests"]
    old = FencedToken(token.text, time.time() - FRESH - 1)
    outcomes = await hand_over(service.worker, [a_message(address)], old, lambda: True)
    assert outcomes == [TryLater(Busy.STALE_TOKEN)]
    assert service.notify.http.get("/admin/counts").json()["requests"] == asked_before
    young = FencedToken(token.text, time.time() - FRESH + 5)
    [outcome] = await hand_over(service.worker, [a_message(address)], young, lambda: True)
    assert isinstance(outcome, Accepted)


async def test_what_may_not_leave_does_not(service: Service) -> None:
    address = somebody()
    outcomes = await hand_over(
        service.worker, [a_message(address)], service.worker.notify.fence(), lambda: False
    )
    assert outcomes == [TryLater(Busy.STOPPED)]
    assert service.notify.inbox(address) == []


def test_a_lease_outlives_everything_that_a_hand_over_can_last() -> None:
    assert FRESH < TOKEN_LIFE
    assert LEASE_OF_A_DELIVERY.total_seconds() > TOKEN_LIFE + DEADLINE
    assert LEASE_OF_A_LINK.total_seconds() > TOKEN_LIFE + DEADLINE
