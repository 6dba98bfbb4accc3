"""A list comes in by the pages alone: handed in, looked through, brought in, and its notice sent."""

import asyncio
from typing import Any

import httpx
import psycopg
from playwright.async_api import Page, expect

from tests.harness.people import Service, somebody
from tests.harness.servers import Database
from tests.imports.lists import rows_of, xlsx_of
from tests.web_staff.serving import StaffHost, workers_running
from tests.web_staff.test_in_a_browser import NARROW, check, chromium, pytestmark  # noqa: F401 - fixtures
from tests.web_staff.test_six_people import Person, person  # noqa: F401 - a fixture
from workers import plan

CALLED = "HR/2019 register"
SUBJECT = "We have added you to our list"


async def test_a_list_is_brought_in_and_everybody_in_it_is_told_once(
    service: Service,
    host: StaffHost,
    person: Person,  # noqa: F811
    owner: psycopg.Connection[tuple[object, ...]],
    database: Database,
) -> None:
    known, new = await service.person(), [somebody() for _ in range(3)]
    await plan.see_templates(service.worker)
    data = xlsx_of(
        (
            "People",
            '<cols><col min="4" max="4" hidden="1" width="9"/></cols>'
            + rows_of(
                ["Email", "Full name", "Language", "Notes"],
                *([each, "Mary Example", "Welsh" if each == new[2] else "", "private"] for each in new),
                [known, "", "", ""],
                [new[0], "Twice", "", ""],
                ["=A2", "", "", ""],
                ["nobody", "", "", ""],
            ),
        ),
        ("Old", rows_of(["Email"], [somebody()])),
        hidden=["Old"],
    )
    async with workers_running(service):
        chandra = await person("Chandra Patel")
        await hands_in(chandra, data)
        await says_columns(chandra)
        await expect(chandra.get_by_role("heading", name="Bring in 3 people?")).to_be_visible(timeout=60_000)
        await check(chandra, "list-checked")
        await chandra.set_viewport_size({"width": NARROW, "height": 800})
        await check(chandra, "list-checked-320")
        shown = await chandra.content()
        assert not any(each in shown for each in [*new, known, "Mary", "private"])
        # She signed in this morning: it has to be she who presses the button now.
        owner.execute("UPDATE staff_sessions SET auth_time = auth_time - interval '1 hour'")
        owner.commit()
        await chandra.get_by_role("button", name="Bring in 3 people").click()
        await chandra.get_by_role("button", name="Sign in and go on").click()
        await chandra.get_by_role("button", name="Bring in 3 people").click()
        await looked_at_until(chandra, "This list was brought in")
        await chandra.set_viewport_size({"width": 1000, "height": 800})
        await check(chandra, "list-done")
        assert [service.notify.inbox(each) for each in new] == [[], [], []]

        carys = await person("Carys Morgan")
        await carys.get_by_role("link", name=CALLED).click()
        await expect(
            carys.get_by_role("heading", name="Tell 3 people that they are on our list?")
        ).to_be_visible()
        await check(carys, "list-notice")
        await carys.get_by_role("button", name="Begin the notice").click()
        await expect(carys.get_by_label("Those of a list that was brought in")).to_be_checked()
        await carys.get_by_role("button", name="Save and check").click()
        await carys.get_by_role("button", name="Submit the update").click()

        sandra = await person("Sandra Okafor")
        for _ in range(100):
            link = sandra.get_by_role("link", name=f"Notice to people from a list: {CALLED}")
            if await link.count():
                break
            await sandra.wait_for_timeout(200)
            await sandra.goto("/")
        await link.first.click()
        await sandra.get_by_role("button", name="Approve this update").click()
        await expect(sandra.get_by_text("You approved this update.")).to_be_visible()

        await chandra.goto(chandra.url)
        await looked_at_until(chandra, "Everybody has been told")

    for each in new:
        subjects = [message["subject"] for message in service.notify.inbox(each)]
        welsh = each == new[2]
        assert len(subjects) == 1, subjects
        assert subjects[0].startswith("Rydym wedi" if welsh else SUBJECT)
    assert not [m for m in service.notify.inbox(known) if m["subject"].startswith(SUBJECT)]


async def hands_in(page: Page, data: bytes) -> None:
    await page.get_by_role("link", name="Lists in").click()
    await check(page, "lists-in")
    await page.get_by_role("button", name="Hand in this list").click()
    await expect(page.get_by_role("heading", name="There is a problem")).to_be_visible()
    await page.get_by_label("What the list is called where it was kept").fill(CALLED)
    await page.get_by_label("The file").set_input_files(
        {"name": "list.xlsx", "mimeType": "application/octet-stream", "buffer": data}
    )
    await page.get_by_role("button", name="Hand in this list").click()


async def says_columns(page: Page) -> None:
    await looked_at_until(page, "What the columns are")
    await expect(page.get_by_label("Column A: Email")).to_have_value("email")
    await expect(page.get_by_label("Column B: Full name")).to_have_value("name")
    await expect(page.get_by_label("Column C: Language")).to_have_value("language")
    await expect(page.get_by_label("Column D: Notes")).to_have_value("")
    await expect(page.get_by_text("1 column is hidden")).to_be_visible()
    await expect(page.get_by_text("1 sheet is hidden")).to_be_visible()
    await page.get_by_role("button", name="See what would happen").click()
    await expect(page.get_by_role("link", name="Choose the topics that they hear about")).to_be_visible()
    await page.get_by_label("Who can claim").check()
    await check(page, "list-columns")
    await page.get_by_role("button", name="See what would happen").click()


async def looked_at_until(page: Page, words: str) -> None:
    """Look again until the page says this: the workers are slow on a busy machine."""
    for _ in range(60):
        if await page.get_by_text(words).count():
            return
        await page.wait_for_timeout(500)
        await page.reload()
    raise AssertionError(f"it never said: {words}: {await page.locator('main').inner_text()}")


async def test_a_program_hands_a_list_in_and_reads_its_account(
    service: Service, host: StaffHost, database: Database
) -> None:
    new = somebody()
    file = f"Email;Iaith\r\n{new};Cymraeg\r\nJoão@exämple;\r\n".encode("cp1252")

    async def call(method: str, path: str, **more: Any) -> httpx.Response:
        return await host.call("caseworker", method, path, **more)

    refused: tuple[tuple[dict[str, Any], int], ...] = (
        ({"files": {"file": ("x", file)}, "data": {"reference": new}}, 422),
        ({"files": {"file": ("x", b"")}, "data": {"reference": CALLED}}, 422),
        ({"json": {"file": "x"}}, 422),
        ({"files": {"file": ("x", b"x" * (31 * 1024 * 1024))}, "data": {"reference": CALLED}}, 413),
    )
    for wrong, status in refused:
        answer = await call("POST", "/v1/schemes/windrush/imports", **wrong)
        assert answer.status_code == status, answer.text
        assert new not in answer.text
    async with workers_running(service):
        handed = await call(
            "POST",
            "/v1/schemes/windrush/imports",
            files={"file": ("x.csv", file)},
            data={"reference": CALLED},
        )
        assert handed.status_code == 201, handed.text
        at = f"/v1/imports/{handed.json()['id']}"
        seen = await until(host, at, "read")
        assert [each["guess"] for each in seen["file"]["sheets"][0]["columns"]] == ["email", "language"]
        assert [each["code"] for each in seen["file"]["findings"]] == ["not-utf-8"]
        wrong_topic = {"columns": {"email": [0], "language": [7]}, "topics": ["none"]}
        answer = await call("POST", f"{at}/columns", json=wrong_topic)
        assert {each["field"] for each in answer.json()["errors"]} == {"columns.language", "topics"}
        said = {"columns": {"email": [0], "language": [1]}, "topics": ["eligibility"]}
        assert (await call("POST", f"{at}/columns", json=said)).status_code == 200
        checked = await until(host, at, "checked")
        assert checked["counts"]["verdicts"]["new"] == 1
        assert (await call("GET", f"{at}/rows")).text.splitlines() == [
            "line,verdict,duplicate_of,field,rule",
            "2,new,,,",
            "3,unusable,,email,not-an-address",
        ]
        assert (await call("POST", f"{at}/commit", json={"new": 2})).status_code == 409
        assert (await call("POST", f"{at}/commit", json={"new": 1})).status_code == 200
        await until(host, at, "done")
    assert (await host.call("comms", "GET", at)).status_code == 403


async def until(host: StaffHost, at: str, state: str) -> dict[str, Any]:
    for _ in range(200):
        shown = (await host.call("caseworker", "GET", at)).json()
        if shown["state"] == state:
            return dict(shown)
        await asyncio.sleep(0.2)
    raise AssertionError(f"it stayed {shown['state']}")
