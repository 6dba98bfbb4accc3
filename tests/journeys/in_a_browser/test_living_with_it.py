"""Seeing and changing what one gets, by a link that is asked for; handing it on; being forgotten."""

from uuid import UUID

import pytest

from service.registrations.words import Kind, Language
from service.web.public import catalogue
from tests.harness.people import mobile, somebody
from tests.journeys.in_a_browser.backstage import Backstage, home
from tests.journeys.in_a_browser.person import Person

CHOICES = "SELECT language || formats::text || (paused_until IS NOT NULL) FROM registrations WHERE id = %s"
STATE = "SELECT state FROM registrations WHERE id = %s"
WAYS = "SELECT contact_by::text[] FROM registrations WHERE id = %s"


@pytest.fixture
def registered(person: Person, backstage: Backstage) -> tuple[str, UUID]:
    """The person is registered with two topics, told by email, and looks at their choices."""
    email, registration = backstage.somebody(language=person.language, topics=["eligibility", "evidence"])
    person.goes_to(backstage.manage_path(email))
    person.sees("manage.heading")
    return email, registration


def changes(person: Person, what: str, heading: str) -> None:
    """Follow the link beside one of the choices."""
    person.follows_text(f"{person.says('manage.change')} {person.says(what)}")
    person.sees(heading)


def test_a_link_is_asked_for_and_language_topics_formats_and_a_pause_are_changed(
    person: Person, backstage: Backstage
) -> None:
    number = mobile()
    _, registration = backstage.somebody(
        language=person.language,
        topics=["eligibility", "evidence"],
        contact_by=["email", "sms"],
        mobile=number,
    )
    person.goes_to(backstage.path(number))
    person.presses("confirm.button")
    person.follows("confirmed.link", "link.heading")
    for typed, wrong in (("", "link.missing"), ("ada", "link.wrong")):
        person.fills_in("link.contact", typed)
        person.presses("link.button")
        person.is_stopped_by(wrong, heading="link.heading")
    person.fills_in("link.contact", number)
    person.presses("link.button")
    person.sees("link.sent_heading")
    backstage.works()
    person.goes_to(backstage.path(number))
    person.sees("manage.heading")
    person.reads("manage.way_email", "manage.way_sms", "manage.on")

    changes(person, "manage.topics", "manage.topics_heading")
    person.unchooses(person.topics[1], person.topics[2])
    person.presses("manage.save")
    person.is_stopped_by("manage.topics_missing", heading="manage.topics_heading")
    person.chooses_text(person.topics[5])
    person.presses("manage.save")
    person.is_told("manage.done_topics")
    person.reads_text(person.topics[5])
    changes(person, "manage.formats", "manage.formats_heading")
    person.chooses("manage.format_bsl")
    person.presses("manage.save")
    person.is_told("manage.done_formats")
    changes(person, "manage.messages", "manage.pause_heading")
    person.presses("manage.save")
    person.is_stopped_by("manage.pause_missing", heading="manage.pause_heading")
    person.chooses_text(person.says("manage.pause_months", number="3"))
    person.presses("manage.save")
    person.is_told("manage.done_pause")
    assert backstage.value(CHOICES, registration) == f"{person.language}{{bsl}}true"
    changes(person, "manage.messages", "manage.pause_heading")
    person.chooses("manage.pause_end")
    person.presses("manage.save")
    person.is_told("manage.done_resumed")
    changes(person, "manage.language", "manage.language_heading")
    person.chooses("manage.language_cy" if person.language == "en" else "manage.language_en")
    person.presses("manage.save")
    # The pages speak it at once, and there is a way back at their top.
    other = Language.WELSH if person.language is Language.ENGLISH else Language.ENGLISH
    told = catalogue.read(other)("manage.done_language")
    assert told in person.page.get_by_role("alert").inner_text()
    person.changes_language()
    person.sees("manage.heading")
    assert backstage.value(CHOICES, registration) == f"{other}{{bsl}}false"


def test_other_ways_and_addresses_are_confirmed_before_they_are_used(
    person: Person, backstage: Backstage, registered: tuple[str, UUID]
) -> None:
    _, registration = registered
    new, number = somebody("new"), mobile()
    heading = "manage.ways_heading"
    changes(person, "manage.ways", heading)
    person.unchooses(person.says("manage.way_email"))
    person.presses("manage.save")
    person.is_stopped_by("manage.ways_missing", heading=heading)
    person.chooses(*(f"manage.way_{way}" for way in ("email", "sms", "letter")))
    person.presses("manage.save")
    person.is_stopped_by("manage.mobile_missing", "manage.post_missing", heading=heading)
    person.fills_in("manage.email", "ada")
    person.fills_in("manage.mobile", "12")
    person.fills_in("manage.post", "1 Example Street")
    person.presses("manage.save")
    person.is_stopped_by("manage.email_wrong", "manage.mobile_wrong", "manage.post_wrong", heading=heading)
    person.unchooses(person.says("manage.way_letter"))
    person.fills_in("manage.email", new)
    person.fills_in("manage.mobile", number)
    person.fills_in("manage.post", home())
    person.presses("manage.save")
    person.is_stopped_by("manage.way_not_chosen", heading=heading)
    person.fills_in("manage.post", "")
    person.presses("manage.save")
    person.is_told("manage.done_asked")
    backstage.works()
    assert person.says("manage.waiting") in person.page.locator("main").inner_text()
    for inbox in (new, number):
        person.goes_to(backstage.path(inbox))
        person.sees("confirm.heading")
        person.presses("confirm.button")
        person.sees("confirmed.heading")
    person.goes_to(backstage.manage_path(new))
    person.sees("manage.heading")
    assert person.says("manage.waiting") not in person.page.locator("main").inner_text()
    changes(person, "manage.ways", heading)
    person.unchooses(person.says("manage.way_email"))
    person.presses("manage.save")
    person.is_told("manage.done_ways")
    assert backstage.value(WAYS, registration) == ["sms"]


def test_a_copy_of_what_is_held_goes_to_the_person(
    person: Person, backstage: Backstage, registered: tuple[str, UUID]
) -> None:
    email, _ = registered
    person.follows("manage.copy_heading", "manage.copy_heading")
    person.follows("manage.cancel", "manage.heading")
    person.follows("manage.copy_heading", "manage.copy_heading")
    person.presses("manage.copy_button")
    person.is_told("manage.done_copy")
    backstage.works()
    copy = backstage.message(email)["body"].replace("\\", "")  # Notify's signs for "no markdown".
    assert email in copy
    assert person.topics[1] in copy


def test_whoever_leaves_by_the_page_may_come_back_by_it(
    person: Person, backstage: Backstage, registered: tuple[str, UUID]
) -> None:
    _, registration = registered
    person.follows("manage.leave_link", "manage.leave_heading")
    person.presses("manage.leave_button")
    person.is_told("manage.done_leave")
    person.reads("manage.has_left")
    assert backstage.value(STATE, registration) == "left"
    person.presses("manage.return_button")
    person.is_told("manage.done_return")
    assert backstage.value(STATE, registration) == "confirmed"


def test_whoever_has_everything_erased_is_told_what_stays_and_the_link_is_dead(
    person: Person, backstage: Backstage, registered: tuple[str, UUID]
) -> None:
    _, registration = registered
    manage = person.page.url
    person.follows("manage.erase_link", "manage.erase_heading")
    person.reads("manage.erase_kept_sent", "manage.erase_kept_never", "manage.erase_why")
    person.presses("manage.erase_button")
    person.sees("manage.erased_heading")
    assert backstage.value("SELECT count(*) FROM registrations WHERE id = %s", registration) == 0
    person.comes_to(manage, "problem.410.heading")


def test_a_death_stops_the_messages_and_an_executor_takes_the_registration_over(
    person: Person, backstage: Backstage, registered: tuple[str, UUID]
) -> None:
    _, registration = registered
    heir, heading = somebody("heir"), "manage.takeover_heading"
    person.follows("manage.bereavement_link", "manage.bereavement_heading")
    person.reads("manage.bereavement_sorry")
    person.presses("manage.bereavement_button")
    person.sees("manage.stopped_heading")
    assert backstage.value(STATE, registration) == "left"
    person.follows("manage.takeover_link", heading)
    person.presses("manage.takeover_button")
    person.is_stopped_by("manage.relationship_missing", "manage.takeover_one", heading=heading)
    person.chooses("manage.relationship_estate")
    person.fills_in("manage.email", heir)
    person.fills_in("manage.mobile", mobile())
    person.presses("manage.takeover_button")
    person.is_stopped_by("manage.takeover_one", heading=heading)
    person.fills_in("manage.mobile", "")
    person.presses("manage.takeover_button")
    person.is_told("manage.done_takeover")
    backstage.works()
    person.goes_to(backstage.path(heir))
    person.sees("confirm.heading")
    person.presses("confirm.button")
    person.sees("confirmed.heading")
    became = "SELECT state || kind || relationship FROM registrations WHERE id = %s"
    assert backstage.value(became, registration) == "confirmedrepresentativeestate"


def test_a_death_that_was_a_mistake_is_undone(
    person: Person, backstage: Backstage, registered: tuple[str, UUID]
) -> None:
    _, registration = registered
    person.follows("manage.bereavement_link", "manage.bereavement_heading")
    person.presses("manage.bereavement_button")
    person.follows("manage.stopped_mistake", "manage.heading")
    person.presses("manage.return_button")
    person.is_told("manage.done_return")
    assert backstage.value(STATE, registration) == "confirmed"


def test_an_organisation_adds_an_inbox_which_confirms_for_itself(
    person: Person, backstage: Backstage
) -> None:
    email, first = backstage.somebody(
        language=person.language, kind=Kind.ORGANISATION, organisation="Canolfan Gyngor"
    )
    inbox, heading = somebody("inbox"), "manage.inbox_heading"
    person.goes_to(backstage.manage_path(email))
    person.follows("manage.inbox_link", heading)
    for typed, wrong in (("", "manage.email_missing"), ("inbox", "manage.email_wrong")):
        person.fills_in("manage.inbox_email", typed)
        person.presses("manage.inbox_button")
        person.is_stopped_by(wrong, heading=heading)
    person.fills_in("manage.inbox_email", inbox)
    person.presses("manage.inbox_button")
    person.is_told("manage.done_inbox")
    backstage.works()
    person.goes_to(backstage.path(inbox))
    person.sees("confirm.heading")
    person.reads("confirm.kind_organisation")
    person.presses("confirm.button")
    person.sees("confirmed.heading")
    assert backstage.registration() != first
    assert backstage.value(STATE, backstage.registration()) == "confirmed"
