"""The staff pages in Chromium, signed in by the bearer token that a program sends."""

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import psycopg
import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, async_playwright

from service.updates.halting import WHAT_TO_DO, Why
from tests.deliveries.certifying import receipt
from tests.harness.people import Service
from tests.harness.servers import Database
from tests.updates.words import body
from tests.web_staff.routes import SOME_ID
from tests.web_staff.serving import StaffHost, workers_running
from workers import plan

CHROMIUM = Path("/usr/bin/chromium")
PICTURES = os.environ.get("KEPT_PICTURES")
"""Where `docs/pictures/take.py` wants a picture of each page; None in a test run."""

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"there is no Chromium at {CHROMIUM}"),
]

NARROW, WIDE = 320, 1000
TITLE = "Applications for the second phase of the scheme open on 1 June"

Open = Callable[..., Awaitable[Page]]


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=sandbox)
        yield browser
        await browser.close()


@pytest.fixture
async def opened(chromium: Browser, host: StaffHost) -> AsyncIterator[Open]:
    """Opens a page as one of the demo's people. At the end: nothing broke the policy, no script failed."""
    complaints: list[str] = []
    async with AsyncExitStack() as contexts:

        async def opens(path: str, *, by: str | None = "reviewer", width: int = WIDE) -> Page:
            context = await chromium.new_context(
                base_url=str(host.http.base_url),
                viewport={"width": width, "height": 800},
                extra_http_headers={"Authorization": f"Bearer {host.tokens.of(by)}"} if by else {},
            )
            contexts.push_async_callback(context.close)
            page = await context.new_page()
            page.on("pageerror", lambda error: complaints.append(str(error)))
            page.on(
                "console",
                lambda message: (
                    complaints.append(message.text)
                    if message.type == "error" and "status of 4" not in message.text
                    else None
                ),
            )
            await page.goto(path)
            return page

        yield opens
    assert complaints == []


async def check(page: Page, picture: str) -> None:
    """What holds on every page: it is in its brand, it fits, and axe finds nothing."""
    assert await page.evaluate("getComputedStyle(document.querySelector('h1')).fontFamily") == (
        "Arial, sans-serif"
    )
    widths: list[int] = await page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    assert widths[0] <= widths[1], "it has to be scrolled sideways"
    found = await Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    if PICTURES is not None:
        await page.screenshot(path=Path(PICTURES) / f"{picture}.png", full_page=True)


async def sent(service: Service, host: StaffHost, database: Database) -> str:
    """An update to eight people, most of whom have had it."""
    people = await service.people(8)
    await plan.see_templates(service.worker)
    update = await host.approved(service, body(title=TITLE))
    await service.send()
    for person in people[:5]:
        await receipt(service, database, person, "delivered")
    await receipt(service, database, people[5], "permanent-failure")
    await receipt(service, database, people[6], "temporary-failure")
    return update


async def test_a_real_certificate_can_be_read_on_any_screen(
    service: Service, host: StaffHost, database: Database, opened: Open
) -> None:
    update = await sent(service, host, database)

    async with workers_running(service):
        for width, picture in ((WIDE, "certificate"), (NARROW, "certificate-320")):
            page = await opened(f"/updates/{update}/certificate", width=width)
            assert await page.locator("h1").inner_text() == TITLE
            for outcome, count in (("Delivered", "5"), ("All messages that were planned", "8")):
                row = page.get_by_role("row").filter(
                    has=page.get_by_role("rowheader", name=outcome, exact=True)
                )
                assert await row.locator("td").inner_text() == count
            await check(page, picture)

        await page.get_by_role("link", name="This certificate as JSON").click()
        assert '"planned":8' in await page.content()


async def test_one_that_is_halted_with_a_duplicate_can_be_read_on_any_screen(
    service: Service,
    host: StaffHost,
    opened: Open,
    owner: psycopg.Connection[tuple[object, ...]],
) -> None:
    await service.people(2)
    await plan.see_templates(service.worker)
    update = await host.approved(service, body(title=TITLE))
    owner.execute("INSERT INTO duplicates SELECT gen_random_uuid(), id, now() FROM deliveries LIMIT 1")
    owner.execute("UPDATE updates SET state = 'halted', halted_why = %s", [WHAT_TO_DO[Why.GUARD]])

    async with workers_running(service):
        for width in (WIDE, NARROW):
            page = await opened(f"/updates/{update}/certificate", width=width)
            await page.get_by_role("region", name="Halted").wait_for()
            assert await page.get_by_text("1 message was sent twice.").first.is_visible()
            await check(page, f"certificate-halted-{width}")


async def test_the_other_pages_can_be_read_on_a_narrow_screen(
    service: Service, host: StaffHost, opened: Open
) -> None:
    await service.people(2)
    await plan.see_templates(service.worker)
    update = await host.approved(service, body(title=TITLE))

    for by, path, heading, picture in (
        ("comms", f"/updates/{update}/certificate", TITLE, "no-certificate"),
        ("comms", f"/updates/{SOME_ID}/certificate", "Page not found", "staff-not-found"),
        (None, "/", "Kept Informed for staff", "staff-signed-out"),
    ):
        page = await opened(path, by=by, width=NARROW)
        assert await page.locator("h1").inner_text() == heading
        await check(page, picture)
