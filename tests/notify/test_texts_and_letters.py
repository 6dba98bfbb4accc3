"""Texts and letters through the gateway: what Notify takes, what it says of an address, and the guard."""

from collections.abc import Iterator
from dataclasses import replace
from uuid import uuid4

import pytest
from pydantic import SecretStr

from service.notify import guard
from service.notify.addresses import PhoneNumber, PostalAddress, postal_address
from service.notify.gateway import (
    Accepted,
    AddressRefused,
    LetterMessage,
    Message,
    MessageType,
    Outcome,
    Refusal,
    ServiceRefused,
    TemplateSeen,
    TextMessage,
)
from service.notify.govuk import GovukNotify
from service.notify.guard import Allowed, Stopped
from tests.harness.servers import EMAIL_TEMPLATE, LETTER_TEMPLATE, SMS_TEMPLATE, StandIn

TEMPLATES = {
    MessageType.EMAIL: EMAIL_TEMPLATE,
    MessageType.SMS: SMS_TEMPLATE,
    MessageType.LETTER: LETTER_TEMPLATE,
}
NOBODY = Allowed(frozenset(), frozenset())


@pytest.fixture
def gateway(notify: StandIn) -> Iterator[GovukNotify]:
    made = GovukNotify(api_key=SecretStr(notify.api_key), base_url=notify.url, templates=TEMPLATES)
    yield made
    made.close()


def a_text(to: str = "+447700900298", body: str = "Words.") -> TextMessage:
    return TextMessage(PhoneNumber(to), body, f"test-{uuid4()}")


def a_letter(*lines: str, body: str = "Words.") -> LetterMessage:
    address = PostalAddress(lines or (f"Flat {uuid4()}", "Leeds", "LS1 1AA"))
    return LetterMessage(address, "The news", body, f"test-{uuid4()}")


def send(gateway: GovukNotify, message: Message) -> Outcome:
    return gateway.send(message, gateway.fence())


def test_a_text_and_a_letter_leave_as_they_are_and_once(gateway: GovukNotify, notify: StandIn) -> None:
    text = a_text(body="Siân’s tŷ: [one] ((two))")
    letter = a_letter(f"Flat {uuid4()}", "1 Street", "Area", "Town", "County", "Region", "LS1 1AA")
    messages: list[Message] = [text, letter]
    for message in messages:
        outcome = send(gateway, message)
        assert isinstance(outcome, Accepted)
        seen = gateway.template(message.type)
        assert isinstance(seen, TemplateSeen)
        assert outcome.template_version == seen.version

    by_reference = {each["reference"]: each for each in notify.inbox("+447700900298")}
    assert by_reference[text.reference]["body"] == text.body
    [printed] = notify.inbox(", ".join(letter.recipient.lines))
    assert (printed["subject"], printed["body"]) == ("The news", "Words.")


@pytest.mark.parametrize(
    "message",
    [
        a_text("+442079460000"),
        a_text("+4477009002"),
        # A service that may write to no other country says so of this number alone.
        a_text("+18765550123"),
        a_letter("1 High Street", "LS1 1AA"),
        a_letter("1 High Street", "Leeds", "Nowhere"),
    ],
    ids=["on a wall", "too short", "abroad", "two lines", "no postcode"],
)
def test_what_notify_says_of_an_address_is_about_that_person_alone(
    gateway: GovukNotify, message: Message
) -> None:
    assert send(gateway, message) == AddressRefused()


def test_what_is_wrong_with_us_stops_everybody(gateway: GovukNotify, notify: StandIn) -> None:
    swapped = {MessageType.SMS: LETTER_TEMPLATE, MessageType.LETTER: SMS_TEMPLATE}
    wrong = GovukNotify(api_key=SecretStr(notify.api_key), base_url=notify.url, templates=swapped)
    for message in (a_text(), a_letter()):
        assert send(wrong, message) == ServiceRefused(Refusal.TEMPLATE)
    long = a_text(body="x" * 919)
    assert send(gateway, long) == ServiceRefused(Refusal.TEMPLATE)
    assert send(gateway, replace(a_letter(), reference="x" * 1001)) == ServiceRefused(Refusal.TEMPLATE)
    wrong.close()


def test_what_there_is_no_template_for_is_not_offered_and_never_posted(notify: StandIn) -> None:
    emails = {MessageType.EMAIL: EMAIL_TEMPLATE}
    only = GovukNotify(api_key=SecretStr(notify.api_key), base_url=notify.url, templates=emails)
    before = notify.http.get("/admin/counts").json()["requests"]
    assert only.offers == {MessageType.EMAIL}
    assert send(only, a_text()) == send(only, a_letter()) == ServiceRefused(Refusal.TEMPLATE)
    assert only.template(MessageType.SMS) is None
    assert notify.http.get("/admin/counts").json()["requests"] == before
    only.close()


@pytest.mark.parametrize(
    ("message", "found"),
    [
        (a_text(body="Ring 07700 900298"), None),
        (a_text(body="Ring 07700 900299"), Stopped(0, 1)),
        (a_text(body="Write to a@example.com"), Stopped(1, 0)),
        (a_letter("c/o 07700 900299", "Leeds", "LS1 1AA", body="Ring 07700 900299"), None),
        (a_letter(body="Ring 07700 900299"), Stopped(0, 1)),
        (replace(a_letter(), heading="For a@example.com"), Stopped(1, 0)),
        (replace(a_text(body="Leave: https://kept.example/u/07700900299"), own_links=()), Stopped(0, 1)),
        (
            replace(
                a_text(body="Leave: https://k.example/07700900299"),
                own_links=("https://k.example/07700900299",),
            ),
            None,
        ),
    ],
)
def test_the_guard_reads_texts_and_letters_as_it_reads_emails(
    message: Message, found: Stopped | None
) -> None:
    assert guard.read(message, NOBODY) == found


def test_what_a_message_shows_holds_no_address() -> None:
    shown = repr([a_text(), a_letter("1 High Street", "Leeds", "LS1 1AA"), postal_address("a\nb\nLS1 1AA")])
    assert not [each for each in ("7700", "High", "LS1", "Words") if each in shown]
