"""Takes the pictures of the pages in this folder: `python docs/pictures/take.py`.

Needs Chromium at /usr/bin/chromium, and the development and embedded extras.
"""

import os
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


def take(page: Page, url: str, people: People) -> None:
    """One picture a page, as a person meets them."""
    scheme = people.scheme()

    def picture(name: str) -> None:
        page.screenshot(path=HERE / f"{name}.png", full_page=True)

    page.goto(f"{url}/{scheme.slug}")
    picture("start")
    page.get_by_role("button", name="Start now").click()
    picture("email")
    page.get_by_role("button", name="Continue").click()
    picture("email-error")
    page.get_by_label("What is your email address?").fill("ada.lovelace@example.org")
    page.get_by_role("button", name="Continue").click()
    picture("check")
    page.get_by_role("button", name="Agree and register").click()
    picture("done")
    page.goto(f"{url}/confirm/{people.link(scheme, people.registration(scheme))}")
    picture("confirm")
    page.get_by_role("button", name="Confirm").click()
    picture("confirmed")
    page.goto(f"{url}/confirm/{people.link(scheme, None)}")
    picture("change")
    page.goto(f"{url}/unsubscribe/an-unknown-link-gets-this-page-too")
    picture("unsubscribe")
    page.get_by_role("button", name="Leave").click()
    picture("left")
    _, manage = people.managed(scheme, kind="organisation")
    page.goto(f"{url}/manage/{manage}")
    picture("manage")
    page.goto(f"{url}/manage/{manage}/ways")
    picture("manage-ways")
    page.goto(f"{url}/manage/{manage}/takeover")
    page.get_by_role("button", name="Ask them to confirm").click()
    picture("takeover-error")
    page.goto(f"{url}/manage/{manage}/erase")
    picture("erase")
    page.goto(f"{url}/{scheme.slug}/link")
    picture("link")
    page.goto(f"{url}/{scheme.slug}/bereavement")
    picture("bereavement")
    page.goto(f"{url}/confirm/an-old-link")
    picture("gone")
    page.goto(f"{url}/{scheme.slug}?lang=cy")
    picture("start-welsh")
    page.set_viewport_size({"width": 320, "height": 640})
    page.goto(f"{url}/manage/{manage}?lang=cy")
    picture("manage-welsh-320")
    page.goto(f"{url}/{scheme.slug}/register/email")
    page.get_by_label("What is your email address?").fill(
        "somebody.with-a-rather-long-address@an-organisation.example.org"
    )
    page.get_by_role("button", name="Continue").click()
    picture("check-320")


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
    """The browser's test of the certificate takes its picture: it has a real update that was really sent."""
    subprocess.run(
        [sys.executable, "-m", "pytest", "tests/web_staff/test_in_a_browser.py", "-k", "real_certificate"],
        cwd=HERE.parents[1],
        env={**os.environ, "KEPT_PICTURES": str(HERE)},
        check=True,
    )


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
        take_reading(page, serving.url, People(connection))
        browser.close()
    take_staff_pages()
