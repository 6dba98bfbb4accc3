"""A real browser for the public pages, and what has to hold on each of them."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Playwright, sync_playwright

from tests.web_public.serving import Serving

CHROMIUM = Path("/usr/bin/chromium")

NEEDED = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"there is no Chromium at {CHROMIUM}"),
]
"""The marks of a module that needs it."""

NARROW, WIDE = 320, 1280

Open = Callable[..., Page]


@contextmanager
def launched(playwright: Playwright) -> Iterator[Browser]:
    """Chromium, for as long as the block."""
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=sandbox)
    yield browser
    browser.close()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    # For this module alone: Playwright's loop would stand in the way of the asynchronous tests.
    with sync_playwright() as playwright, launched(playwright) as browser:
        yield browser


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


def press(page: Page, button: str) -> None:
    """Press a button, and wait for the page that it leads to."""
    with page.expect_navigation():
        page.get_by_role("button", name=button, exact=True).click()
