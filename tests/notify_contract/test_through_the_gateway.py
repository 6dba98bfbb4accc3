"""The same contract through the service's own adapter: everything that Notify says becomes a value."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from service.notify.gateway import (
    Accepted,
    AddressRefused,
    Busy,
    FencedToken,
    MessageType,
    Outcome,
    Refusal,
    ServiceRefused,
    TemplateSeen,
    TryLater,
    Unknown,
)
from service.notify.govuk import GovukNotify
from tests.notify.conftest import a_message
from tests.notify_contract.conftest import Own
from tests.notify_contract.target import WORDS, Target, a_reference
from tests.notify_standin.conftest import KEYS, wait_until

UNSUBSCRIBE = "https://kept.example.com/unsubscribe/abc"
Opener = Callable[..., GovukNotify]


@pytest.fixture
def opened() -> Iterator[Opener]:
    """Opens adapters that differ, and closes them."""
    made: list[GovukNotify] = []

    def open_one(notify: Target, **changes: str) -> GovukNotify:
        made.append(notify.gateway(**changes))
        return made[-1]

    yield open_one
    for each in made:
        each.close()


def hand_over(gateway: GovukNotify, to: str, *, reference: str | None = None, body: str = "Words") -> Outcome:
    message = a_message(to, reference=reference or a_reference(), subject=WORDS["subject"], body=body)
    return gateway.send(message, gateway.fence())


def test_what_notify_took_is_accepted_with_its_id_and_version_and_is_what_was_handed_over(
    notify: Target, gateway: GovukNotify, somebody: str
) -> None:
    reference = a_reference()
    message = replace(
        a_message(somebody, reference=reference, body="# One\n\nTwo"), one_click_unsubscribe_url=UNSUBSCRIBE
    )
    outcome = gateway.send(message, gateway.fence())
    assert isinstance(outcome, Accepted)
    shown = notify.get(f"/v2/notifications/{outcome.notify_id}").json()
    assert (shown["email_address"], shown["reference"]) == (somebody, reference)
    assert (shown["subject"], shown["body"]) == (message.subject, message.body)
    assert shown["one_click_unsubscribe_url"] == UNSUBSCRIBE
    assert shown["template"]["version"] == outcome.template_version


@pytest.mark.parametrize(
    "address", ["a..b@example.com", "a@example", "josé@example.com", "nobody", f"{'a' * 310}@example.com"]
)
def test_an_address_is_refused_by_notifys_own_word(gateway: GovukNotify, address: str) -> None:
    assert hand_over(gateway, address) == AddressRefused()


def test_an_address_in_another_script_is_accepted(gateway: GovukNotify, ours: None) -> None:
    assert isinstance(hand_over(gateway, "person@bücher.example"), Accepted)


@pytest.mark.parametrize("body", ["x" * 2_000_100, " ", "\n"])
def test_words_that_notify_refuses_stop_the_update_and_not_the_person(
    gateway: GovukNotify, somebody: str, body: str
) -> None:
    assert hand_over(gateway, somebody, body=body) == ServiceRefused(Refusal.TEMPLATE)


def test_a_reference_or_a_link_that_notify_refuses_stops_the_update_and_not_the_person(
    gateway: GovukNotify, somebody: str
) -> None:
    assert hand_over(gateway, somebody, reference="x" * 1001) == ServiceRefused(Refusal.TEMPLATE)
    plain = replace(a_message(somebody), one_click_unsubscribe_url="http://kept.example.com/u/abc")
    assert gateway.send(plain, gateway.fence()) == ServiceRefused(Refusal.TEMPLATE)


@pytest.mark.parametrize("template_id", ["not-a-uuid", "00000000-0000-4000-8000-000000000000"])
def test_a_template_that_there_is_not_refuses_us_even_where_the_address_is_refused_too(
    notify: Target, somebody: str, opened: Opener, template_id: str
) -> None:
    gateway = opened(notify, template_id=template_id)
    assert hand_over(gateway, somebody) == ServiceRefused(Refusal.TEMPLATE)
    # An unknown template is found out after the schema, and so after the address.
    both = hand_over(gateway, "nobody")
    assert both == (ServiceRefused(Refusal.TEMPLATE) if template_id == "not-a-uuid" else AddressRefused())
    assert gateway.template(MessageType.EMAIL) is None


def test_an_archived_template_refuses_us(own: Own, opened: Opener) -> None:
    notify = own()
    notify.tell(f"templates/{notify.template_id}", {"archived": True})
    assert hand_over(opened(notify), "a@example.com") == ServiceRefused(Refusal.TEMPLATE)


def test_an_unknown_key_refuses_us(notify: Target, somebody: str, opened: Opener) -> None:
    stranger = opened(notify, secret=str(uuid4()))
    assert hand_over(stranger, somebody) == ServiceRefused(Refusal.KEY)
    assert (stranger.find("x"), stranger.template(MessageType.EMAIL)) == (None, None)


def test_a_revoked_key_refuses_us_and_nobody_else(own: Own, opened: Opener) -> None:
    notify = own()
    notify.tell(f"keys/{KEYS['live']}/revoke")
    assert hand_over(opened(notify), "a@example.com") == ServiceRefused(Refusal.KEY)
    assert isinstance(hand_over(opened(notify, secret=KEYS["test"]), "a@example.com"), Accepted)


@pytest.mark.parametrize(("age", "taken"), [(0, True), (20, True), (40, False)])
def test_a_token_is_taken_for_thirty_seconds_and_then_the_attempt_is_to_be_made_anew(
    notify: Target, gateway: GovukNotify, somebody: str, age: int, taken: bool
) -> None:
    made_at = time.time() - age
    token = FencedToken(notify.token(iat=int(made_at)), made_at)
    reference = a_reference()
    outcome = gateway.send(a_message(somebody, reference=reference), token)
    assert isinstance(outcome, Accepted) if taken else outcome == TryLater(Busy.STALE_TOKEN)
    assert len(notify.listed(reference=reference)) == taken


def test_a_full_minute_and_a_full_day_mean_try_later(own: Own, opened: Opener) -> None:
    notify = own()
    gateway = opened(notify)
    notify.tell("bucket/drain", {"seconds": 600})
    assert hand_over(gateway, "a@example.com") == TryLater(Busy.RATE)
    notify.tell("bucket/drain")
    notify.tell("daily", {"count": 250_000})
    wait_until(lambda: hand_over(gateway, "a@example.com") == TryLater(Busy.DAILY_LIMIT))


def test_what_notify_cannot_store_is_unknown_and_notifys_own(
    notify: Target, ours: None, gateway: GovukNotify, somebody: str
) -> None:
    before = notify.listed()
    assert hand_over(gateway, somebody, reference="a\0b") == Unknown(by_notify=True)
    assert notify.listed() == before


def test_what_was_sent_is_found_by_its_reference_and_nothing_else_is(
    gateway: GovukNotify, somebody: str
) -> None:
    reference = a_reference()
    sent = [hand_over(gateway, somebody, reference=reference) for _ in range(2)]
    hand_over(gateway, somebody, reference=f"{reference}-1")
    found = gateway.find(reference)
    assert found is not None
    assert len(found) == 2
    assert {each.notify_id for each in found} == {
        each.notify_id for each in sent if hasattr(each, "notify_id")
    }
    assert gateway.find(a_reference()) == []


def test_what_somebody_sent_by_hand_under_our_reference_is_found(
    notify: Target, ours: None, gateway: GovukNotify, somebody: str
) -> None:
    reference = a_reference()
    told = {"to": somebody, "personalisation": WORDS, "reference": reference}
    uploaded = notify.tell("uploads", told)["id"]
    assert [each.notify_id for each in gateway.find(reference) or []] == [UUID(uploaded)]


def test_a_simulated_address_is_accepted_and_never_found(gateway: GovukNotify) -> None:
    reference = a_reference()
    address = "simulate-delivered@notifications.service.gov.uk"
    assert isinstance(hand_over(gateway, address, reference=reference), Accepted)
    assert gateway.find(reference) == []


def test_what_became_of_a_message_is_found_with_it(with_test_key: Target, opened: Opener) -> None:
    gateway, reference = opened(with_test_key), a_reference()
    hand_over(gateway, "perm-fail@simulator.notify", reference=reference)
    wait_until(
        lambda: [each.status for each in gateway.find(reference) or []] == ["permanent-failure"], seconds=60
    )


def test_the_template_is_seen_as_it_is(notify: Target, gateway: GovukNotify) -> None:
    version = notify.get(f"/v2/template/{notify.template_id}").json()["version"]
    assert gateway.template(MessageType.EMAIL) == TemplateSeen(UUID(notify.template_id), version)


def test_an_edited_template_is_seen_at_once_and_in_the_next_201(own: Own, opened: Opener) -> None:
    notify = own()
    gateway = opened(notify)
    made = notify.tell(f"templates/{notify.template_id}", {"name": "another"})["version"]
    assert gateway.template(MessageType.EMAIL) == TemplateSeen(UUID(notify.template_id), made)
    outcome = hand_over(gateway, "a@example.com")
    assert isinstance(outcome, Accepted)
    assert outcome.template_version == made
