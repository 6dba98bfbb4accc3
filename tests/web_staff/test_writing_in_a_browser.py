"""The pages of writing in Chromium: on any screen, with script, and nothing that axe objects to."""

from playwright.async_api import expect

from tests.harness.people import Service
from tests.updates.directory import Directory
from tests.updates.words import bilingual, body
from tests.web_staff.serving import StaffHost
from tests.web_staff.test_in_a_browser import (  # noqa: F401 - fixtures
    NARROW,
    TITLE,
    WIDE,
    Open,
    check,
    chromium,
    opened,
    pytestmark,
)
from workers import plan

WORDS = """# What changes

Read the [guidance](https://www.example.org/guidance-with-an-address-that-is-longer-than-a-narrow-screen).

* Nothing has to be done now
* Nobody has to apply again

^ The helpline is free.

averyveryverylongwordthatnobodywouldwritebutsomebodypastesandthathastobebrokenonasmallscreen"""


async def test_the_pages_of_writing_can_be_read_on_any_screen_and_follow_what_is_typed(
    service: Service,
    host: StaffHost,
    directory: Directory,
    opened: Open,  # noqa: F811
) -> None:
    directory.people(3)
    await plan.see_templates(service.worker)
    text = {"en": "Applications open on 1 June.", "cy": "Ceisiadau ar agor ar 1 Mehefin."}
    drafted = await host.drafted(
        body(title=TITLE, email=bilingual(WORDS), sms=text, audience={"languages": ["en"]})
    )
    path = f"/updates/{drafted['id']}"

    for width, name in ((WIDE, "{}"), (NARROW, "{}-320")):
        page = await opened("/updates", by="comms", width=width)
        await check(page, name.format("staff-updates"))
        await page.goto(f"{path}/check")
        await check(page, name.format("staff-check"))
        await page.goto(f"{path}/edit")
        await check(page, name.format("staff-write"))

    page = await opened(f"{path}/edit", by="comms")
    await page.get_by_label("Email in English: text", exact=True).fill("# Quite another heading")
    await expect(page.locator("#seen-email-en h2")).to_have_text("Quite another heading")
    await page.get_by_label("Text message in Welsh").fill("Ŵ" * 200)
    await expect(page.locator("#seen-sms-cy")).to_contain_text("200 of 612 characters")
    await expect(page.locator("#people-said")).to_have_text("3 people would be told now.")
    await page.get_by_label("People for themselves").uncheck()
    await expect(page.locator("#people-said")).to_have_text("0 people would be told now.")
    await check(page, "staff-write-typed")

    assert (await host.call("comms2", "PATCH", f"/v1{path}", json={"title": "Theirs"})).status_code == 200
    await page.get_by_role("button", name="Save", exact=True).click()
    await page.get_by_role("heading", name="Somebody else has saved this update").wait_for()
    await check(page, "staff-both-versions")
    await page.set_viewport_size({"width": NARROW, "height": 800})
    await check(page, "staff-both-versions-320")
    await page.get_by_role("button", name="Put both together").click()
    await page.get_by_text("What the other version says").first.wait_for()
    await page.get_by_label("At a time").check()
    await page.get_by_role("button", name="Save", exact=True).click()
    await page.get_by_role("link", name="The date needs a day").click()
    await expect(page.get_by_label("Day")).to_be_focused()
    await check(page, "staff-write-error-320")
