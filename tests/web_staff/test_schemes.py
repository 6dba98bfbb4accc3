"""Schemes on pages: an operator changes a scheme as its file would; its public list takes two people."""

import re
from html import unescape

from tests.web_staff.browsing import StaffBrowser, path_of
from tests.web_staff.serving import StaffHost

NEW = {"kind": "phone", "value": "020 7946 0000", "change": "add", "why": "The helpline has a second line"}


async def edited(browser: StaffBrowser, change: tuple[str, str]) -> dict[str, str]:
    """The form of the edit page, with one thing changed in the scheme's file."""
    page = (await browser.get("/schemes/windrush/edit")).text
    shown = re.search(r"<textarea[^>]*>(.*?)</textarea>", page, re.DOTALL)
    was = re.search(r'name="was" value="(\w+)"', page)
    assert shown is not None
    assert was is not None
    file = unescape(shown[1])
    assert change[0] in file
    return {"file": file.replace(*change), "was": was[1]}


async def test_an_operator_sees_what_a_new_file_changes_and_then_changes_it(browser: StaffBrowser) -> None:
    await browser.sign_in("operator")
    form = await edited(browser, ("Who can claim", "Who may claim"))

    seen = await browser.post("/schemes/windrush/edit", form)
    assert "Goes: </span>en = &#34;Who can claim&#34;" in seen.text
    assert "Comes: </span>en = &#34;Who may claim&#34;" in seen.text
    assert "Who may claim" not in (await browser.get("/schemes/windrush")).text

    done = await browser.post("/schemes/windrush/edit", {**form, "confirmed": "yes"})
    assert path_of(done) == "/schemes/windrush"
    assert "Who may claim" in (await browser.get("/schemes/windrush")).text

    # The page that was open before shows another scheme than there is now.
    late = await browser.post("/schemes/windrush/edit", {**form, "confirmed": "yes"})
    assert "Somebody else has changed the scheme meanwhile" in late.text


async def test_a_wrong_file_comes_back_as_it_was_typed_with_what_is_wrong(browser: StaffBrowser) -> None:
    await browser.sign_in("operator")
    for change, wrong in (
        (('slug = "windrush"', 'slug = "another"'), "slug: it has to stay windrush"),
        (('code = "evidence"', 'code = "other"'), "topics that the file leaves out: evidence"),
        (("open = true", "open = perhaps"), "it is not TOML"),
        (("800678", "abc"), "public_list.phones.0"),
    ):
        form = (
            await edited(browser, change)
            if "open" not in change[0]
            else {
                "file": "open = perhaps & <b>",
                "was": "x",
            }
        )
        answer = await browser.post("/schemes/windrush/edit", {**form, "confirmed": "yes"})
        assert (answer.status_code, wrong in unescape(answer.text)) == (422, True), wrong
        assert "<title>Error: " in answer.text
        assert form["file"].splitlines()[-1].strip() in unescape(answer.text)


async def test_the_public_list_changes_when_another_person_agrees(
    browser: StaffBrowser, host: StaffHost
) -> None:
    await browser.sign_in("senior")
    assert path_of(await browser.post("/schemes/windrush/public-list", NEW)) == "/schemes/windrush"
    page = await browser.get("/schemes/windrush")
    assert "Somebody else has to agree." in page.text
    found = re.search(r'action="(/schemes/windrush/public-list/[0-9a-f-]+)"', page.text)
    assert found is not None
    own = await browser.post(found[1], {"decision": "agree"})
    assert own.status_code == 403
    assert (await browser.post("/schemes/windrush/public-list", NEW)).status_code == 422

    await browser.sign_in("operator")
    assert "1 change to its public list waits" in (await browser.get("/schemes")).text
    assert "The helpline has a second line" in (await browser.get("/schemes/windrush")).text
    assert path_of(await browser.post(found[1], {"decision": "agree"})) == "/schemes/windrush"

    listed = (await browser.get("/schemes/windrush")).text
    assert "+442079460000" in listed
    assert "Waiting for a second person" not in listed
    acts = [each["event"] for each in (await host.call("dpo", "GET", "/v1/audit")).json()["events"]]
    assert [(each["act"], each["actor"]) for each in acts if each["act"].startswith("public-list")] == [
        ("public-list-proposed", "demo-senior"),
        ("public-list-decided", "demo-operator"),
    ]
    assert "7946" not in str(acts)


async def test_a_proposal_that_breaks_a_rule_names_each_field_and_keeps_what_was_typed(
    browser: StaffBrowser,
) -> None:
    await browser.sign_in("operator")

    answer = await browser.post("/schemes/windrush/public-list", {"value": "not a number", "kind": "phone"})

    assert answer.status_code == 422
    personal = await browser.post("/schemes/windrush/public-list", {**NEW, "why": "Ring 07700 900123"})
    assert (personal.status_code, 'href="#why"' in personal.text) == (422, True)
    for link in ('href="#change"', 'href="#why"', 'href="#value"', 'value="not a number"'):
        assert link in answer.text
