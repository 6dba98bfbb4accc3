"""Lists in Chromium: made for a key that never leaves a browser, opened there, and nothing sent back."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from urllib.parse import unquote_plus
from uuid import uuid4

import pyrage
import pytest
from playwright.async_api import Browser, Page, Request, expect

from service.exports.columns import Column
from service.exports.csv_lines import header, line
from tests.exports.test_age_layers import with_the_guide
from tests.harness.people import Service
from tests.web_staff.serving import StaffHost
from tests.web_staff.test_in_a_browser import (  # noqa: F401 - fixtures
    NARROW,
    WIDE,
    Open,
    check,
    chromium,
    opened,
)
from tests.web_staff.test_in_a_browser import (
    pytestmark as in_a_browser,
)
from tests.web_staff.test_list_pages import FINGERPRINT
from tests.web_staff.test_six_people import Person, person  # noqa: F401 - a fixture
from workers import exporting, releasing
from workers.age_layers import write_nested

pytestmark = [*in_a_browser, pytest.mark.early, pytest.mark.timeout(300)]

CASE = "MATCH/2027-09"
COLUMNS = (Column.NUMBER, Column.NAME, Column.POSTAL_ADDRESS, Column.MOBILE)


def a_list(rows: int, *, theirs: str, release: str) -> bytes:
    """A list of made-up people, in its two layers."""
    lines = [header(COLUMNS)]
    for number in range(rows):
        values = {
            Column.NUMBER: f"KI-{number:04}-TEST",
            Column.NAME: f'Ŵil "No {number}" Example',
            Column.POSTAL_ADDRESS: f"={number}+1 Example Street\nCardiff\nCF10 1AA",
            Column.MOBILE: f"+447700900{100 + number % 11:03}",
        }
        lines.append(line(COLUMNS, values, uuid4()))
    put: list[bytes] = []
    write_nested(iter(lines), inner=release, outer=theirs, put=put.append)
    return b"".join(put)


async def test_a_list_opens_with_both_keys_in_the_page_and_nothing_is_sent(
    host: StaffHost,
    opened: Open,  # noqa: F811
    chromium: Browser,  # noqa: F811
    tmp_path: Path,
) -> None:
    theirs, release, other = (pyrage.x25519.Identity.generate() for _ in range(3))
    files = {
        "list": a_list(1234, theirs=str(theirs.to_public()), release=str(release.to_public())),
        "others": a_list(1, theirs=str(theirs.to_public()), release=str(other.to_public())),
        "key": f"# created by age-keygen\n{theirs}\n".encode(),
        "wrong-key": f"{other}\n".encode(),
        "no-key": b"Nothing",
    }
    at = {name: tmp_path / name for name in files}
    for name, data in files.items():
        at[name].write_bytes(data)
    released = pyrage.encrypt(f"{release}\n".encode(), [theirs.to_public()], armored=True).decode()

    page = await opened("/lists/open", by="caseworker", width=NARROW)
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url))
    for given, problem in (
        ({}, "Choose the list that you downloaded"),
        ({"list": "list"}, "Choose the file with your key"),
        ({"key": "key"}, "Paste the release key of this list"),
        ({"release-key": "AGE"}, "The release key begins with -----BEGIN AGE ENCRYPTED FILE-----"),
        ({"key": "no-key", "release-key": released}, "This file has no key in it"),
        ({"key": "wrong-key"}, "This key is not the one that the list was made for"),
        ({"key": "key", "list": "others"}, "This release key is of another list"),
    ):
        for name, value in given.items():
            if name == "release-key":
                await page.locator("#release-key").fill(value)
            else:
                await page.locator(f"#{name}").set_input_files(at[value])
        await page.get_by_role("button", name="Open the list").click()
        await expect(page.get_by_role("alert")).to_contain_text(problem)
    await check(page, "list-open-wrong-320")

    await page.locator("#list").set_input_files(at["list"])
    await page.get_by_role("button", name="Open the list").click()
    await expect(page.locator("#count")).to_have_text("1,234 rows. The first 50 are shown.")
    await expect(page.get_by_role("alert")).to_be_hidden()
    await expect(page.locator("#rows tr").first).to_contain_text("'=0+1 Example Street")
    await page.get_by_label("Find in the list").fill("no 1233")
    await expect(page.locator("#count")).to_have_text("1 of 1,234 rows.")
    await expect(page.locator("#rows")).to_contain_text('Ŵil "No 1233" Example')
    await check(page, "list-opened-320")
    async with page.expect_download() as saving:
        await page.get_by_role("button", name="Save as CSV").click()
    await (await saving.value).save_as(tmp_path / "saved")
    assert (tmp_path / "saved").read_bytes() == pyrage.decrypt(
        pyrage.decrypt(files["list"], [theirs]), [release]
    )
    # On a busy machine the page's icon comes last of all.
    elsewhere = {url for url in sent if not url.startswith("blob:")} - {
        f"{host.http.base_url}/assets/icon.svg"
    }
    assert elsewhere == set()
    await cannot_send(chromium, host)


async def test_four_people_let_a_list_out_and_its_holder_opens_it_once(
    service: Service,
    host: StaffHost,
    person: Person,  # noqa: F811
    tmp_path: Path,
) -> None:
    """Enrol, confirm, ask, approve, download, release, open; then a second download is refused."""
    names = [f"Somebody {made_up} Example" for made_up in ("Angharad", "Bronwen", "Cerys")]
    for name in names:
        await service.people(1, name=name)

    chandra = await person("Chandra Patel")
    sent = everything_sent_by(chandra)
    await chandra.get_by_role("link", name="Lists out", exact=True).click()
    await expect(chandra.get_by_role("heading", name="Lists out", exact=True)).to_be_visible()
    await check(chandra, "lists-none")
    await chandra.get_by_role("link", name="Keys for lists").click()
    async with chandra.expect_download() as making:
        await chandra.get_by_role("button", name="Make a key and save it").click()
    await (await making.value).save_as(tmp_path / "my-list-key.txt")
    await expect(chandra.locator("#told")).to_contain_text("Its public half stands below")
    await check(chandra, "list-key-made")
    await chandra.get_by_role("button", name="Enrol this key").click()
    fingerprint = await chandra.get_by_text(FINGERPRINT).inner_text()
    await check(chandra, "list-key-waits")

    dilys = await person("Dilys Price")
    await dilys.get_by_role("link", name="1 key waits to be confirmed").click()
    await expect(dilys.get_by_text(fingerprint)).to_have_count(0)
    label = "The fingerprint that they read to you (demo-caseworker)"
    await dilys.get_by_label(label, exact=True).fill(fingerprint.replace("-", " "))
    await check(dilys, "list-key-confirm")
    await dilys.get_by_role("button", name="Confirm this key").click()
    await expect(dilys.get_by_text(fingerprint)).to_be_visible()

    await asks(chandra)
    page_of_list = chandra.url
    sandra = await person("Sandra Okafor", width=NARROW)
    await sandra.get_by_role("link", name=CASE).click()
    await expect(sandra.get_by_role("button", name="Approve this list")).to_be_visible()
    await check(sandra, "list-approve-320")
    await sandra.set_viewport_size({"width": WIDE, "height": 800})
    await check(sandra, "list-approve")
    await sandra.get_by_role("button", name="Approve this list").click()
    await expect(sandra.get_by_text("A worker is making it.")).to_be_visible()
    await exporting.build_lists(service.worker)

    await chandra.goto("/")
    await chandra.get_by_role("link", name=CASE).click()
    await expect(chandra.get_by_role("button", name="Download this list")).to_be_visible()
    await check(chandra, "list-ready")
    async with chandra.expect_download() as downloading:
        await chandra.get_by_role("button", name="Download this list").click()
    await (await downloading.value).save_as(tmp_path / "list.csv.age.age")
    await chandra.get_by_role("link", name="go on to open it").click()
    await expect(chandra.get_by_role("button", name="Hand me the key, and open it")).to_be_visible()
    await check(chandra, "list-release")
    async with keys_handed_over(service):
        await chandra.get_by_role("button", name="Hand me the key, and open it").click()
        await expect(chandra.get_by_role("heading", name="Open a list")).to_be_visible(timeout=15_000)
    await chandra.locator("#list").set_input_files(tmp_path / "list.csv.age.age")
    await chandra.locator("#key").set_input_files(tmp_path / "my-list-key.txt")
    await check(chandra, "list-open")
    released = await chandra.locator("#release-key").input_value()
    await chandra.get_by_role("button", name="Open the list").click()
    # The three, and two who do not exist.
    await expect(chandra.locator("#count")).to_have_text("5 rows.")
    for name in names:
        await expect(chandra.locator("#rows")).to_contain_text(name)
    await check(chandra, "list-opened")
    async with chandra.expect_download() as saving:
        await chandra.get_by_role("button", name="Save as CSV").click()
    await (await saving.value).save_as(tmp_path / "list.csv")
    plain = (tmp_path / "list.csv").read_bytes()
    assert plain.startswith(b'"number","name","email","export"\r\n')
    key = pyrage.x25519.Identity.from_str((tmp_path / "my-list-key.txt").read_text().splitlines()[-1])
    release = pyrage.decrypt(released.encode(), [key]).decode().strip()
    outer = pyrage.decrypt((tmp_path / "list.csv.age.age").read_bytes(), [key])
    assert pyrage.decrypt(outer, [pyrage.x25519.Identity.from_str(release)]) == plain
    if shutil.which("age"):  # Check 24 says aloud where there is none.
        (tmp_path / "release.age").write_text(released)
        assert with_the_guide(tmp_path) == plain

    # Her browser sent her public key, and nothing of what it opened.
    assert len(sent) > 10
    for secret in (str(key).removeprefix("AGE-SECRET-KEY-1"), release, *names, released.splitlines()[2]):
        assert [each for each in sent if secret.lower() in each.lower()] == []

    await chandra.goto(page_of_list)
    await expect(chandra.get_by_role("button", name="Download this list")).to_have_count(0)
    csrf = await chandra.locator("input[name=csrf]").first.get_attribute("value")
    again = await chandra.request.post(f"{page_of_list}/file", form={"csrf": csrf or ""})
    assert again.status == 410
    assert "Ask for a new one" in await again.text()

    ruth = await person("Ruth Abara")
    await ruth.goto(page_of_list)
    await expect(ruth.get_by_text("demo-caseworker, since")).to_be_visible()
    await check(ruth, "list-account")


async def cannot_send(browser: Browser, host: StaffHost) -> None:
    """The page that opens lists could send nothing if a script of it tried. (Others can.)"""
    context = await browser.new_context(
        base_url=str(host.http.base_url),
        extra_http_headers={"Authorization": f"Bearer {host.tokens.of('caseworker')}"},
    )
    page = await context.new_page()
    asking = "fetch('/health/live').then(() => 'sent', () => 'refused')"
    for path, answer in (("/lists/keys", "sent"), ("/lists/open", "refused")):
        await page.goto(path)
        assert await page.evaluate(asking) == answer
    await context.close()


async def asks(page: Page) -> None:
    """Ask for a list; not for writing to people."""
    await page.goto("/lists")
    await page.get_by_role("link", name="Ask for a list: Windrush Compensation Scheme").click()
    await page.get_by_label("Writing to people").check()
    await page.get_by_label("Reference").fill(CASE)
    for column in ("Registration number", "Name", "Email address"):
        await page.get_by_label(column, exact=True).check()
    await page.get_by_label("How many people at most?").fill("10")
    await page.get_by_role("button", name="Ask for this list").click()
    await expect(page.get_by_text("A list is never for writing to people.")).to_be_visible()
    await check(page, "list-not-for-writing")
    await page.get_by_label("Matching cases with another service").check()
    await page.get_by_role("button", name="Count the people").click()
    await expect(page.get_by_text("3 people are meant now.")).to_be_visible()
    await check(page, "list-ask")
    await page.set_viewport_size({"width": NARROW, "height": 800})
    await check(page, "list-ask-320")
    await page.set_viewport_size({"width": WIDE, "height": 800})
    await page.get_by_role("button", name="Ask for this list").click()
    await expect(page.get_by_text("You asked for it, so somebody else has to decide")).to_be_visible()


def everything_sent_by(page: Page) -> list[str]:
    """Address, headers and body of each request of this browser's, as they are sent."""
    sent: list[str] = []

    def keep(request: Request) -> None:
        body = request.post_data_buffer or b""
        sent.append(unquote_plus(f"{request.url} {request.headers} {body.decode('utf-8', 'replace')}"))

    page.context.on("request", keep)
    return sent


@asynccontextmanager
async def keys_handed_over(service: Service) -> AsyncIterator[None]:
    """Workers answer whoever asks for the key of a list."""

    async def answer() -> None:
        while True:
            await releasing.hand_over_keys(service.worker)
            await asyncio.sleep(0.05)

    task = asyncio.create_task(answer())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
