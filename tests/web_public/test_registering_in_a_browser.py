"""Registering and confirming in Chromium: a journey for each kind of person, with and without script.

The words come from the catalogue, so that one journey goes in either language. The representative, who is
asked nearly everything, looks at every page in both, and makes every mistake of leaving something out.
"""

import re

import pytest
from playwright.sync_api import Page

from service.registrations.rows import new_number
from service.registrations.words import Language
from service.web.public import catalogue
from service.web.public.questions import BY_PAGE
from tests.web_public.browsing import NARROW, NEEDED, WIDE, Open, check, press
from tests.web_public.people import TOPICS, People, SchemeMade

pytestmark = NEEDED

OPTIONAL = ("name", "format")

with_and_without_script = pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])


class Person:
    """Somebody who goes through the form in one language.

    Who is `careful` looks at each page in the other language too, and first tries to go on without an answer.
    """

    def __init__(
        self,
        page: Page,
        scheme: SchemeMade,
        language: Language = Language.ENGLISH,
        *,
        careful: bool = False,
    ) -> None:
        self.page = page
        self.scheme = scheme
        self.language = language
        self.careful = careful
        self.says = catalogue.read(language)

    def starts(self) -> None:
        self.page.goto(f"/{self.scheme.slug}")
        if self.page.locator("html").get_attribute("lang") != self.language:
            self.page.get_by_role("link", name="Cymraeg").click()
        self.looks()
        press(self.page, self.says("start.button"))

    def looks(self, heading: str | None = None) -> None:
        check(self.page, heading=heading)
        if not self.careful:
            return
        with self.page.expect_navigation():
            self.page.get_by_role("link", name=self.says("layout.other_language"), exact=True).click()
        check(self.page)
        self.page.go_back()
        assert self.page.locator("html").get_attribute("lang") == self.language

    def answers(self, name: str, *options: str, text: str | None = None) -> None:
        """One question."""
        heading = self.says(f"register.{name}.heading")
        self.looks(heading)
        if self.careful and name not in OPTIONAL:
            self.leaves_it_out(name)
        if text is not None:
            self.page.get_by_label(heading, exact=True).fill(text)
        for option in options:
            self.page.get_by_label(self.says(f"register.{name}.{option}"), exact=True).check()
        self.goes_on()

    def leaves_it_out(self, name: str) -> None:
        self.goes_on()
        assert self.page.title().startswith(self.says("layout.error_prefix"))
        check(self.page)
        self.page.get_by_role("link", name=self.says(f"register.{name}.missing"), exact=True).click()
        assert self.page.evaluate("document.activeElement.id") == BY_PAGE[name].field

    def goes_on(self) -> None:
        press(self.page, self.says("register.button"))

    def agrees(self, *shown: str) -> None:
        self.looks(self.says("check.heading"))
        for text in shown:
            assert self.page.get_by_text(text, exact=True).first.is_visible(), text
        press(self.page, self.says("check.button"))
        self.looks(self.says("done.heading"))


@with_and_without_script
def test_a_person_registers_by_email(opened: Open, scheme: SchemeMade, people: People, script: bool) -> None:
    email = "a.person.with-quite-a-long-address@somewhere-far-away.example.org"
    person = Person(opened(script=script, width=NARROW), scheme)
    person.starts()
    person.answers("who", "individual")
    person.answers("how", "email")
    person.answers("email", text=email)
    person.answers("format")
    person.answers("topics", "all")
    person.agrees(email, "Myself", "None needed", "When the scheme opens", "The rules")
    (letter,) = people.letters(scheme)
    assert (letter["email"], letter["topics"]) == (email, ["opening", "rules"])


@with_and_without_script
def test_an_organisation_registers_by_email_and_letter_and_types_the_code(
    opened: Open, scheme: SchemeMade, people: People, script: bool
) -> None:
    address = "Canolfan Gyngor\n1 Heol Esiampl\nLlanfairpwllgwyngyllgogerychwyrndrobwll\nLL61 5UJ"
    person = Person(opened(script=script, width=WIDE), scheme)
    person.starts()
    person.answers("who", "organisation")
    person.careful = script
    person.answers("organisation", text="Canolfan Gyngor")
    person.careful = False
    person.answers("how", "email", "letter")
    person.answers("email", text="post@example.org")
    person.answers("address", text=address)
    person.answers("format")
    person.answers("topics", "all")
    person.agrees("Canolfan Gyngor", "Email", "Letter", "post@example.org")
    (letter,) = people.letters(scheme)
    assert letter["contact_by"] == ["email", "letter"]
    assert letter["postal_address"].split() == address.split()
    number = new_number()
    registration = people.registration(scheme)
    people.link(scheme, registration, channel="letter", code=(number, "4WPT2HXA"))
    person.page.goto(f"/{scheme.slug}/code")
    person.careful = script
    person.looks(person.says("code.heading"))
    for code, heading in (("2222 2222", "code.heading"), ("4wpt 2hxa", "confirmed.heading")):
        person.page.get_by_label(person.says("code.number"), exact=True).fill(number.lower())
        person.page.get_by_label(person.says("code.of_letter"), exact=True).fill(code)
        press(person.page, person.says("code.button"))
        check(person.page, heading=person.says(heading))
    assert people.state_of(registration) == "confirmed"


@with_and_without_script
def test_a_representative_registers_in_welsh_in_every_way_with_formats_and_types_the_code(
    opened: Open, scheme: SchemeMade, people: People, script: bool
) -> None:
    person = Person(opened(script=script, width=NARROW), scheme, Language.WELSH, careful=script)
    person.starts()
    person.answers("who", "representative")
    person.answers("relationship", "estate")
    person.answers("how", "email", "sms", "letter", "phone")
    person.answers("email", text="ada@example.org")
    person.answers("number", text="07700 900123")
    person.answers("name", text="Ada")
    person.answers("address", text="1 Heol Esiampl\nCaerdydd\nCF10 3NQ")
    person.answers("format", "easy-read", "text-relay")
    person.answers("topics", "all")
    person.agrees("Hawdd ei Ddeall", "07700 900123", "Ada", *(cy for _, _, cy in TOPICS))
    (letter,) = people.letters(scheme)
    assert (letter["language"], letter["relationship"]) == ("cy", "estate")
    assert letter["formats"] == ["easy-read", "text-relay"]
    registration = people.registration(scheme, language="cy")
    people.link(scheme, registration, channel="sms", code=(letter["challenge"], "012345"))
    for code, heading in (("999999", "done.heading"), ("012 345", "confirmed.heading")):
        person.page.get_by_label(person.says("code.of_text"), exact=True).fill(code)
        press(person.page, person.says("code.button"))
        check(person.page, heading=person.says(heading))
    assert people.state_of(registration) == "confirmed"


@pytest.fixture
def at_the_check(opened: Open, scheme: SchemeMade) -> Person:
    """Somebody who has answered everything, with first@example.org."""
    person = Person(opened(), scheme)
    page = person.page
    page.goto(f"/{scheme.slug}/register")
    page.get_by_label("Myself").check()
    person.goes_on()
    page.get_by_label("Email").check()
    person.goes_on()
    page.get_by_label("What is your email address?").fill("first@example.org")
    person.goes_on()
    person.goes_on()
    page.get_by_label("The rules").check()
    person.goes_on()
    assert page.url.endswith("/register/check")
    return person


def test_the_back_button_and_a_change_lead_to_one_registration(
    at_the_check: Person, scheme: SchemeMade, people: People
) -> None:
    page = at_the_check.page
    page.go_back()
    assert page.get_by_label("The rules").is_checked()
    page.go_back()
    page.go_back()
    assert page.get_by_label("What is your email address?").input_value() == "first@example.org"
    for _ in range(3):
        page.go_forward()
    page.get_by_role("link", name="Change email address").click()
    page.get_by_label("What is your email address?").fill("second@example.org")
    at_the_check.goes_on()
    press(page, "Agree and register")
    page.go_back()
    assert page.url.endswith("/register/done")
    assert "second@example.org" not in page.content()
    assert [letter["email"] for letter in people.letters(scheme)] == ["second@example.org"]


def test_two_tabs_register_what_they_show(at_the_check: Person, scheme: SchemeMade, people: People) -> None:
    page = at_the_check.page
    other = page.context.new_page()
    other.goto(f"/{scheme.slug}/register/email")
    other.get_by_label("What is your email address?").fill("second@example.org")
    press(other, "Continue")
    press(page, "Agree and register")
    assert page.get_by_text("second@example.org").is_visible()
    assert people.letters(scheme) == []
    press(page, "Agree and register")
    press(other, "Agree and register")
    for tab in (page, other):
        assert tab.url.endswith("/register/done")
    assert [letter["email"] for letter in people.letters(scheme)] == ["second@example.org"]


@with_and_without_script
def test_a_wrong_answer_is_given_back_with_the_reason(opened: Open, scheme: SchemeMade, script: bool) -> None:
    person = Person(opened(script=script, width=NARROW), scheme)
    page = person.page
    page.goto(f"/{scheme.slug}/register")
    page.get_by_label("Myself").check()
    person.goes_on()
    page.get_by_label("Letter").check()
    person.goes_on()
    person.goes_on()
    page.get_by_label("What is your postal address?").fill("1 Example Street\nExampleton")
    person.goes_on()
    check(page)
    if script:
        assert page.evaluate("document.activeElement.className").startswith("govuk-error-summary")
    page.get_by_role("link", name=re.compile("Enter the postcode, like SW1A 2AA")).click()
    assert page.evaluate("document.activeElement.id") == "postal_address"
    typed = page.get_by_label("What is your postal address?").input_value()
    assert typed.split("\n") == ["1 Example Street", "Exampleton"]


def test_the_key_is_kept_where_no_script_and_no_other_host_can_read_it(
    opened: Open, scheme: SchemeMade
) -> None:
    page = opened()
    page.goto(f"/{scheme.slug}/register")
    (cookie,) = page.context.cookies()
    assert cookie["name"] == f"__Host-registering-{scheme.slug}"
    assert (cookie["secure"], cookie["httpOnly"], cookie["sameSite"], cookie["path"]) == (
        True,
        True,
        "Lax",
        "/",
    )
    assert cookie["expires"] == -1
    assert page.evaluate("document.cookie") == ""
