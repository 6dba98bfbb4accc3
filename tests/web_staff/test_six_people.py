"""An update from its first word to its certificate, by the pages alone: six people, each in a browser.

Issue 5's path: a public list that two people agree on; words, checks and a test; sent back, put right by
somebody else; approved on a telephone by a senior who has to sign in once more; watched; certified.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import psycopg
import pytest
from playwright.async_api import Browser, Page, expect

from tests.harness.people import Service
from tests.web_staff.serving import StaffHost, workers_running
from tests.web_staff.test_in_a_browser import (  # noqa: F401 - fixtures
    NARROW,
    WIDE,
    check,
    chromium,
    pytestmark,
)
from workers import plan

PEOPLE = 7
BACK = "It opens on the 8th, not on the 1st."
TITLE = "When the scheme opens"
WORDS = {
    "English": ("The scheme opens soon", "You can apply from {day} June. The helpline is 0800 678 1925."),
    "Welsh": ("Mae’r cynllun yn agor yn fuan", "Gallwch wneud cais o {day} Mehefin: 0800 678 1925."),
}

Person = Callable[..., Awaitable[Page]]


@pytest.fixture
async def person(chromium: Browser, host: StaffHost) -> AsyncIterator[Person]:  # noqa: F811
    """Somebody in a browser of their own, who signs in at the issuer. Nothing may break the policy."""
    complaints: list[str] = []
    async with AsyncExitStack() as contexts:

        async def arrives(name: str, *, width: int = WIDE) -> Page:
            context = await chromium.new_context(
                base_url=str(host.http.base_url), viewport={"width": width, "height": 800}
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


async def test_six_people_bring_an_update_to_everyone_once(
    service: Service, host: StaffHost, person: Person, owner: psycopg.Connection[tuple[object, ...]]
) -> None:
    everybody = await service.people(PEOPLE)
    await plan.see_templates(service.worker)
    async with workers_running(service):
        await two_people_change_the_public_list(person)
        carys = await person("Carys Morgan")
        await carys.get_by_role("link", name="Updates", exact=True).click()
        await carys.get_by_role("button", name="Write an update").click()
        await writes(carys, day=1)
        await carys.get_by_role("button", name="Submit the update").click()
        await check(carys, "six-submitted")

        sandra = await person("Sandra Okafor")
        await finds(sandra)
        await sandra.get_by_label("What its author has to change").fill(BACK)
        await sandra.get_by_role("button", name="Send this update back").click()

        callum = await person("Callum Reid")
        await callum.get_by_role("link", name="Updates", exact=True).click()
        await callum.get_by_role("link", name=TITLE).click()
        await expect(callum.get_by_text(BACK).first).to_be_visible()
        await callum.goto(f"{callum.url.partition('?')[0]}/edit")
        await writes(callum, day=8)
        await callum.get_by_role("button", name="Submit the update").click()

        simon = await person("Simon Hughes", width=NARROW)
        await finds(simon)
        await expect(simon.locator("ins:not(.kept-sample)").first).to_contain_text("8")
        await check(simon, "six-approve-320")
        # He signed in this morning: it has to be he who presses the button now.
        owner.execute("UPDATE staff_sessions SET auth_time = auth_time - interval '1 hour'")
        owner.commit()
        await simon.get_by_role("button", name="Approve this update").click()
        await expect(simon.get_by_role("heading", name="Sign in to go on")).to_be_visible()
        await check(simon, "six-sign-in-again-320")
        # The issuer asked him a moment ago, and does not ask again.
        await simon.get_by_role("button", name="Sign in and go on").click()
        await expect(simon.get_by_role("heading", name="Go on with what you were doing")).to_be_visible()
        await check(simon, "six-held-320")
        await simon.get_by_role("button", name="Approve this update").click()
        await expect(simon.get_by_text("You approved this update.")).to_be_visible()

        ruth = await person("Ruth Abara")
        await ruth.get_by_role("link", name="Updates", exact=True).click()
        await ruth.get_by_role("link", name=TITLE).click()
        update = ruth.url.partition("?")[0]
        await ruth.goto(f"{update}/watch")
        await expect(ruth.locator("#figures")).to_contain_text(
            f"{PEOPLE} of {PEOPLE} handed over", timeout=30_000
        )
        await ruth.goto(f"{update}/certificate")
        await expect(ruth.get_by_role("heading", name=TITLE)).to_be_visible()

        await ruth.get_by_role("button", name="Sign out").click()
        await expect(ruth.get_by_role("heading", name="You are signed out")).to_be_visible()
        await check(ruth, "six-signed-out")
        await ruth.goto("/")
        await expect(ruth.get_by_role("button", name="Sign in")).to_be_visible()

    for each in everybody:
        subjects = [message["subject"] for message in service.notify.inbox(each)]
        assert sum(WORDS["English"][0] in subject for subject in subjects) == 1, subjects


async def two_people_change_the_public_list(person: Person) -> None:
    """An operator proposes a website, and a senior agrees."""
    operator = await person("Oscar Lindqvist")
    await operator.get_by_role("link", name="Schemes", exact=True).click()
    await operator.get_by_role("link", name="Windrush Compensation Scheme").click()
    await operator.get_by_label("Website that links may lead to").check()
    await operator.get_by_label("The address, number or website").fill("www.example.org")
    await operator.get_by_label("It goes onto the list").check()
    await operator.get_by_label("Why?").fill("The advice centre helps people apply")
    await operator.get_by_role("button", name="Propose this change").click()
    await expect(operator.get_by_text("Somebody else has to agree.")).to_be_visible()
    await check(operator, "six-scheme")
    await operator.set_viewport_size({"width": NARROW, "height": 800})
    await check(operator, "six-scheme-320")
    await operator.goto("/who-may-do-what")
    await check(operator, "six-who-may-do-what-320")
    await operator.goto("/schemes/windrush/edit")
    await check(operator, "six-scheme-edit-320")

    senior = await person("Sandra Okafor")
    await senior.goto("/schemes/windrush")
    await senior.get_by_role("button", name="Agree to this: Add: website").click()
    await expect(senior.get_by_text("Waiting for a second person")).to_have_count(0)


async def writes(page: Page, *, day: int) -> None:
    """Fill in the form, and go to the page that checks it."""
    await page.get_by_label("Title").fill(TITLE)
    for language, (subject, words) in WORDS.items():
        await page.get_by_label(f"Email in {language}: subject", exact=True).fill(subject)
        await page.get_by_label(f"Email in {language}: text", exact=True).fill(words.format(day=day))
    for label in ("People for themselves", "People for somebody else", "Organisations", "English", "Welsh"):
        await page.get_by_label(label, exact=True).check()
    await page.get_by_label("Everybody, whatever their topics").check()
    await page.get_by_role("button", name="Save and check").click()
    await expect(page.get_by_role("button", name="Submit the update")).to_be_visible()


async def finds(page: Page) -> None:
    """Go from the first page to what waits for this person."""
    for _ in range(50):
        link = page.get_by_role("link", name=TITLE)
        if await link.count():
            break
        await page.wait_for_timeout(200)
        await page.goto("/")
    await page.get_by_role("link", name=TITLE).first.click()
