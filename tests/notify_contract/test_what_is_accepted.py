"""What Notify takes, what it says then, and what it makes of the words."""

from typing import Any

import pytest

from tests.notify_contract.target import WORDS, Target, a_reference
from tests.notify_standin.conftest import wait_until

UNSUBSCRIBE = "https://kept.example.com/unsubscribe/abc"


def body_of(notify: Target, address: str, body: Any, **changes: Any) -> str:
    """What a value becomes in the message."""
    said = notify.sent(address, personalisation={"subject": "s", "body": body}, **changes)
    return str(said["content"]["body"])


def test_the_201_says_everything_that_was_made(notify: Target, somebody: str) -> None:
    reference = a_reference()
    said = notify.sent(somebody, reference=reference, one_click_unsubscribe_url=UNSUBSCRIBE)
    message_id, template = said.pop("id"), said.pop("template")
    assert said.pop("uri").endswith(f"/v2/notifications/{message_id}")
    assert "@" in said["content"].pop("from_email")
    assert said == {
        "reference": reference,
        "scheduled_for": None,
        "content": {**WORDS, "one_click_unsubscribe_url": UNSUBSCRIBE},
        "sanitised_content": {},
    }
    assert template["id"] == notify.template_id
    assert type(template["version"]) is int
    assert template["uri"].endswith(notify.template_id)


def test_the_row_is_there_when_the_201_comes(notify: Target, somebody: str) -> None:
    reference = a_reference()
    message_id = notify.sent(somebody, reference=reference)["id"]
    assert notify.listed(reference=reference) == [message_id]


def test_one_reference_sent_twice_makes_two_messages(notify: Target, somebody: str) -> None:
    reference = a_reference()
    made = [notify.sent(somebody, reference=reference)["id"] for _ in range(2)]
    assert made[0] != made[1]
    assert notify.listed(reference=reference) == made[::-1]


@pytest.mark.parametrize("length", [0, 1000])
def test_a_reference_may_be_empty_or_of_a_thousand_characters(
    notify: Target, somebody: str, length: int
) -> None:
    assert notify.sent(somebody, reference="x" * length)["reference"] == "x" * length


@pytest.mark.parametrize("given", ["  {} ", "\u200b{}", "{}"])
def test_space_around_an_address_and_capitals_are_taken(notify: Target, somebody: str, given: str) -> None:
    assert notify.sent(given.format(somebody.upper()))["id"]


def test_a_domain_in_another_script_is_taken(notify: Target, ours: None) -> None:
    assert notify.sent("person@bücher.example")["id"]


def test_what_is_scheduled_is_checked_and_then_sent_at_once(notify: Target, somebody: str) -> None:
    assert notify.sent(somebody, scheduled_for=None)["scheduled_for"] is None


@pytest.mark.parametrize("suffix", ["", "-2", "-3"])
def test_a_simulated_address_is_taken_and_never_stored(notify: Target, suffix: str) -> None:
    reference = a_reference()
    address = f"simulate-delivered{suffix}@notifications.service.gov.uk"
    said = notify.sent(address, reference=reference)
    assert notify.get(f"/v2/notifications/{said['id']}").status_code == 404
    assert notify.listed(reference=reference) == []


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("temp-fail@simulator.notify", "temporary-failure"),
        ("perm-fail@simulator.notify", "permanent-failure"),
    ],
)
def test_the_addresses_of_a_test_key_end_as_they_promise(
    with_test_key: Target, address: str, status: str
) -> None:
    path = f"/v2/notifications/{with_test_key.sent(address)['id']}"
    seen = set()

    def ended() -> bool:
        seen.add(with_test_key.get(path).json()["status"])
        return status in seen

    wait_until(ended, seconds=60)
    assert seen <= {"created", "sending", status}


def test_names_of_placeholders_ignore_case_space_underscore_and_hyphen(notify: Target, somebody: str) -> None:
    content = notify.sent(somebody, personalisation={"SUB_ject": "A", "bo-D y": "B"})["content"]
    assert (content["subject"], content["body"]) == ("A", "B")


@pytest.mark.parametrize(
    ("value", "body"),
    [
        ("((subject)) and {'a': 1}", "((subject)) and {'a': 1}"),
        ({"a": True}, "{'a': True}"),
        (["one", "two"], "* one\n* two"),
        (5, "5"),
        ("  # A heading\n\n[a](https://example.com)  ", "# A heading\n\n[a](https://example.com)"),
        ("<b>&amp;", "<b>&amp;"),
    ],
)
def test_a_value_is_put_in_once_and_as_text(notify: Target, somebody: str, value: Any, body: str) -> None:
    assert body_of(notify, somebody, value) == body


def test_a_sanitised_value_loses_its_markdown_and_its_links(notify: Target, somebody: str) -> None:
    values = {"subject": "s", "body": "# Hello https://example.com/x"}
    said = notify.sent(somebody, personalisation=values, sanitise_content_for=["body"])
    assert "https" not in said["content"]["body"]
    assert said["content"]["body"].startswith("\\#")
    assert list(said["sanitised_content"]) == ["body"]


def test_a_sanitised_subject_carries_the_signs_of_it(notify: Target, somebody: str) -> None:
    said = notify.sent(
        somebody, personalisation={"subject": "A-B", "body": "x"}, sanitise_content_for=["subject"]
    )
    assert said["content"]["subject"] == "A\\-B"


def test_what_names_no_placeholder_is_left_out(notify: Target, somebody: str) -> None:
    said = notify.sent(somebody, personalisation={**WORDS, "more": "x"}, sanitise_content_for=["other"])
    assert said["content"]["body"] == "Words"
