"""The form of registering, described by its pages in their order and what somebody answers on each."""

from service.registrations.words import ContactBy, Kind
from tests.harness.people import mobile, somebody
from tests.journeys.in_a_browser.backstage import Backstage, home
from tests.journeys.in_a_browser.person import Person

Answers = dict[str, str | list[str]]
"""By page: a text where it is typed, options where they are chosen."""

KINDS: dict[Kind, Answers] = {
    Kind.INDIVIDUAL: {"who": ["individual"]},
    Kind.ORGANISATION: {"who": ["organisation"], "organisation": "Canolfan Gyngor"},
    Kind.REPRESENTATIVE: {"who": ["representative"], "relationship": ["estate"]},
}


def form(kind: Kind, *ways: ContactBy) -> Answers:
    """Everything that this person is asked, and what they answer."""
    chosen = set(ways)
    answers = KINDS[kind] | {"how": [*ways]}
    if ContactBy.EMAIL in chosen:
        answers["email"] = somebody("a-person.with-quite-a-long-address")
    if chosen & {ContactBy.SMS, ContactBy.PHONE}:
        answers["number"] = mobile()
    if chosen & {ContactBy.LETTER, ContactBy.PHONE} and kind is not Kind.ORGANISATION:
        answers["name"] = "Ada Esiampl"
    if ContactBy.LETTER in chosen:
        answers["address"] = home()
    return answers | {"format": ["large-print", "text-relay"], "topics": ["all"]}


def begins(person: Person) -> None:
    """From the scheme's first page, in the person's language."""
    person.comes_to(person.scheme, "start.heading", scheme=person.scheme_name)
    person.presses("start.button")


def answers_on(person: Person, page: str, answer: str | list[str]) -> None:
    """One question."""
    heading = f"register.{page}.heading"
    person.sees(heading)
    if isinstance(answer, str):
        person.fills_in(heading, answer)
    else:
        person.chooses(*(f"register.{page}.{option}" for option in answer))
    person.presses("register.button")


def comes_to_the_check(person: Person, answers: Answers) -> None:
    """Every question, up to the page that shows what was answered."""
    for page, answer in answers.items():
        answers_on(person, page, answer)
    person.sees("check.heading")


def agrees(person: Person, backstage: Backstage) -> None:
    """The last button, and what the worker does then."""
    person.presses("check.button")
    person.sees("done.heading")
    backstage.works()


def registers(person: Person, backstage: Backstage, answers: Answers) -> None:
    begins(person)
    comes_to_the_check(person, answers)
    agrees(person, backstage)
