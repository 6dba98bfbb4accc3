"""Lists in Chromium: made for a key that never leaves a browser, opened there, and nothing sent back."""

from pathlib import Path
from uuid import uuid4

import pyrage
from playwright.async_api import Browser, expect

from service.exports.columns import Column
from service.exports.csv_lines import header, line
from tests.web_staff.serving import StaffHost
from tests.web_staff.test_in_a_browser import (  # noqa: F401 - fixtures
    NARROW,
    WIDE,
    Open,
    check,
    chromium,
    opened,
    pytestmark,
)
from workers.age_layers import write_nested

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
    assert [url for url in sent if not url.startswith("blob:")] == []


async def test_the_page_that_opens_lists_could_not_send_anything_if_it_tried(
    host: StaffHost,
    chromium: Browser,  # noqa: F811
) -> None:
    context = await chromium.new_context(
        base_url=str(host.http.base_url),
        extra_http_headers={"Authorization": f"Bearer {host.tokens.of('caseworker')}"},
    )
    page = await context.new_page()
    asks = "fetch('/health/live').then(() => 'sent', () => 'refused')"
    for path, answer in (("/lists/keys", "sent"), ("/lists/open", "refused")):
        await page.goto(path)
        assert await page.evaluate(asks) == answer
    await context.close()
