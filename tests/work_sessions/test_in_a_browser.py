"""A work session of ten in Chromium: asked for, approved by a third person, worked through by two at once."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import pytest
from playwright.async_api import Browser, Page, expect

from tests.deliveries.looking import one_value, run_sql
from tests.web_staff.test_in_a_browser import (  # noqa: F401 - fixtures
    NARROW,
    WIDE,
    check,
    chromium,
    pytestmark,
)
from tests.work_sessions.working import REFERENCE, Desk

Person = Callable[..., Awaitable[Page]]
PEOPLE = 10


@pytest.fixture
async def person(chromium: Browser, desk: Desk) -> AsyncIterator[Person]:  # noqa: F811
    """Somebody in a browser of their own, who signs in at the issuer. Nothing may break the policy."""
    complaints: list[str] = []
    async with AsyncExitStack() as contexts:

        async def arrives(name: str, *, width: int = WIDE) -> Page:
            context = await chromium.new_context(
                base_url=str(desk.host.http.base_url), viewport={"width": width, "height": 800}
            )
            contexts.push_async_callback(context.close)
            page = await context.new_page()
            page.on("pageerror", lambda error: complaints.append(str(error)))
            await page.goto("/")
            await page.get_by_role("button", name="Sign in").click()
            await page.get_by_role("button", name=name).click()
            await expect(page.get_by_role("heading", name="Hello")).to_be_visible()
            return page

        yield arrives
    assert complaints == []


async def test_two_caseworkers_open_each_of_ten_people_exactly_once(desk: Desk, person: Person) -> None:
    people = await desk.to_ring(PEOPLE)
    update = await desk.sent()

    one = await person("Chandra Patel")
    await one.get_by_role("link", name="Work sessions", exact=True).click()
    await check(one, "work-none")
    await one.get_by_role("button", name="Ask for a work session").click()
    await check(one, "work-new")
    await one.get_by_label("Your reference").fill("Ring 07700 900123")
    await one.get_by_role("button", name="Ask for this work session").click()
    await expect(one.get_by_role("link", name="Choose the people")).to_be_visible()
    await check(one, "work-new-error")
    await one.get_by_label("People to call").check()
    await one.get_by_label("To call them and tell them the update").check()
    await one.get_by_label("Your reference").fill(REFERENCE)
    await one.get_by_role("button", name="Ask for this work session").click()
    await expect(one.get_by_text("Another person has to approve it.")).to_be_visible()
    session = one.url.partition("?")[0]
    await check(one, "work-asked")

    third = await person("Sandra Okafor", width=NARROW)
    await third.get_by_role("link", name="People to call").first.click()
    await expect(third.get_by_text(f"the details of {PEOPLE} people, one person at a time")).to_be_visible()
    await check(third, "work-approve-320")
    # She signed in this morning: it has to be she who presses the button now.
    run_sql(desk.database, "UPDATE staff_sessions SET auth_time = auth_time - interval '1 hour'")
    await third.get_by_role("button", name="Approve this work session").click()
    await third.get_by_role("button", name="Sign in and go on").click()
    await third.get_by_role("button", name="Approve this work session").click()
    await expect(third.get_by_text("You approved this work session.")).to_be_visible()

    other = await person("Ciara Byrne", width=NARROW)
    await one.goto(session)
    await other.goto(session)
    seen = await asyncio.gather(works(one, picture="work-person"), works(other, picture="work-person-320"))
    assert sorted(seen[0] + seen[1]) == sorted(f"Person {number} Quillfeather" for number in range(PEOPLE))
    assert all(seen)

    await one.goto(session)
    await expect(one.locator(".govuk-tag", has_text="Finished")).to_be_visible()
    await check(one, "work-done")
    await third.goto(f"{session}/openings")
    assert await third.get_by_text("Opened by demo-caseworker").count() == PEOPLE
    await check(third, "work-openings-320")
    assert desk.needs_met(update) == {(each.registration, "phone") for each in people}
    opened = one_value(desk.database, "SELECT count(DISTINCT item_id) FROM work_openings")
    assert opened == one_value(desk.database, "SELECT count(*) FROM work_openings") == PEOPLE


async def works(page: Page, *, picture: str) -> list[str]:
    """Open one person after the other, and tell each, until there is nobody left; whom they were."""
    seen: list[str] = []
    while True:
        await page.get_by_role("button", name="Open the next person").click()
        form = page.get_by_role("button", name="Keep what came of it")
        nobody = page.get_by_text("Nobody is due now.")
        await expect(form.or_(nobody)).to_be_visible()
        if await nobody.is_visible():
            return seen
        seen.append(await page.locator(".govuk-summary-list__value").first.inner_text())
        assert (await page.locator("a[href^='tel:+447']").count()) == 1
        if len(seen) == 1:
            await check(page, picture)
        await page.get_by_label("I told them what the update says").check()
        await form.click()
        await expect(page.get_by_text("What came of them is kept.")).to_be_visible()
        if not await page.get_by_role("button", name="Open the next person").is_visible():
            return seen
