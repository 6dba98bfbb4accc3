"""The outgoing guard: the last reader of every message."""

import pytest

from service.notify import guard
from service.notify.guard import Allowed, Stopped
from tests.notify.conftest import a_message

NOBODY = Allowed(frozenset(), frozenset())
SCHEME = Allowed(frozenset({"help@scheme.example"}), frozenset({"+448006781925"}))
OWN = "Jo.O'Neil+News@Example.com"


@pytest.mark.parametrize(
    "body",
    [
        "Nothing of anybody's.",
        "Read https://www.gov.uk/guidance/claim?page=2.",
        "You wrote from jo.o'neil+news@example.com.",
        "Write to HELP@scheme.example or call 0800 678 1925, or (+44) 800-678-1925.",
        "On 1 March 2026 at 10:30, 250,000 people were told; reference KI-7F3K-9QXM.",
        "",
    ],
)
def test_a_message_that_names_nobody_else_may_leave(body: str) -> None:
    assert guard.read(a_message(OWN, body=body), SCHEME) is None


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("Ask other@example.com.", Stopped(1, 0)),
        ("Ask OTHER@EXAMPLE.COM or other@example.com.", Stopped(1, 0)),
        ("Ask a@example.com and b@example.org.", Stopped(2, 0)),
        ("Ring 07700 900123.", Stopped(0, 1)),
        ("Ring 07700 900123 or +44 7700 900456.", Stopped(0, 2)),
        ("Ask other at example dot com, or ring 0 7 7 0 0 9 0 0 1 2 3.", Stopped(1, 1)),
        ("Write to help@scheme.example or call 0800 678 1925.", Stopped(1, 1)),
        # Nearly the recipient's own is somebody else's.
        ("Ask jo.oneil+news@example.com.", Stopped(1, 0)),
        ("Ask jo.o'neil@example.com.", Stopped(1, 0)),
    ],
)
def test_anybody_elses_address_or_number_stops_it(body: str, found: Stopped) -> None:
    assert guard.read(a_message(OWN, body=body), NOBODY) == found


def test_a_subject_is_read_as_well() -> None:
    assert guard.read(a_message(OWN, subject="For other@example.com"), NOBODY) == Stopped(1, 0)
    assert guard.read(a_message(OWN, subject="Ring 07700 900123"), NOBODY) == Stopped(0, 1)


def test_the_public_list_of_one_kind_allows_nothing_of_the_other() -> None:
    phones = Allowed(frozenset(), SCHEME.phones)
    body = "Write to help@scheme.example or call 0800 678 1925."
    assert guard.read(a_message(OWN, body=body), phones) == Stopped(1, 0)


def test_our_own_links_are_taken_out_by_value_and_no_others() -> None:
    # Made to look like a number, as a hex token would now and then.
    own, others = "https://kept.example/u/07700900123", "https://kept.example/u/07700900456"
    assert guard.read(a_message(OWN, body=f"Leave: {own}", own_links=(own,)), NOBODY) is None
    assert guard.read(a_message(OWN, body=f"Leave: {own}"), NOBODY) == Stopped(0, 1)
    assert guard.read(a_message(OWN, body=f"Leave: {own} {others}", own_links=(own,)), NOBODY) == Stopped(
        0, 1
    )
    assert guard.read(a_message(OWN, body="Ring 07700900123", own_links=(own,)), NOBODY) == Stopped(0, 1)


def test_what_the_guard_says_and_shows_holds_no_detail() -> None:
    message = a_message("other@example.com", body="third@example.com")
    stopped = guard.read(message, NOBODY)
    assert stopped == Stopped(1, 0)
    assert "example.com" not in f"{message!r} {stopped!r} {message.recipient!r}"
