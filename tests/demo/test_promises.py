"""`kept run` sees a promise that does not hold, whatever the service says of itself."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from deploy.demo.main_job.inboxes import Message
from deploy.demo.main_job.people import Row
from deploy.demo.main_job.promises import Counted, count, named_lines
from deploy.demo.main_job.publishing import Published
from deploy.demo.main_job.registering import Person, Registered
from deploy.demo.main_job.words import UpdateFile, read_update
from tests.demo.files import update_file

NOW = datetime(2026, 11, 21, tzinfo=UTC)
ENGLISH, WELSH = "The scheme is open", "Mae’r cynllun ar agor"


@pytest.fixture
def update(tmp_path: Path) -> UpdateFile:
    return read_update(update_file(tmp_path))


def message(inbox: str, subject: str, body: str = "Words.", *, number: int = 1) -> Message:
    return Message(f"{inbox}-{number}", inbox, subject, body, NOW)


def person(line: int, inbox: str, language: str, *, confirmed: bool = True) -> Person:
    form = {"kind": "individual", "language": language, "topics": ["evidence"]}
    return Person(Row(line, form, inbox), known_before=False, confirmed=confirmed)


def registered() -> Registered:
    people = (person(2, "ann@example.com", "en"), person(3, "bob@example.com", "cy"))
    return Registered(people={each.row.inbox: each for each in people}, answers={b"same"})


def published(**changes: Any) -> Published:
    shown = {
        "planned": 2,
        "outcomes": {"planned": 0, "claimed": 0, "uncertain": 0, "accepted": 0, "delivered": 2},
    }
    said = {**shown, "final": True, "duplicates": 0}
    return Published(
        **{"began": NOW, "shown": shown, "author_was_refused": True, "certificate": said, **changes}
    )


GOOD = [message("ann@example.com", ENGLISH), message("bob@example.com", WELSH)]


def broken(counted: Counted) -> list[str]:
    return [each.broken for each in counted.promises if each.broken]


def judged(update: UpdateFile, arrived: list[Message], **changes: Any) -> Counted:
    people = changes.pop("people", registered())
    known = changes.pop("known", frozenset())
    return count(arrived, people, update, published(**changes), known_before=known)


def test_everything_holds_where_everybody_has_theirs(update: UpdateFile) -> None:
    other = message("ann@example.com", "Confirm that you want to be kept informed", number=2)

    counted = judged(update, [*GOOD, other])

    assert (broken(counted), counted.exactly_one) == ([], 2)


def test_a_person_without_a_message_is_named_by_line(update: UpdateFile) -> None:
    counted = judged(update, GOOD[:1])

    assert counted.exactly_one == 1
    assert broken(counted)[0] == "without a message: line 3"


def test_a_second_message_is_seen(update: UpdateFile) -> None:
    twice = message("ann@example.com", ENGLISH, number=2)

    assert broken(judged(update, [*GOOD, twice])) == ["with more than one: line 2"]


def test_a_message_in_another_language_is_seen(update: UpdateFile) -> None:
    wrong = [message("ann@example.com", WELSH), GOOD[1]]

    assert broken(judged(update, wrong)) == ["with one in another language: line 2"]


def test_a_stranger_who_was_told_is_seen_and_not_named(update: UpdateFile) -> None:
    found = broken(judged(update, [*GOOD, message("eve@example.com", ENGLISH)]))

    assert "inboxes of nobody in the file: 1" in found
    assert "eve" not in "".join(found)


def test_somebody_who_was_there_before_the_file_may_be_told(update: UpdateFile) -> None:
    planned_three = {"planned": 3, "outcomes": {**published().shown["outcomes"], "delivered": 3}}
    certificate = {**planned_three, "final": True, "duplicates": 0}

    counted = judged(
        update,
        [*GOOD, message("eve@example.com", ENGLISH)],
        known=frozenset({"eve@example.com"}),
        shown=planned_three,
        certificate=certificate,
    )

    assert broken(counted) == []


def test_a_person_who_was_told_without_having_confirmed_is_seen(update: UpdateFile) -> None:
    people = registered()
    people.people["ann@example.com"].confirmed = False

    found = broken(judged(update, GOOD, people=people))

    assert found == ["told without being in its audience, or without having confirmed: line 2"]


def test_an_address_of_another_person_in_a_message_is_seen(update: UpdateFile) -> None:
    telling = message("ann@example.com", ENGLISH, "Write to Bob@Example.com, ann@example.com or x@gov.uk.")

    assert broken(judged(update, [telling, GOOD[1]])) == ["messages that hold one: 1"]


def test_answers_that_differ_are_seen(update: UpdateFile) -> None:
    people = registered()
    people.answers.add(b"known already")

    assert broken(judged(update, GOOD, people=people)) == ["there were 2 different answers"]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"author_was_refused": False}, "they were not"),
        ({"certificate": None}, "there is none"),
        ({"certificate": {**published().shown, "final": True, "duplicates": 1}}, "1 duplicates"),
        ({"certificate": {**published().shown, "final": False, "duplicates": 0}}, "it is not final"),
    ],
)
def test_what_the_service_says_of_itself_is_compared(
    update: UpdateFile, changes: dict[str, Any], says: str
) -> None:
    assert broken(judged(update, GOOD, **changes)) == [says]


def test_a_ledger_that_counts_otherwise_is_seen(update: UpdateFile) -> None:
    shown = {"planned": 3, "outcomes": {**published().shown["outcomes"], "accepted": 1}}
    certificate = {**shown, "final": True, "duplicates": 0}

    found = broken(judged(update, GOOD, shown=shown, certificate=certificate))

    assert found == ["3 planned, and messages in 2 inboxes; 1 are still open"]


def test_an_update_for_one_needs_no_approval(update: UpdateFile) -> None:
    assert broken(judged(update, GOOD, author_was_refused=None)) == []


def test_many_lines_are_named_shortly() -> None:
    assert named_lines([7]) == "line 7"
    assert named_lines([9, 7, 12]) == "lines 7, 9 and 12"
    assert named_lines(range(1, 31), most=2) == "lines 1, 2 and 28 more"
