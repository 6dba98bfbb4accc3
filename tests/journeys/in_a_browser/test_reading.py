"""Reading: what has to be said, the archive, and where there is nothing."""

from datetime import UTC, date, datetime
from xml.etree import ElementTree

from tests.journeys.in_a_browser.person import Person
from tests.web_public.people import WORDS, People

ATOM = "{http://www.w3.org/2005/Atom}"


def test_whoever_looks_around_finds_help_and_what_has_to_be_said(person: Person) -> None:
    person.comes_to("/", "home.heading")
    person.follows_text(person.scheme_name)
    person.sees("start.heading", scheme=person.scheme_name)
    person.reads_text(*person.topics)
    for link, heading in (
        ("help.link", "help.heading"),
        ("layout.privacy", "privacy.heading"),
        ("complaints.link", "complaints.heading"),
        ("layout.accessibility", "accessibility.heading"),
        ("layout.cookies", "cookies.heading"),
    ):
        person.follows(link, heading)
    person.comes_to(person.scheme, "start.heading", scheme=person.scheme_name)
    person.follows("link.heading", "link.heading")
    person.follows("bereavement.link", "bereavement.heading")
    person.reads("bereavement.sorry")


def test_whoever_comes_late_reads_the_archive_and_its_feed(person: Person, people: People) -> None:
    scheme = people.scheme()
    for day in range(1, 23):
        people.published(scheme, at=datetime(2027, 5, day, tzinfo=UTC))
    subject = WORDS[person.language]["subject"]
    person.comes_to(f"/{scheme.slug}", "start.heading", scheme=person.scheme_name)
    person.follows("archive.link", "archive.heading", scheme=person.scheme_name)
    newer, older = person.says("archive.newer"), person.says("archive.older")
    assert person.page.get_by_role("link", name=newer).count() == 0
    with person.page.expect_navigation():
        person.page.get_by_role("link", name=older).click()
    person.sees("archive.heading", scheme=person.scheme_name)
    with person.page.expect_navigation():
        person.page.get_by_role("link", name=subject).first.click()
    person.sees_text(subject)
    person.reads_text(person.says("archive.published", date=person.says.day(date(2027, 5, 2))))
    person.follows("archive.all", "archive.heading", scheme=person.scheme_name)
    assert person.page.get_by_role("link", name=subject).count() == 20
    feed = person.page.get_by_role("link", name=person.says("archive.feed")).get_attribute("href")
    told = ElementTree.fromstring(person.page.request.get(str(feed)).body())
    assert [entry.findtext(f"{ATOM}title") for entry in told.iter(f"{ATOM}entry")] == [subject] * 20
    person.follows("archive.register", "start.heading", scheme=person.scheme_name)


def test_where_there_is_nothing_a_page_says_so_and_leads_on(person: Person) -> None:
    for path, heading in (
        (f"{person.scheme}/register/check", "expired.heading"),
        (f"{person.scheme}/register/done", "done.heading"),
        (f"{person.scheme}/no-such-page", "problem.404.heading"),
        ("/confirm/used", "problem.410.heading"),
    ):
        person.comes_to(path, heading)
    person.follows("problem.home", "home.heading")


def test_a_scheme_that_has_closed_says_so_and_keeps_its_links(person: Person, people: People) -> None:
    scheme = people.scheme()
    people.close(scheme, date(2027, 5, 1))
    person.comes_to(f"/{scheme.slug}/register", "start.heading", scheme=person.scheme_name)
    person.reads_text(person.says("start.closed", date=person.says.day(date(2027, 5, 1))))
    person.follows("link.heading", "link.heading")
