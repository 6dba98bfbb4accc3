"""The sign-in page in a real browser: it is accessible, and its policy lets the form lead back."""

import shutil
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, sync_playwright

from tests.demo_issuer.browser import Browser
from tests.demo_issuer.running import REDIRECT_URI, RunningIssuer

CHROMIUM = shutil.which("chromium")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine"),
]


@pytest.fixture
def page() -> Iterator[Page]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium.new_page()
        chromium.close()


def _sign_in_url(issuer: RunningIssuer, browser: Browser) -> str:
    return f"{issuer.url}/authorize?{urlencode(browser.request(state='a&b=<c>'))}"


def test_a_button_leads_back_to_the_service(page: Page, issuer: RunningIssuer, browser: Browser) -> None:
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.goto(_sign_in_url(issuer, browser))

    with page.expect_request(lambda request: request.url.startswith(f"{REDIRECT_URI}?code=")) as sent:
        page.get_by_role("button", name="(senior2)").click(no_wait_after=True)

    assert sent.value.url.endswith("&state=a%26b%3D%3Cc%3E")
    assert [text for text in complaints if "Content Security Policy" in text] == []


def test_the_page_has_no_accessibility_violation(page: Page, issuer: RunningIssuer, browser: Browser) -> None:
    page.goto(_sign_in_url(issuer, browser))

    # The page's own policy runs no script, axe included; the browser's inspector is let past it.
    found = Axe().run(page)

    assert found.violations_count == 0, found.generate_report()
