"""The pages of lists by a browser without script: keys, asking, deciding."""

import re
from html import unescape
from typing import Any

import httpx
import psycopg
import pyrage

from service.exports import keys
from service.staff.roles import Role
from tests.harness.people import Service, now, staff
from tests.updates.directory import Directory
from tests.web_staff.browsing import HIDDEN, StaffBrowser, path_of
from tests.web_staff.serving import StaffHost
from tests.web_staff.test_deciding_pages import words

KEYS = "/lists/keys"
ASK = "/lists/new/windrush"
WANTED: dict[str, Any] = {
    "purpose": "call-back",
    "reference": "CASE/2027-17",
    "columns": ["number", "name", "mobile"],
    "kinds": ["individual"],
    "languages": ["en", "cy"],
    "topics": ["any"],
    "row_cap": "10",
    "do": "ask",
}
FINGERPRINT = re.compile(r"(?:[0-9a-f]{4}-){7}[0-9a-f]{4}")


def recipient() -> str:
    return str(pyrage.x25519.Identity.generate().to_public())


async def send(browser: StaffBrowser, path: str, form: dict[str, Any]) -> Any:
    return await browser.http.post(path, data={"csrf": await browser.csrf(), **form})


async def test_a_key_is_enrolled_by_its_holder_and_confirmed_by_somebody_who_was_read_its_fingerprint(
    host: StaffHost, browser: StaffBrowser
) -> None:
    await browser.sign_in("caseworker")
    for typed, said in (
        ("age1nobody", "one line of 62 characters that begins with age1"),
        (str(pyrage.x25519.Identity.generate()), "This is the secret half of a key"),
    ):
        refused = await send(browser, KEYS, {"recipient": typed})
        assert refused.status_code == 422
        assert said in words(refused.text)
        assert typed not in refused.text
    assert path_of(await send(browser, KEYS, {"recipient": recipient()})) == KEYS
    own = await browser.get(KEYS)
    fingerprints = FINGERPRINT.findall(own.text)
    assert len(fingerprints) == 1
    assert "/confirmation" not in own.text
    assert "You need a key first" in words((await browser.get(ASK)).text)

    await browser.sign_in("dpo")
    assert "1 key waits to be confirmed" in words((await browser.get("/")).text)
    waits = await browser.get(KEYS)
    # It is read aloud by its holder: whoever confirms it must not be able to copy it from the page.
    assert fingerprints[0] not in waits.text
    (confirming,) = re.findall(r'action="(/lists/keys/[^"]+/confirmation)"', waits.text)
    other = await browser.press(waits, confirming, fingerprint="0000 " * 8)
    assert (other.status_code, "not that of this key" in words(other.text)) == (422, True)
    said = fingerprints[0].replace("-", " ").upper()
    assert path_of(await browser.press(waits, confirming, fingerprint=said)) == KEYS
    assert "Confirmed By demo-dpo" in words((await browser.get(KEYS)).text)


async def test_a_list_is_asked_for_and_another_person_reads_what_they_decide(
    service: Service,
    host: StaffHost,
    browser: StaffBrowser,
    directory: Directory,
    owner: psycopg.Connection[tuple[Any, ...]],
) -> None:
    directory.people(3)
    directory.person(kind="organisation")
    await enrolled(service)
    await browser.sign_in("caseworker")

    counted = await send(browser, ASK, {**WANTED, "do": "count"})
    assert "3 people are meant now." in words(counted.text)
    empty = await send(browser, ASK, {"do": "ask"})
    assert empty.status_code == 422
    for said in ("what the list is for", "the columns that the purpose needs", "from 1 to 1,000,000"):
        assert said in words(empty.text)
    for change, said in (
        ({"purpose": "messaging"}, "A list is never for writing to people. Write an update instead."),
        ({"reference": "ring 07700 900123"}, "no address or telephone number in it"),
        ({"row_cap": "2"}, "3 people are meant now."),
    ):
        refused = await send(browser, ASK, {**WANTED, **change})
        assert refused.status_code == 422
        assert said in words(refused.text)
    # Who signed in this morning proves it once more, and asks for the very same.
    owner.execute("UPDATE staff_sessions SET auth_time = auth_time - interval '1 hour'")
    assert (await send(browser, ASK, WANTED)).status_code == 401
    await browser.sign_in("caseworker", "/sign-in?again=true&next=/held")
    asked = fields_of(await browser.get("/held"))
    assert asked["columns"] == WANTED["columns"]
    path = path_of(await browser.http.post(ASK, data=asked))
    own = await browser.get(path)
    assert "somebody else has to decide: a senior approver" in words(own.text)
    assert "/approval" not in own.text
    for act in ("file", "release"):
        assert (await send(browser, f"{path}/{act}", {})).status_code == 409
    await browser.sign_in("caseworker2")
    for act in ("file", "release"):
        assert (await send(browser, f"{path}/{act}", {})).status_code == 404

    await browser.sign_in("dpo")
    assert "A senior approver has to decide about it." in words((await browser.get(path)).text)
    assert path not in (await browser.get("/")).text

    await browser.sign_in("senior")
    assert path in (await browser.get("/")).text
    page = await browser.get(path)
    text = words(page.text)
    for said in (
        "3 people, each with: registration number, name and mobile number.",
        "Asked for by demo-caseworker",
        "Reference CASE/2027-17",
        "Who they are People for themselves Language English, Welsh Topics All",
        "confirmed by demo-senior2",
        "no copy of it can be taken back",
    ):
        assert said in text, text
    stale = await browser.press(page, f"{path}/approval", request_sha256="0" * 64)
    assert (stale.status_code, "Read the request again" in words(stale.text)) == (409, True)
    assert path_of(await browser.press(page, f"{path}/approval")) == path
    after = words((await browser.get(path)).text)
    assert "A worker is making it." in after
    assert "Who could have opened it Nobody so far." in after

    # Revoked meanwhile: what was approved was approved for that very key.
    await browser.sign_in("caseworker")
    own_keys = await browser.get(KEYS)
    (revoking,) = re.findall(r'action="(/lists/keys/[^"]+/revocation)"', own_keys.text)
    await browser.press(own_keys, revoking)
    void = words((await browser.get(path)).text)
    assert "There is no list. The key that it was asked for was replaced or revoked." in void
    assert "Nobody. Its key was never handed over, and cannot be any more." in void


def fields_of(page: httpx.Response) -> dict[str, list[str]]:
    """What the page's last form carries."""
    fields: dict[str, list[str]] = {}
    for name, value in HIDDEN.findall(page.text.rpartition("<form")[2]):
        fields.setdefault(name, []).append(unescape(value))
    return fields


async def enrolled(service: Service, *, by: str = "caseworker", key: str | None = None) -> None:
    """A confirmed key of a caseworker's."""
    async with service.staff.begin() as tx:
        waits = await keys.enrol(tx, staff(f"demo-{by}", Role.CASEWORKER), key or recipient(), now=now())
        await keys.confirm(tx, staff("demo-senior2", Role.SENIOR), waits.id, waits.fingerprint, now=now())
