"""Somebody rang: found, seen once, put right, erased; and somebody else registered. In Chromium."""

import re

import psycopg
from playwright.async_api import Page, expect

from tests.casework.office import number
from tests.deliveries.looking import one_value
from tests.harness.people import Service, somebody
from tests.harness.servers import Database
from tests.web_staff.serving import StaffHost, workers_running
from tests.web_staff.test_in_a_browser import NARROW, PICTURES, WIDE, check, chromium, pytestmark  # noqa: F401
from tests.web_staff.test_six_people import Person, person  # noqa: F401 - fixtures


async def both(page: Page, picture: str) -> None:
    """What holds on every page, on a narrow screen; and, where pictures are taken, on a wide one, too."""
    await page.set_viewport_size({"width": NARROW, "height": 800})
    await check(page, f"{picture}-320")
    await page.set_viewport_size({"width": WIDE, "height": 800})
    if PICTURES is not None:
        await check(page, picture)


async def finds(page: Page, what: str) -> None:
    await page.get_by_role("link", name="People", exact=True).click()
    await page.get_by_label("Email address, telephone number or registration number").fill(what)
    await page.get_by_role("button", name="Find").click()


async def test_somebody_who_rang_is_found_seen_once_put_right_and_erased(
    service: Service,
    host: StaffHost,
    database: Database,
    person: Person,  # noqa: F811
    owner: psycopg.Connection[tuple[object, ...]],
) -> None:
    address = await service.person(
        somebody("quill"),
        name="Ada Quill",
        mobile="07700 900432",
        postal_address="1 A Row\nTown\nSW1A 2AA",
        contact_by=["email", "sms", "letter"],
        formats=["large-print"],
    )
    await service.people(1)
    await service.approved()
    await service.send()
    told = str(one_value(database, "SELECT number FROM registrations ORDER BY created_at LIMIT 1"))
    async with workers_running(service):
        page = await person("Chandra Patel")
        await finds(page, "somebody@example.com")
        await expect(page.get_by_role("heading", name="Nobody was found")).to_be_visible()
        await finds(page, address)
        await expect(page.get_by_role("link", name=told)).to_be_visible()
        await both(page, "person-found")
        await page.get_by_role("link", name=told).click()
        await expect(page.get_by_role("link", name="A test")).to_be_visible()
        await both(page, "person-record")
        assert "Quill" not in await page.content()

        await page.get_by_role("button", name="See who this is").click()
        await page.get_by_label("Reference of the case").fill("ring 07700 900123")
        await page.get_by_role("button", name="See who this is").click()
        await expect(page.get_by_role("link", name="Select what you need their details for")).to_be_visible()
        await page.get_by_label("To ring or write back").check()
        await page.get_by_label("Reference of the case").fill("CASE 2027/0012")
        await both(page, "person-reveal")
        owner.execute("UPDATE staff_sessions SET auth_time = auth_time - interval '1 hour'")
        owner.commit()
        await page.get_by_role("button", name="See who this is").click()
        await page.get_by_role("button", name="Sign in and go on").click()
        await page.get_by_role("button", name="See who this is").click()
        await expect(page.get_by_text("Ada Quill").first).to_be_visible()
        await expect(page.get_by_text(address)).to_be_visible()
        await both(page, "person-revealed")
        # Neither loading it again nor going back shows it once more.
        await page.reload()
        await expect(page.get_by_text("This form was used: it shows details once.")).to_be_visible()
        await page.go_back()
        assert "Quill" not in await page.content()
        assert one_value(database, "SELECT count(*) FROM reveals") == 1

        await finds(page, told)
        await page.get_by_role("link", name=told).click()
        await expect(page.get_by_text("CASE 2027/0012")).to_be_visible()
        await page.get_by_role("link", name="Change what they get, or how").click()
        await page.get_by_label("Welsh").check()
        new = somebody("new")
        await page.get_by_label("Email address").fill("not an address")
        await page.get_by_role("button", name="Change this").click()
        await expect(page.get_by_role("link", name="Select how they asked")).to_be_visible()
        await both(page, "person-correct")
        await page.get_by_label("Email address").fill(new)
        await page.get_by_label("By telephone").check()
        await page.get_by_role("button", name="Change this").click()
        await expect(page.get_by_text("is asked to confirm it first")).to_be_visible()
        await expect(page.get_by_text("Waits for its holder to confirm it").first).to_be_visible()
        await service.send_confirmations()
        await service.confirm(new)

        await page.get_by_role("link", name="Have somebody else take it over").click()
        await both(page, "person-hand-on")
        await page.get_by_role("link", name="Back to the registration").click()
        await page.get_by_role("link", name=re.compile("^Close it")).click()
        await page.get_by_label("The person has died").check()
        await page.get_by_label("In person").check()
        await both(page, "person-close")
        await page.get_by_role("button", name="Close this registration").click()
        await expect(page.get_by_text("Nothing is sent to them any more.")).to_be_visible()

        await page.get_by_role("link", name=re.compile("^Erase everything")).click()
        await page.get_by_role("button", name="Erase everything").click()
        await expect(page.get_by_role("link", name="Select how they asked")).to_be_visible()
        await page.get_by_label("In a letter").check()
        await page.get_by_label("They asked for everything to be erased").check()
        await both(page, "person-erase")
        await page.get_by_role("button", name="Erase everything").click()
        await expect(page.get_by_text("Everything that was held of them is erased.")).to_be_visible()
        assert one_value(database, "SELECT count(*) FROM registrations WHERE number = %s", told) == 0


async def test_somebody_who_rang_is_registered_and_rung(
    service: Service,
    host: StaffHost,
    database: Database,
    person: Person,  # noqa: F811
) -> None:
    async with workers_running(service):
        page = await person("Chandra Patel")
        await page.get_by_role("link", name="People", exact=True).click()
        await page.get_by_role("link", name="Register somebody").click()
        await page.get_by_role("button", name="Register them").click()
        await expect(page.get_by_role("link", name="Select how they asked")).to_be_visible()
        await both(page, "person-assist")
        await page.get_by_label("By telephone").check()
        await page.get_by_label("A person, for themselves").check()
        await page.get_by_label("Telephone call", exact=True).check()
        await page.get_by_label("Telephone number").fill(number())
        await page.get_by_label("Name", exact=True).fill("Ada Quill")
        await page.locator("#topics").check()
        await page.get_by_label("I read this to them, and they agree").check()
        await page.get_by_role("button", name="Register them").click()
        await expect(page.get_by_role("heading", name="They are registered")).to_be_visible()
        await both(page, "person-assisted")
        told = str(one_value(database, "SELECT number FROM registrations"))
        await expect(page.get_by_text(told)).to_be_visible()

        await page.goto("/")
        await page.get_by_role("link", name="1 person to ring").click()
        await both(page, "person-calls")
        await page.get_by_role("button", name="I spoke to them").click()
        await expect(page.get_by_text("Nobody at the moment.")).to_be_visible()
        assert one_value(database, "SELECT state FROM registrations") == "confirmed"
