"""The pages of deciding and watching in Chromium: on any screen, with figures that change by themselves."""

import psycopg
from playwright.async_api import expect

from tests.deliveries.certifying import receipt
from tests.harness.people import Service
from tests.harness.servers import Database
from tests.updates.words import bilingual, body
from tests.web_staff.serving import StaffHost, decision
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
* The scheme opens on {day} June

averyveryverylongwordthatnobodywouldwritebutsomebodypastesandthathastobebrokenonasmallscreen"""


async def test_deciding_can_be_done_on_any_screen(
    service: Service,
    host: StaffHost,
    opened: Open,  # noqa: F811
    owner: psycopg.Connection[tuple[object, ...]],
) -> None:
    people = await service.people(3)
    await plan.see_templates(service.worker)
    text = {"en": "It opens on 8 June.", "cy": "Mae’n agor ar 8 Mehefin."}
    shown = await host.submitted(service, body(title=TITLE, email=bilingual(WORDS.format(day=1)), sms=text))
    update = shown["id"]
    back = decision(shown, decision="send_back", comment="It opens on the 8th, not on the 1st.")
    await host.call("senior", "POST", f"/v1/updates/{update}/approval", json=back)
    owner.execute("INSERT INTO incidents VALUES (gen_random_uuid(), 'guard', gen_random_uuid(), now())")
    for width, name in ((WIDE, "{}"), (NARROW, "{}-320")):
        page = await opened(f"/updates/{update}", by="comms", width=width)
        await check(page, name.format("overview"))

    changed = {"email": bilingual(WORDS.format(day=8))}
    await host.call("comms", "PATCH", f"/v1/updates/{update}", json=changed)
    said = {"reasons": {"link-elsewhere": "It is the site of the advice centre that helps people apply."}}
    answer = await host.call("comms", "POST", f"/v1/updates/{update}/submission", json=said)
    assert answer.status_code == 202, answer.text
    await plan.plan_updates(service.worker)
    hold = {"reason": "A wrong list was uploaded to GOV.UK Notify by hand", "scope": "bulk"}
    await host.call("operator", "POST", "/v1/holds", json=hold)
    assert len(people) == 3

    for width, name in ((WIDE, "{}"), (NARROW, "{}-320")):
        page = await opened("/", by="senior", width=width)
        await check(page, name.format("home"))
        await page.goto("/holds")
        await check(page, name.format("holds"))
        await page.goto("/me")
        await check(page, name.format("me"))
        await page.goto(f"/updates/{update}/approve")
        await check(page, name.format("approve"))
    await page.get_by_label("Urgently").check()
    await page.get_by_role("button", name="Approve this update").click()
    await expect(page.get_by_role("link", name="Enter why it cannot wait for the usual time")).to_be_visible()
    await check(page, "approve-error-320")
    await page.get_by_label("Why it cannot wait, if it is urgent").fill("It is in the news already.")
    await page.get_by_role("button", name="Approve this update").click()
    await expect(page.get_by_text("You approved this update.")).to_be_visible()
    await check(page, "approved-320")


async def test_whoever_watches_sees_it_leave_and_stop_without_loading_the_page_again(
    service: Service,
    host: StaffHost,
    database: Database,
    opened: Open,  # noqa: F811
) -> None:
    people = await service.people(8)
    await plan.see_templates(service.worker)
    update = await host.approved(service, body(title=TITLE))
    page = await opened(f"/updates/{update}/watch", by="comms")
    figures = page.locator("#figures")
    await expect(figures).to_contain_text("0 of 8 handed over")
    await page.get_by_label("Why (you do not have to say)").fill("A wrong date")

    await service.send()
    await expect(figures).to_contain_text("8 of 8 handed over", timeout=30_000)
    await figures.get_by_text("The same as a table").click()
    for person, status in zip(people, ["delivered"] * 5 + ["permanent-failure"] * 2, strict=False):
        await receipt(service, database, person, status)
    await expect(figures).to_contain_text("Came back: the address does not exist", timeout=30_000)
    # What somebody had opened stays open, and what they had typed is not lost.
    await expect(figures.get_by_role("region", name="Over time, as a table")).to_be_visible()
    await expect(page.get_by_label("Why (you do not have to say)")).to_have_value("A wrong date")
    await check(page, "watch")

    narrow = await opened(f"/updates/{update}/watch", by="comms", width=NARROW)
    await check(narrow, "watch-320")
