"""The public pages in Chromium: with and without script, in both languages, on a narrow screen."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from service.crypto.tokens import new_token
from tests.web_public.people import People, SchemeMade
from tests.web_public.serving import Serving

CHROMIUM = Path("/usr/bin/chromium")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"there is no Chromium at {CHROMIUM}"),
]

NARROW, WIDE = 320, 1280

WORDS = {
    "en": ("Start now", "What is your email address?", "Continue", "Agree and register", "Check your email"),
    "cy": (
        "Dechrau nawr",
        "Beth yw eich cyfeiriad e-bost?",
        "Parhau",
        "Cytuno a chofrestru",
        "Edrychwch ar eich e-bost",
    ),
}

Open = Callable[..., Page]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    # For this module alone: Playwright's loop would stand in the way of the asynchronous tests.
    with sync_playwright() as playwright:
        sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=sandbox)
        yield browser
        browser.close()


@pytest.fixture
def opened(chromium: Browser, serving: Serving) -> Iterator[Open]:
    """Opens a browser of its own. At the end: nothing was refused by the policy, no script failed."""
    complaints: list[str] = []
    with ExitStack() as contexts:

        def opens(*, script: bool = True, width: int = WIDE) -> Page:
            context = chromium.new_context(
                base_url=serving.url, java_script_enabled=script, viewport={"width": width, "height": 700}
            )
            contexts.callback(context.close)
            page = context.new_page()
            page.on("pageerror", lambda error: complaints.append(str(error)))
            page.on(
                "console",
                lambda message: (
                    complaints.append(message.text)
                    if message.type == "error" and "status of 4" not in message.text
                    else None
                ),
            )
            return page

        yield opens
    assert complaints == []


def check(page: Page, *, heading: str | None = None) -> None:
    """What holds on every page: it fits, and axe finds nothing (which needs script to look)."""
    page.wait_for_load_state()
    if heading is not None:
        assert page.locator("h1").inner_text() == heading
    widths: list[int] = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    assert widths[0] <= widths[1], f"{page.url} has to be scrolled sideways"
    if page.evaluate("document.body.classList.contains('js-enabled')"):
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("width", [NARROW, WIDE])
@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
@pytest.mark.parametrize("language", ["en", "cy"])
def test_a_person_registers(
    opened: Open, scheme: SchemeMade, people: People, language: str, script: bool, width: int
) -> None:
    start, question, go_on, agree, finished = WORDS[language]
    email = "a.person.with-quite-a-long-address@somewhere-far-away.example.org"
    page = opened(script=script, width=width)
    page.goto(f"/{scheme.slug}")
    if language == "cy":
        page.get_by_role("link", name="Cymraeg").click()
    check(page)
    page.get_by_role("button", name=start).click()
    check(page, heading=question)
    page.get_by_label(question).fill(email)
    page.get_by_role("button", name=go_on).click()
    assert page.get_by_text(email).is_visible()
    check(page)
    page.get_by_role("button", name=agree).click()
    check(page, heading=finished)
    assert page.locator("html").get_attribute("lang") == language
    (letter,) = people.letters(scheme)
    assert (letter["email"], letter["language"]) == (email, language)


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_an_error_is_summed_up_and_leads_to_its_field(opened: Open, scheme: SchemeMade, script: bool) -> None:
    page = opened(script=script, width=NARROW)
    page.goto(f"/{scheme.slug}/register/email")
    page.get_by_label("What is your email address?").fill("not an address")
    page.get_by_role("button", name="Continue").click()
    assert page.title().startswith("Error: ")
    check(page)
    if script:
        assert page.evaluate("document.activeElement.className").startswith("govuk-error-summary")
    page.get_by_role("link", name="Enter an email address in the correct format").click()
    assert page.evaluate("document.activeElement.id") == "email"
    assert page.get_by_label("What is your email address?").input_value() == "not an address"


def test_the_back_button_and_a_change_lead_to_one_registration(
    opened: Open, scheme: SchemeMade, people: People
) -> None:
    page = opened()
    page.goto(f"/{scheme.slug}/register/email")
    page.get_by_label("What is your email address?").fill("first@example.org")
    page.get_by_role("button", name="Continue").click()
    page.wait_for_url("**/register/check")
    page.go_back()
    assert page.get_by_label("What is your email address?").input_value() == "first@example.org"
    page.go_forward()
    page.get_by_role("link", name="Change").click()
    page.get_by_label("What is your email address?").fill("second@example.org")
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Agree and register").click()
    page.wait_for_url("**/register/done")
    page.go_back()
    assert "second@example.org" not in page.content()
    assert [letter["email"] for letter in people.letters(scheme)] == ["second@example.org"]


def test_two_tabs_register_what_they_show(opened: Open, scheme: SchemeMade, people: People) -> None:
    page = opened()
    other = page.context.new_page()
    for tab, email in ((page, "first@example.org"), (other, "second@example.org")):
        tab.goto(f"/{scheme.slug}/register/email")
        tab.get_by_label("What is your email address?").fill(email)
        tab.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Agree and register").click()
    assert page.get_by_text("second@example.org").is_visible()
    assert people.letters(scheme) == []
    page.get_by_role("button", name="Agree and register").click()
    other.get_by_role("button", name="Agree and register").click()
    assert other.locator("h1").inner_text() == "Check your email"
    assert [letter["email"] for letter in people.letters(scheme)] == ["second@example.org"]


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_a_person_confirms_and_leaves(opened: Open, scheme: SchemeMade, people: People, script: bool) -> None:
    page = opened(script=script, width=NARROW)
    token = new_token()
    registration = people.registration(scheme, token=token)
    page.goto(f"/confirm/{people.link(scheme, registration)}")
    check(page, heading="Confirm your registration")
    page.get_by_role("button", name="Confirm").click()
    check(page, heading="You are registered")
    assert people.state_of(registration) == "confirmed"
    page.goto(f"/unsubscribe/{token}")
    check(page, heading="Do you want to leave?")
    page.get_by_role("button", name="Leave").click()
    check(page, heading="You have left")
    assert people.state_of(registration) == "left"
    page.get_by_role("link", name="Cymraeg").click()
    check(page, heading="Rydych wedi ymadael")


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_the_holder_of_a_known_address_chooses(
    opened: Open, scheme: SchemeMade, people: People, script: bool
) -> None:
    page = opened(script=script, width=NARROW)
    token = people.link(scheme, None, language="cy")
    page.goto(f"/confirm/{token}")
    check(page)
    page.get_by_role("button", name="Parhau").click()
    check(page)
    page.get_by_role("link", name="Dewiswch pwy oedd yno").click()
    page.get_by_label("Nid fi oedd yno").check()
    page.get_by_role("button", name="Parhau").click()
    check(page, heading="Diolch")
    assert people.choice_of(token) == "not-me"


@pytest.mark.parametrize("language", ["en", "cy"])
@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/{scheme}/help",
        "/{scheme}/privacy",
        "/{scheme}/complaints",
        "/{scheme}/updates",
        "/accessibility",
        "/cookies",
        "/confirm/old",
        "/{scheme}/register/check",
        "/no/page",
    ],
)
def test_every_other_page_is_accessible_and_fits(
    opened: Open, scheme: SchemeMade, path: str, language: str
) -> None:
    page = opened(width=NARROW)
    page.goto(f"{path.format(scheme=scheme.slug)}?lang={language}")
    check(page)


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
@pytest.mark.parametrize(
    ("language", "link", "subject", "back"),
    [
        ("en", "Read the updates so far", "The news", "All updates"),
        ("cy", "Darllen y diweddariadau hyd yma", "Y newyddion", "Pob diweddariad"),
    ],
)
def test_somebody_who_comes_late_reads_the_archive(
    opened: Open,
    scheme: SchemeMade,
    people: People,
    language: str,
    link: str,
    subject: str,
    back: str,
    script: bool,
) -> None:
    for day in range(1, 24):
        people.published(scheme, at=datetime(2027, 5, day, tzinfo=UTC))
    page = opened(script=script, width=NARROW)
    page.goto(f"/{scheme.slug}?lang={language}")
    page.get_by_role("link", name=link).click()
    check(page)
    page.locator("a[rel=next]").click()
    page.wait_for_url("**page=2*")
    check(page)
    page.get_by_role("link", name=subject).first.click()
    check(page, heading=subject)
    assert page.locator("time, p", has_text="2027").is_visible()
    page.get_by_role("link", name=back).click()
    assert page.get_by_role("link", name=subject).count() == 20


def test_the_key_is_kept_where_no_script_and_no_other_host_can_read_it(
    opened: Open, scheme: SchemeMade
) -> None:
    page = opened()
    page.goto(f"/{scheme.slug}/register/email")
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
