"""Somebody at a screen, who goes by the words of the pages in their own language."""

import re
from typing import Any

from playwright.sync_api import BrowserContext, ConsoleMessage, Page

from service.registrations.words import Language
from service.schemes.reading import SchemeView
from service.web.public import catalogue
from tests.journeys.in_a_browser.looking import Looking
from tests.journeys.in_a_browser.screens import Screen

SAID_AT_THE_FOCUS = """
    () => {
        for (let at = document.activeElement; at; at = at.parentElement)
            for (const id of (at.getAttribute("aria-describedby") ?? "").split(" ")) {
                const said = document.getElementById(id);
                if (said?.classList.contains("govuk-error-message"))
                    return said.textContent.replace(/\\s+/g, " ").trim();
            }
        return null;
    }
"""


class Person:
    """What somebody does and sees. Words are keys of the pages' catalogue, unless they are called text."""

    def __init__(
        self, context: BrowserContext, screen: Screen, looking: Looking, *, scheme: SchemeView
    ) -> None:
        self.screen = screen
        self.language = screen.language
        self.says = catalogue.read(screen.language)
        self.scheme = f"/{scheme.slug}"
        self.scheme_name = scheme.name[screen.language]
        self.topics = [getattr(topic, screen.language) for topic in scheme.topics]
        self.complaints: list[str] = []
        """What the browser refused or failed to do."""
        self._context = context
        self._looking = looking
        self.page = self.another_tab()

    def another_tab(self) -> Page:
        page = self._context.new_page()
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", self._hears)
        return page

    def _hears(self, message: ConsoleMessage) -> None:
        # A page that answers a wrong form with its 422 is as it should be.
        if message.type == "error" and "status of 4" not in message.text:
            self.complaints.append(message.text)

    def goes_to(self, path: str) -> None:
        """A page whose address somebody else gave: a message, or another site."""
        self.page.goto(path)

    def comes_to(self, path: str, heading: str, **values: str) -> None:
        """A page that knows no language yet, which is chosen at its top."""
        self.page.goto(path)
        if self.page.locator("html").get_attribute("lang") != self.language:
            self.changes_language()
        self.sees(heading, **values)

    def changes_language(self) -> None:
        """To the other one, by the link at the top of every page."""
        here = catalogue.read(Language(str(self.page.locator("html").get_attribute("lang"))))
        self.follows_text(here("layout.other_language"))

    def sees(self, heading: str, **values: str) -> None:
        """This page, and that it is as every page has to be."""
        self.sees_text(self.says(heading, **values))

    def sees_text(self, heading: str) -> None:
        assert self.page.locator("h1").inner_text() == heading
        assert heading in self.page.title()
        self._looking.at(self.page, self.screen)

    def reads(self, *keys: str) -> None:
        self.reads_text(*map(self.says, keys))

    def reads_text(self, *texts: str) -> None:
        for text in texts:
            assert self.page.get_by_text(text, exact=True).first.is_visible(), text

    def is_told(self, key: str, *, heading: str = "manage.heading") -> None:
        """What was done, at the top of the page; screen readers begin there."""
        self.sees(heading)
        told = self.page.get_by_role("alert")
        assert self.says(key) in told.inner_text()
        if self.screen.script:
            assert told.evaluate("element => element === document.activeElement")

    def follows(self, key: str, heading: str, **values: str) -> None:
        """A link, to the page with this heading."""
        self.follows_text(self.says(key))
        self.sees(heading, **values)

    def follows_text(self, text: str) -> None:
        with self.page.expect_navigation():
            self.page.get_by_role("link", name=text, exact=True).click()

    def presses(self, key: str) -> None:
        with self.page.expect_navigation():
            self.page.get_by_role("button", name=self.says(key), exact=True).click()

    def chooses(self, *keys: str) -> None:
        self.chooses_text(*map(self.says, keys))

    def chooses_text(self, *labels: str) -> None:
        for label in labels:
            self.page.get_by_label(label, exact=True).check()

    def unchooses(self, *labels: str) -> None:
        for label in labels:
            self.page.get_by_label(label, exact=True).uncheck()

    def fills_in(self, key: str, text: str) -> None:
        self.page.get_by_label(self.says(key), exact=True).fill(text)

    def is_stopped_by(self, *wrong: str, heading: str, **values: str) -> None:
        """What is wrong, summed up first, in the title too, and each a link to where it is put right."""
        page = self.page
        self.sees(heading, **values)
        assert page.title().startswith(self.says("layout.error_prefix"))
        summary = page.locator(".govuk-error-summary")
        assert self.says("layout.error_title") in summary.inner_text()
        links = summary.get_by_role("link")
        assert [re.sub(r"\s+", " ", link) for link in links.all_inner_texts()] == list(map(self.says, wrong))
        if self.screen.script:
            assert summary.evaluate("element => element === document.activeElement")
        for link in links.all():
            link.click()
            assert self._said_at_the_focus() == f"{self.says('layout.error_prefix')} {link.inner_text()}"

    def _said_at_the_focus(self) -> Any:
        """What a screen reader says of the field that has the focus, or of its group: the error of it."""
        return self.page.evaluate(SAID_AT_THE_FOCUS)
