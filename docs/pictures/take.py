"""Takes the pictures of the pages in this folder: `python docs/pictures/take.py`; `--public`: of those alone.

Needs Chromium at /usr/bin/chromium, and the development and embedded extras.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import psycopg
from playwright.sync_api import Page, sync_playwright

HERE: Final = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[1]))

from deploy.one_machine.postgres import EmbeddedPostgres  # noqa: E402
from deploy.one_machine.valkey import EmbeddedValkey  # noqa: E402
from service.registrations.words import Language  # noqa: E402
from service.web.public import catalogue  # noqa: E402
from tests.harness.servers import TEMPLATE, Cluster, Database  # noqa: E402
from tests.web_public.people import People  # noqa: E402
from tests.web_public.serving import public_process  # noqa: E402

CHROMIUM: Final = Path("/usr/bin/chromium")
LAUNCH: Final = HERE.parents[1] / "deploy" / "demo" / "update-launch.toml"
EARLIER: Final = (
    (datetime(2027, 3, 2, tzinfo=UTC), "What evidence to send", "Pa dystiolaeth i’w hanfon"),
    (datetime(2027, 1, 19, tzinfo=UTC), "Events near you", "Digwyddiadau yn eich ardal chi"),
)
"""Subjects of earlier updates."""
STAFF_TESTS: Final = [
    f"tests/web_staff/test_{name}.py"
    for name in (
        "in_a_browser",
        "writing_in_a_browser",
        "deciding_in_a_browser",
        "six_people",
        "lists_in",
        "lists_in_a_browser",
    )
] + ["tests/casework/test_in_a_browser.py", "tests/work_sessions/test_in_a_browser.py"]
STAFF: Final = {
    "certificate": "certificate",
    "staff-updates": "staff-updates",
    "staff-write": "staff-write",
    "staff-both-versions": "staff-both-versions",
    "staff-check": "staff-check",
    "home": "staff-home",
    "overview": "staff-overview",
    "approve": "staff-approve",
    "approve-320": "staff-approve-320",
    "watch": "staff-watch",
    "watch-320": "staff-watch-320",
    "holds": "staff-holds",
    "six-scheme": "staff-scheme",
    "six-who-may-do-what-320": "staff-who-may-do-what-320",
    "six-sign-in-again-320": "staff-sign-in-again-320",
    "work-new": "staff-work-new",
    "work-approve-320": "staff-work-approve-320",
    "work-person": "staff-work-person",
    "work-person-320": "staff-work-person-320",
    "work-done": "staff-work-done",
    "work-openings-320": "staff-work-openings-320",
    "person-found": "staff-person-found",
    "person-record": "staff-person-record",
    "person-reveal": "staff-person-reveal",
    "person-revealed-320": "staff-person-revealed-320",
    "person-correct-320": "staff-person-correct-320",
    "person-erase": "staff-person-erase",
    "person-assist-320": "staff-person-assist-320",
    "person-assisted": "staff-person-assisted",
    "person-calls": "staff-person-calls",
    "list-key-made": "staff-list-key",
    "list-key-confirm": "staff-list-key-confirm",
    "list-not-for-writing": "staff-list-not-for-writing",
    "list-ask-320": "staff-list-ask-320",
    "list-approve": "staff-list-approve",
    "list-approve-320": "staff-list-approve-320",
    "list-release": "staff-list-release",
    "list-opened": "staff-list-opened",
    "list-account": "staff-list-account",
    "lists-in": "staff-lists-in",
    "list-columns": "staff-list-columns",
    "list-checked": "staff-list-checked",
    "list-checked-320": "staff-list-checked-320",
    "list-done": "staff-list-done",
    "list-notice": "staff-list-notice",
}
"""What the tests call a picture, and what it is called here."""


class Visitor:
    """Somebody who goes through the pages, and takes a picture of those that count."""

    def __init__(self, page: Page, url: str, people: People, language: Language) -> None:
        self.page = page
        self.url = url
        self.people = people
        self.scheme = people.scheme()
        self.says = catalogue.read(language)
        self.lang = "" if language is Language.ENGLISH else f"?lang={language}"

    def goes_to(self, path: str) -> None:
        self.page.goto(f"{self.url}{path}{self.lang}")

    def takes(self, name: str) -> None:
        self.page.screenshot(path=HERE / f"{name}.png", full_page=True)

    def presses(self, key: str) -> None:
        with self.page.expect_navigation():
            self.page.get_by_role("button", name=self.says(key), exact=True).click()

    def answers(self, question: str, *options: str, text: str | None = None) -> None:
        """One page of the form."""
        words = f"register.{question}"
        if text is not None:
            self.page.get_by_label(self.says(f"{words}.heading"), exact=True).fill(text)
        for option in options:
            self.page.get_by_label(self.says(f"{words}.{option}"), exact=True).check()
        self.presses("register.button")

    def looks_at_the_start(self) -> None:
        self.goes_to(f"/{self.scheme.slug}")
        self.takes("start-welsh")

    def registers_for_somebody_else(self, end: str) -> None:
        """Every question that a person may be asked; the names of the pictures end in `end`."""
        self.goes_to(f"/{self.scheme.slug}")
        self.takes(f"start{end}")
        self.presses("start.button")
        self.takes(f"who{end}")
        self.answers("who", "representative")
        self.takes(f"relationship{end}")
        self.answers("relationship", "estate")
        self.takes(f"how{end}")
        self.answers("how", "email", "sms", "letter", "phone")
        self.answers("email", text="not an address")
        self.takes(f"email-error{end}")
        self.answers("email", text="somebody.with-a-rather-long-address@an-organisation.example.org")
        self.takes(f"number{end}")
        self.answers("number", text="07700 900123")
        self.takes(f"name{end}")
        self.answers("name", text="Ada Example")
        self.answers("address", text="1 Example Street\nExampleton")
        self.takes(f"address-error{end}")
        self.answers("address", text="1 Example Street\nExampleton\nCF10 3NQ")
        self.takes(f"format{end}")
        self.answers("format", "large-print", "text-relay")
        self.takes(f"topics{end}")
        self.answers("topics", "all")
        self.takes(f"check{end}")
        self.presses("check.button")
        self.takes(f"done{end}")

    def confirms(self, end: str) -> None:
        """By the link of an email, and by the code of a letter."""
        language = self.page.locator("html").get_attribute("lang") or "en"
        registration = self.people.registration(self.scheme, language=language)
        token = self.people.link(self.scheme, registration, language=language)
        self.goes_to(f"/confirm/{token}")
        self.page.get_by_text(self.says("confirm.wrong"), exact=True).click()
        self.takes(f"confirm{end}")
        self.presses("confirm.button")
        self.takes(f"confirmed{end}")
        self.goes_to(f"/{self.scheme.slug}/code")
        self.page.get_by_label(self.says("code.number"), exact=True).fill("KI-7F3K-9QXM")
        self.page.get_by_label(self.says("code.of_letter"), exact=True).fill("4WPT 2HXA")
        self.presses("code.button")
        self.takes(f"code-error{end}")


def take(page: Page, url: str, people: People) -> None:
    """One picture a page, as a person meets them."""
    english = Visitor(page, url, people, Language.ENGLISH)
    english.registers_for_somebody_else("")
    english.confirms("")
    english.goes_to(f"/confirm/{people.link(english.scheme, None)}")
    english.takes("change")
    english.goes_to("/unsubscribe/an-unknown-link-gets-this-page-too")
    english.takes("unsubscribe")
    english.goes_to("/confirm/an-old-link")
    english.takes("gone")
    Visitor(page, url, people, Language.WELSH).looks_at_the_start()
    page.set_viewport_size({"width": 320, "height": 640})
    welsh = Visitor(page, url, people, Language.WELSH)
    welsh.registers_for_somebody_else("-welsh-320")
    welsh.confirms("-welsh-320")


def take_living(page: Page, url: str, people: People) -> None:
    """What people meet who are registered: their choices, leaving, being erased."""
    page.set_viewport_size({"width": 1000, "height": 800})
    scheme = people.scheme()
    _, token = people.managed(scheme)
    manage = f"/manage/{token}"
    for name, path in (
        ("manage", manage),
        ("manage-ways", f"{manage}/ways"),
        ("erase", f"{manage}/erase"),
        ("link", f"/{scheme.slug}/link"),
        ("bereavement", f"/{scheme.slug}/bereavement"),
    ):
        page.goto(f"{url}{path}")
        page.screenshot(path=HERE / f"{name}.png", full_page=True)
    for name, path, button in (
        ("takeover-error", f"{manage}/takeover", "Ask them to confirm"),
        ("left", "/unsubscribe/an-unknown-link-gets-this-page-too", "Leave"),
    ):
        page.goto(f"{url}{path}")
        page.get_by_role("button", name=button, exact=True).click()
        page.screenshot(path=HERE / f"{name}.png", full_page=True)
    page.set_viewport_size({"width": 320, "height": 640})
    page.goto(f"{url}{manage}?lang=cy")
    page.screenshot(path=HERE / "manage-welsh-320.png", full_page=True)


def take_reading(page: Page, url: str, people: People) -> None:
    """The pages that ask nothing: the archive, an update, and what has to be said."""
    scheme = people.scheme()
    launch = tomllib.loads(LAUNCH.read_text())["email"]
    update = people.published(scheme, launch, at=datetime(2027, 5, 4, 9, tzinfo=UTC))
    for day, english, welsh in EARLIER:
        words = {"en": {"subject": english, "body": "x"}, "cy": {"subject": welsh, "body": "x"}}
        people.published(scheme, words, at=day)
    for name, path, width in (
        ("archive", "updates", 1000),
        ("update", f"updates/{update}", 1000),
        ("update-welsh-320", f"updates/{update}?lang=cy", 320),
        ("privacy", "privacy", 1000),
        ("complaints", "complaints", 1000),
        ("help", "help", 1000),
    ):
        page.set_viewport_size({"width": width, "height": 800})
        page.goto(f"{url}/{scheme.slug}/{path}")
        page.screenshot(path=HERE / f"{name}.png", full_page=True)


def take_staff_pages() -> None:
    """The browser's tests of the staff pages take their pictures: they have updates that were really sent."""
    with tempfile.TemporaryDirectory() as taken:
        subprocess.run(  # noqa: S603 - the tests named above
            [sys.executable, "-m", "pytest", *STAFF_TESTS],
            cwd=HERE.parents[1],
            env={**os.environ, "KEPT_PICTURES": taken},
            check=True,
        )
        for name, shown_as in STAFF.items():
            shutil.copyfile(Path(taken) / f"{name}.png", HERE / f"{shown_as}.png")


@contextmanager
def servers() -> Iterator[tuple[Database, EmbeddedValkey]]:
    """A PostgreSQL and a Valkey that leave nothing behind."""
    with tempfile.TemporaryDirectory() as directory:
        postgres = EmbeddedPostgres(Path(directory) / "postgres", fast_and_loose=True)
        postgres.start()
        try:
            with EmbeddedValkey(Path(directory) / "valkey") as valkey:
                yield Database(Cluster.prepare(postgres), TEMPLATE), valkey
        finally:
            postgres.discard()


if __name__ == "__main__":
    with (
        servers() as (database, valkey),
        public_process(database, valkey) as serving,
        psycopg.connect(serving.superuser_url, autocommit=True) as connection,
        sync_playwright() as playwright,
    ):
        sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=sandbox)
        page = browser.new_page(viewport={"width": 1000, "height": 800})
        take(page, serving.url, People(connection))
        take_living(page, serving.url, People(connection))
        take_reading(page, serving.url, People(connection))
        browser.close()
    if "--public" not in sys.argv:
        take_staff_pages()
