"""Registering and confirming: whoever it is, however they want to be told."""

import re
from collections.abc import Callable

import pytest

from service.registrations.words import Choice, ContactBy, Kind
from tests.harness.people import somebody
from tests.journeys.in_a_browser.backstage import Backstage
from tests.journeys.in_a_browser.form import (
    Answers,
    agrees,
    answers_on,
    begins,
    comes_to_the_check,
    form,
    registers,
)
from tests.journeys.in_a_browser.person import Person
from tests.web_public.people import People

Confirms = Callable[[Person, Backstage, Answers], None]


def confirms_by_link(person: Person, backstage: Backstage, answers: Answers) -> None:
    person.goes_to(backstage.path(str(answers["email"])))
    person.sees("confirm.heading")
    person.reads("confirm.intro_email", f"confirm.language_{person.language}")
    person.reads_text(person.scheme_name, *person.topics)
    person.page.get_by_text(person.says("confirm.wrong"), exact=True).click()
    person.reads("confirm.wrong_text")
    person.presses("confirm.button")
    person.sees("confirmed.heading")


def confirms_by_the_code_of_a_text(person: Person, backstage: Backstage, answers: Answers) -> None:
    [code] = re.findall(r"\b\d{3} \d{3}\b", backstage.message(str(answers["number"]))["body"])
    person.comes_to(f"{person.scheme}/register/done", "done.heading")
    person.presses("code.button")
    person.is_stopped_by("code.missing", heading="done.heading")
    person.fills_in("code.of_text", f"{(int(code.replace(' ', '')) + 1) % 1_000_000:06d}")
    person.presses("code.button")
    person.is_stopped_by("code.wrong", heading="done.heading")
    person.fills_in("code.of_text", code)
    person.presses("code.button")
    person.sees("confirmed.heading")


def confirms_by_the_code_of_a_letter(person: Person, backstage: Backstage, answers: Answers) -> None:
    above = [str(answers[name]) for name in ("organisation", "name") if name in answers]
    letter = backstage.message("\n".join([*above, str(answers["address"])]))["body"]
    [number] = re.findall(r"KI-\w{4}-\w{4}", letter)
    [code] = re.findall(r"^# .*: (\w{4} \w{4})$", letter, re.MULTILINE)
    person.comes_to(f"{person.scheme}/code", "code.heading")
    person.presses("code.button")
    person.is_stopped_by("code.number_missing", "code.code_missing", heading="code.heading")
    for typed, wrong in (("2222 2222", "code.letter_wrong"), (code.lower(), None)):
        person.fills_in("code.number", number.lower())
        person.fills_in("code.of_letter", typed)
        person.presses("code.button")
        if wrong is not None:
            person.is_stopped_by(wrong, heading="code.heading")
    person.sees("confirmed.heading")


CONFIRMS: dict[ContactBy, Confirms] = {
    ContactBy.EMAIL: confirms_by_link,
    ContactBy.SMS: confirms_by_the_code_of_a_text,
    ContactBy.LETTER: confirms_by_the_code_of_a_letter,
}
"""Nobody confirms a call on a page: whoever rings asks."""


@pytest.mark.parametrize("way", ContactBy)
@pytest.mark.parametrize("kind", Kind)
def test_somebody_registers_and_confirms(
    person: Person, backstage: Backstage, kind: Kind, way: ContactBy
) -> None:
    answers = form(kind, way)
    begins(person)
    comes_to_the_check(person, answers)
    shown = [text for text in answers.values() if isinstance(text, str) and "\n" not in text]
    person.reads_text(*shown, *person.topics)
    person.reads(f"register.who.{kind}", f"register.how.{way}", "register.format.large-print")
    agrees(person, backstage)
    person.reads(f"done.{way}", f"done.{way}_sent")
    registration = backstage.registration()
    state = "SELECT state FROM registrations WHERE id = %s"
    assert backstage.value(state, registration) == "pending"
    if way in CONFIRMS:
        CONFIRMS[way](person, backstage, answers)
        assert backstage.value(state, registration) == "confirmed"
    about = "SELECT kind || language || contact_by[1] FROM registrations WHERE id = %s"
    assert backstage.value(about, registration) == f"{kind}{person.language}{way}"


def test_somebody_with_every_way_confirms_each(person: Person, backstage: Backstage) -> None:
    answers = form(Kind.REPRESENTATIVE, *ContactBy)
    registers(person, backstage, answers)
    person.reads(*(f"done.{way}" for way in ContactBy))
    for confirms in CONFIRMS.values():
        confirms(person, backstage, answers)
    confirmed = (
        "SELECT array_agg(channel ORDER BY channel) FROM registration_contacts"
        " WHERE registration_id = %s AND confirmed_at IS NOT NULL"
    )
    assert backstage.value(confirmed, backstage.registration()) == ["email", "letter", "sms"]


WRONG: dict[str, dict[str, str]] = {
    "email": {"ada@": "wrong", "": "missing"},
    "number": {"12": "wrong", "020 7946 0123": "not-a-mobile", "": "missing"},
    "name": {"A" * 201: "wrong"},
    "address": {
        "": "missing",
        "(1 Example Street)\nLondon\nSW1A 1AA": "begins-with-a-sign",
        "1 Example Street\nExampleton\nLondon": "no-end",
        "1 Example Street\nSW1A 1AA": "few-lines",
        "1\n2\n3\n4\n5\n6\n7\nSW1A 1AA": "many-lines",
        "1\n2\n3\n4\n5\n6\nSW1A 1AA": "no-room-for-the-name",
    },
    "organisation": {"": "missing", "A" * 201: "wrong"},
}
"""What is typed, and the rule that it breaks."""
CHOSEN = {page: {"": "missing"} for page in ("who", "relationship", "how", "topics")}
"""Where something is chosen, it is left out."""

REGISTRATIONS = "SELECT count(*) FROM registrations"


@pytest.mark.parametrize("kind", [Kind.REPRESENTATIVE, Kind.ORGANISATION])
def test_every_mistake_is_explained_where_it_was_made_and_put_right(person: Person, kind: Kind) -> None:
    # Between them the two are asked everything.
    answers = form(kind, *(ContactBy if kind is Kind.REPRESENTATIVE else [ContactBy.EMAIL]))
    begins(person)
    for page, answer in answers.items():
        heading = f"register.{page}.heading"
        for typed, rule in (WRONG | CHOSEN).get(page, {}).items():
            if page in WRONG:
                person.fills_in(heading, typed)
            person.presses("register.button")
            person.is_stopped_by(f"register.{page}.{rule}", heading=heading)
            if typed:
                given_back = person.page.get_by_label(person.says(heading), exact=True).input_value()
                assert given_back.splitlines() == typed.splitlines()
        answers_on(person, page, answer)
    person.sees("check.heading")


def test_the_language_is_changed_on_every_page_and_nothing_is_lost(
    person: Person, backstage: Backstage
) -> None:
    def there_and_back() -> None:
        person.changes_language()
        person.changes_language()

    answers = form(Kind.ORGANISATION, ContactBy.EMAIL, ContactBy.LETTER)
    begins(person)
    for page, answer in answers.items():
        there_and_back()
        answers_on(person, page, answer)
    there_and_back()
    person.sees("check.heading")
    agrees(person, backstage)
    there_and_back()
    person.sees("done.heading")
    person.reads("done.email", "done.letter")


def test_going_back_shows_the_answers_and_a_change_leads_to_one_registration(
    person: Person, backstage: Backstage
) -> None:
    answers = form(Kind.INDIVIDUAL, ContactBy.EMAIL)
    before = backstage.value(REGISTRATIONS)
    begins(person)
    comes_to_the_check(person, answers)
    page, email = person.page, person.says("register.email.heading")
    page.go_back()
    person.sees("register.topics.heading")
    assert page.get_by_label(person.says("register.topics.all"), exact=True).is_checked()
    page.go_back()
    page.go_back()
    person.sees("register.email.heading")
    assert page.get_by_label(email, exact=True).input_value() == answers["email"]
    page.go_forward()
    page.go_forward()
    page.go_forward()
    person.follows_text(f"{person.says('check.change')} {person.says('register.email.short')}")
    second = somebody("second")
    answers_on(person, "email", second)
    person.sees("check.heading")
    person.reads_text(second)
    agrees(person, backstage)
    page.go_back()
    person.sees("done.heading")
    assert second not in page.content()
    assert backstage.value(REGISTRATIONS) == before + 1
    assert backstage.path(second)


def test_two_tabs_register_what_they_show(person: Person, backstage: Backstage) -> None:
    answers = form(Kind.INDIVIDUAL, ContactBy.EMAIL)
    before = backstage.value(REGISTRATIONS)
    begins(person)
    comes_to_the_check(person, answers)
    first, other, second = person.page, person.another_tab(), somebody("second")
    person.page = other
    person.comes_to(f"{person.scheme}/register/email", "register.email.heading")
    answers_on(person, "email", second)
    person.page = first
    person.presses("check.button")
    # It shows what the other tab has changed, before anything is sent.
    person.sees("check.heading")
    person.reads_text(second)
    agrees(person, backstage)
    person.page = other
    agrees(person, backstage)
    assert backstage.value(REGISTRATIONS) == before + 1
    assert backstage.path(second)


def test_whoever_comes_back_after_the_hour_begins_again(
    person: Person, backstage: Backstage, people: People
) -> None:
    begins(person)
    answers_on(person, "who", ["individual"])
    person.sees("register.how.heading")
    people.end_the_hour()
    person.chooses("register.how.email")
    person.presses("register.button")
    person.sees("expired.heading")
    person.presses("expired.button")
    person.sees("register.who.heading")


@pytest.mark.parametrize("choice", Choice)
def test_the_holder_of_a_known_address_says_who_it_was(
    person: Person, backstage: Backstage, choice: Choice
) -> None:
    email, registration = backstage.somebody(language=person.language)
    backstage.value("UPDATE contacts SET asked_at = '{}' RETURNING 1")
    backstage.waiting(email=email, language=person.language, topics=["evidence"])
    person.goes_to(backstage.path(email))
    person.sees("change.heading_email")
    person.presses("change.button")
    person.is_stopped_by("change.missing", heading="change.heading_email")
    person.chooses(f"change.{choice.replace('-', '_')}")
    person.presses("change.button")
    person.sees("answered.heading")
    backstage.works()
    topics = "SELECT array_agg(code) FROM registration_topics WHERE registration_id = %s"
    mine = ["evidence"] if choice is Choice.MINE else ["eligibility"]
    assert backstage.value(topics, registration) == mine
    assert (backstage.registration() != registration) == (choice is Choice.ANOTHER)
