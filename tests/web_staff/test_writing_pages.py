"""Writing, checking and submitting an update by the pages alone, without script."""

import re
from collections.abc import Mapping
from datetime import timedelta
from html import unescape
from typing import Any
from uuid import uuid4

import httpx
import pytest

from service.clock import LONDON
from tests.harness.people import Service, now
from tests.harness.servers import Database
from tests.updates.directory import Directory
from tests.web_staff.browsing import StaffBrowser, path_of
from tests.web_staff.serving import StaffHost, workers_running
from workers import plan

NEW = "/schemes/windrush/updates/new"
WRITTEN: Mapping[str, Any] = {
    "title": "Applications open",
    "email-en-subject": "Applications open",
    "email-en-body": "# From 1 June\n\nRead the [guidance](https://www.gov.uk/windrush).",
    "email-cy-subject": "Ceisiadau ar agor",
    "email-cy-body": "# O 1 Mehefin\n\nDarllenwch y canllawiau.",
    "who": "rule",
    "kinds": ["individual", "organisation", "representative"],
    "languages": ["en", "cy"],
    "topics": ["any"],
    "when": "now",
    "answers": "scheme",
    "publish": "yes",
}


@pytest.fixture
async def comms(service: Service, browser: StaffBrowser) -> StaffBrowser:
    """A browser that somebody of communications is signed in with."""
    await plan.see_templates(service.worker)
    await browser.sign_in("comms")
    return browser


async def send(
    browser: StaffBrowser, path: str, fields: Mapping[str, Any] = WRITTEN, **changes: Any
) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in changes.items()}
    return await browser.http.post(path, data={"csrf": await browser.csrf(), **fields, **named})


async def saved(browser: StaffBrowser, **changes: Any) -> str:
    """A new draft; where it can be changed."""
    answer = await send(browser, NEW, **changes)
    assert answer.status_code == 303, summary(answer)
    assert path_of(answer).endswith("/edit?done=saved")
    return path_of(answer).partition("?")[0]


def inputs(page: httpx.Response, name: str) -> list[dict[str, str]]:
    """The attributes of each input of this name."""
    tags = re.findall(r"<input[^>]*>", page.text)
    found = [dict(re.findall(r'([\w-]+)(?:="([^"]*)")?', tag)) for tag in tags]
    return [each for each in found if each.get("name") == name]


def value(page: httpx.Response, name: str) -> str:
    """What stands in an input or a text of a page."""
    text = re.search(rf'<textarea[^>]* name="{name}"[^>]*>(.*?)</textarea>', page.text, re.DOTALL)
    typed = [each.get("value", "") for each in inputs(page, name)]
    return unescape(text[1] if text else "".join(typed))


def ticked(page: httpx.Response, name: str) -> list[str]:
    return [each["value"] for each in inputs(page, name) if "checked" in each]


def summary(page: httpx.Response) -> list[tuple[str, str]]:
    """The error summary: where each leads, and its words."""
    found = re.search(r"govuk-error-summary.*?</ul>", page.text, re.DOTALL)
    return [
        (where, unescape(words.strip()))
        for where, words in re.findall(r'<a href="#([^"]*)">(.*?)</a>', found[0] if found else "", re.DOTALL)
    ]


def words_of(page: httpx.Response) -> str:
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.text)))


async def test_an_update_is_written_checked_and_submitted(
    service: Service, comms: StaffBrowser, directory: Directory, host: StaffHost
) -> None:
    directory.people(3)
    blank = await comms.get(NEW)
    assert ticked(blank, "kinds") == ["individual", "representative", "organisation"]
    assert ticked(blank, "languages") == ["en", "cy"]
    assert "3 people would be told now." in blank.text

    path = await saved(comms)
    page = await comms.get(f"{path}?done=saved")
    assert "Saved." in page.text
    for name in ("title", "email-en-subject", "email-en-body", "email-cy-body"):
        assert value(page, name) == WRITTEN[name]
    assert '<h2 class="govuk-heading-m">From 1 June</h2>' in page.text
    assert "To stop, open this link" in page.text
    assert "I roi’r gorau iddi" in page.text

    answer = await send(comms, path, then="check", version="1", sms_en="Applications open.")
    assert path_of(answer) == path.replace("edit", "check")
    check = await comms.get(path_of(answer))
    assert "There are no words here yet." in check.text, "a text in English alone"
    assert "Text message in Welsh" in check.text
    refused = await send(comms, path.replace("edit", "submit"), {}, version="2")
    assert refused.status_code == 422
    assert "<title>Error: Check" in refused.text
    assert [where for where, _ in summary(refused)] == ["finding-0"]

    answer = await send(comms, path, version="2", then="check")
    check = await comms.get(path_of(answer))
    assert "Nothing is in the way." in check.text
    assert "Email in Welsh" in check.text
    assert "It costs nothing" in check.text
    done = await send(comms, path.replace("edit", "submit"), {}, version=value(check, "version"))
    assert path_of(done) == path.replace("/edit", "?done=submitted")
    await plan.plan_updates(service.worker)

    update = path.split("/")[2]
    shown = await host.shown(update)
    assert (shown["state"], shown["planned"]) == ("awaiting_approval", 3)
    assert "It has been submitted already." in (await comms.get(path.replace("edit", "check"))).text
    assert "When you save a change it becomes a draft again" in (await comms.get(path)).text


async def test_whatever_is_there_is_kept_and_what_cannot_be_read_is_kept_on_the_page(
    service: Service, comms: StaffBrowser
) -> None:
    nothing = {"who": "rule", "when": "now", "answers": "scheme", "publish": "no"}
    path = path_of(await send(comms, NEW, nothing)).partition("?")[0]
    page = await comms.get(path)
    assert (value(page, "title"), ticked(page, "kinds"), ticked(page, "publish")) == ("", [], ["no"])
    assert "Nobody is chosen yet." in page.text
    check = await comms.get(path.replace("edit", "check"))
    assert "Nobody is chosen." in check.text

    refused = await send(
        comms,
        path,
        version="1",
        email_en_subject="x" * 301,
        topics=["any", "eligibility"],
        when="at",
        send_at_day="31",
        send_at_month="2",
        send_at_year="2027",
        answers="other",
        reply_to="not an id",
    )
    assert refused.status_code == 422
    assert [where for where, _ in summary(refused)] == [
        "email-en-subject",
        "topics",
        "send-at-day",
        "reply-to",
    ]
    assert value(refused, "email-en-subject") == "x" * 301
    assert value(refused, "email-cy-body") == WRITTEN["email-cy-body"]
    assert value(refused, "send-at-month") == "2"
    assert value(await comms.get(path), "email-en-subject") == "", "nothing of it was saved"


async def test_a_time_is_londons_and_a_wrong_one_is_said(
    service: Service, comms: StaffBrowser, host: StaffHost
) -> None:
    def at(day: str, time: str, **more: str) -> dict[str, Any]:
        parts = dict(zip(("send_at_year", "send_at_month", "send_at_day"), day.split("-"), strict=True))
        return {"when": "at", **parts, "send_at_time": time, **more}

    path = await saved(comms, **at("2027-07-01", "9.30am"))
    shown = await host.shown(path.split("/")[2])
    assert shown["send_at"] == "2027-07-01T08:30:00Z"
    page = await comms.get(path)
    assert [value(page, f"send-at-{part}") for part in ("day", "month", "year", "time")] == [
        "1",
        "7",
        "2027",
        "09:30",
    ]

    for wrong, where, words in (
        (at("2027-03-28", "01:30"), "send-at-time", "none of them shows this time"),
        (at("2027-10-31", "01:30"), "which", "this time comes twice"),
        (at("2027-07-01", "9"), "send-at-time", "am or pm"),
        (at("2027-07-01", "25:00"), "send-at-time", "a real time"),
        (at("2027--1", "9am"), "send-at-month", "needs a month"),
    ):
        refused = await send(comms, path, version="1", **wrong)
        assert [each for each, _ in summary(refused)] == [where], wrong
        assert words in summary(refused)[0][1]

    twice = await send(comms, path, version="1", **at("2027-10-31", "01:30", which="second"))
    assert twice.status_code == 303
    assert (await host.shown(path.split("/")[2]))["send_at"] == "2027-10-31T01:30:00Z"

    yesterday = (now() - timedelta(days=1)).astimezone(LONDON)
    await send(comms, path, version="2", **at(f"{yesterday:%Y-%m-%d}", "12:00"))
    page = await comms.get(path)
    assert summary(page) == [("send-at-day", "When it leaves: It is in the past")]
    assert "It is in the past" in (await comms.get(path.replace("edit", "check"))).text
    refused = await send(comms, path.replace("edit", "submit"), {}, version="3")
    assert (refused.status_code, [where for where, _ in summary(refused)]) == (422, ["finding-send_at"])


async def test_a_few_people_are_named_by_their_numbers_which_are_not_shown_again(
    service: Service, comms: StaffBrowser, directory: Directory, host: StaffHost
) -> None:
    directory.people(3)
    numbers = [f"KI-7F3K-9QX{letter}" for letter in "JKM"]
    for number in numbers:
        directory.connection.execute(
            "UPDATE registrations SET number = %s WHERE id = "
            "(SELECT id FROM registrations WHERE number NOT LIKE 'KI-%%' LIMIT 1)",
            [number],
        )

    refused = await send(comms, NEW, who="listed", numbers=f"{numbers[0]}\nKI-0000-0000\n\nnobody")
    assert summary(refused) == [("numbers", "Nobody is registered under the number on lines 2, 4")]
    assert value(refused, "numbers").startswith(numbers[0])

    path = await saved(comms, who="listed", numbers=f"{numbers[0]}\r\n{numbers[2].lower()}\r\n")
    page = await comms.get(path)
    assert numbers[0] not in page.text
    assert "2 on the list that was saved" in page.text
    assert "2 people would be told now." in page.text
    first = (await host.shown(path.split("/")[2]))["audience"]

    # Nothing typed: the list stays as it was.
    await send(comms, path, version="1", who="listed", list_from="1", title="Other words")
    shown = await host.shown(path.split("/")[2])
    assert (shown["title"], shown["audience"]) == ("Other words", first)


async def test_of_two_who_save_at_once_the_second_sees_both_and_chooses(
    service: Service, comms: StaffBrowser, host: StaffHost, issuer: Any
) -> None:
    path = await saved(comms)
    update = path.split("/")[2]
    async with StaffBrowser(comms.host, comms.issuer) as other:
        await other.sign_in("comms2")
        assert (
            await send(other, path, version="1", email_en_body="Theirs.\n\nAll of it.")
        ).status_code == 303

    again = await send(comms, path, version="1", title="My title")
    assert "Who it is for" not in again.text, "it is the same in both"
    both = await send(comms, path, version="1", email_en_body="Mine.", title="My title", kinds=["individual"])
    assert both.status_code == 409
    assert "demo-comms2 saved it on" in both.text
    said = words_of(both)
    for words in ("Mine.", "Theirs. All of it.", "My title", "People for themselves; English, Welsh"):
        assert words in said
    assert "Email in English: subject" not in both.text.partition("What to keep")[0], "it is the same in both"
    assert (await host.shown(update))["title"] == WRITTEN["title"], "nothing of mine is saved yet"

    forms = re.findall(r"<form method=\"post\".*?</form>", both.text.partition("<main")[2], re.DOTALL)
    together, mine = (_fields(form) for form in forms)
    page = await comms.http.post(path, data=together)
    assert page.status_code == 200
    assert value(page, "email-en-body") == "Mine."
    assert "Theirs." in page.text
    assert value(page, "version") == "2"

    answer = await comms.http.post(path, data=mine)
    assert answer.status_code == 303
    shown = await host.shown(update)
    assert (shown["email"]["en"]["body"], shown["title"]) == ("Mine.", "My title")
    assert shown["audience"]["kinds"] == ["individual"]


def _fields(form: str) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for name, typed in re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', form):
        fields.setdefault(name, []).append(unescape(typed))
    for name, typed in re.findall(r'<textarea name="([^"]+)" hidden>\n?(.*?)</textarea>', form, re.DOTALL):
        fields[name] = unescape(typed)
    return fields


async def test_reasons_are_asked_for_kept_where_they_are_refused_and_read_by_the_approver(
    service: Service, comms: StaffBrowser, directory: Directory, host: StaffHost
) -> None:
    directory.people(2)
    path = await saved(comms, languages=["en"], email_en_body="Read https://www.example.org/form.")
    check = await comms.get(path.replace("edit", "check"))
    names = [unescape(name) for name in re.findall(r'name="(reason:[^"]+)"', check.text)]
    assert names == ["reason:language-left-out@audience.cy", "reason:link-elsewhere@email.en.body, line 1"]
    assert "People who chose Welsh get nothing of it." in check.text
    submit = path.replace("edit", "submit")

    refused = await send(comms, submit, {names[0]: "Ask 07700 900123", names[1]: "Their form."}, version="1")
    assert refused.status_code == 422
    assert len(summary(refused)) == 1
    assert value(refused, re.escape(names[1])) == "Their form."

    done = await send(
        comms, submit, {names[0]: "It is only in English.", names[1]: "Their form."}, version="1"
    )
    assert done.status_code == 303
    findings = (await host.shown(path.split("/")[2]))["findings"]
    assert [finding["reason"] for finding in findings] == ["It is only in English.", "Their form."]


async def test_an_address_that_is_not_public_is_not_kept_and_is_in_the_way(
    service: Service, comms: StaffBrowser
) -> None:
    path = await saved(comms, email_en_body="Write to somebody@example.com.")
    page = await comms.get(path)
    assert "somebody@example.com" not in page.text
    check = await comms.get(path.replace("edit", "check"))
    assert "is not on the scheme's public list" in unescape(check.text)
    assert f'{path}#email-en-body"' in check.text


async def test_what_nobody_would_get_cannot_be_submitted(
    service: Service, comms: StaffBrowser, directory: Directory, host: StaffHost
) -> None:
    directory.people(1)
    path = await saved(comms, kinds=["organisation"])
    check = await comms.get(path.replace("edit", "check"))
    assert "0 people would be told now." in check.text
    refused = await send(comms, path.replace("edit", "submit"), {}, version="1")
    assert (refused.status_code, [where for where, _ in summary(refused)]) == (422, ["finding-audience"])
    assert (await host.shown(path.split("/")[2]))["state"] == "draft"


async def test_what_people_see_and_how_many_they_are_comes_without_saving(
    service: Service, comms: StaffBrowser, directory: Directory
) -> None:
    directory.people(2)
    typed = {**WRITTEN, "sms-en": "Ŵ" * 60, "csrf": await comms.csrf()}

    preview = (await comms.http.post("/schemes/windrush/updates/preview", data=typed)).json()
    assert '<h2 class="govuk-heading-m">From 1 June</h2>' in preview["seen-email-en"]
    assert "60 of 612 characters. With how to leave, it is sent as 3 texts" in preview["seen-sms-en"]
    counted = (await comms.http.post("/schemes/windrush/updates/count", data=typed)).json()
    assert counted["people-said"] == "2 people would be told now."
    assert "People for themselves: 2" in counted["people"]
    nobody = {**typed, "kinds": []}
    counted = (await comms.http.post("/schemes/windrush/updates/count", data=nobody)).json()
    assert counted["people-said"] == "Nobody is chosen yet."

    hostile = {**typed, "email-en-body": "<script>alert(1)</script> [x](javascript:alert(1))"}
    preview = (await comms.http.post("/schemes/windrush/updates/preview", data=hostile)).json()
    assert "<script" not in preview["seen-email-en"]
    assert "javascript:" not in re.findall(r'href="([^"]*)', preview["seen-email-en"])

    page = await comms.http.post(NEW, data={**typed, "then": "preview"})
    assert page.status_code == 200
    assert "sent as 3 texts" in page.text
    assert "There is no update yet." in (await comms.get("/updates")).text


async def test_the_list_shows_every_update_by_its_state(
    service: Service, comms: StaffBrowser, directory: Directory
) -> None:
    directory.people(2)
    for number in range(32):
        await saved(comms, title=f"Update {number} <b>")
    await send(comms, (await saved(comms, title="Handed in")).replace("edit", "submit"), {}, version="1")
    await plan.plan_updates(service.worker)

    page = await comms.get("/updates")
    assert "Draft (32)" in page.text
    assert "Waiting for approval (1)" in page.text
    assert page.text.index("Handed in") < page.text.index("Update 31 &lt;b&gt;")
    assert "Update 1 " not in page.text
    older = re.search(r'href="(/updates\?[^"]*after=[^"]*)"', page.text)
    assert older is not None
    assert "Update 1 &lt;b&gt;" in (await comms.get(unescape(older[1]))).text
    waiting = await comms.get("/updates?scheme=windrush&state=awaiting_approval")
    assert "Handed in" in waiting.text
    assert "Update 31" not in waiting.text


async def test_nothing_typed_is_lost_when_the_session_ends_while_somebody_writes(
    comms: StaffBrowser, host: StaffHost, database: Database
) -> None:
    path, csrf = await saved(comms), await comms.csrf()
    with database.connect() as connection:
        connection.execute("UPDATE staff_sessions SET seen_at = seen_at - interval '16 minutes'")
    typed = {
        **WRITTEN,
        "csrf": csrf,
        "version": "1",
        "doing": "Save the update",
        "title": "Forty\u2019s words",
    }

    preview = await comms.http.post("/schemes/windrush/updates/preview", files={}, data=typed)
    asked = await comms.http.post(path, data=typed)

    assert (preview.status_code, asked.status_code) == (401, 401)
    assert "nothing that you typed is lost" in asked.text
    await comms.sign_in("comms", "/sign-in?next=/held")
    held = (await comms.get("/held")).text.partition("<main")[2]
    assert "Save the update" in held
    assert path_of(await comms.http.post(path, data=_fields(held))) == f"{path}?done=saved"
    shown = await host.shown(path.split("/")[2])
    assert (shown["title"], shown["version"]) == (typed["title"], 2)
    assert shown["audience"]["kinds"] == sorted(WRITTEN["kinds"])


async def test_an_author_sends_it_to_themselves_unless_something_is_in_the_way(
    service: Service, comms: StaffBrowser
) -> None:
    subject = f"News {uuid4().hex.translate(str.maketrans('0123456789', 'ghijklmnop'))}"
    path = (await saved(comms, email_en_subject=subject, email_cy_body="")).replace("/edit", "")
    refused = await send(comms, f"{path}/test-send", {})
    assert (refused.status_code, [where for where, _ in summary(refused)]) == (422, ["finding-0"])
    assert "email.cy" not in refused.text, "a place is said in words"
    await send(comms, f"{path}/edit", version="1", email_en_subject=subject)

    async with workers_running(service):
        done = await send(comms, f"{path}/test-send", {})
    assert path_of(done) == f"{path}/check?done=sent"
    assert "It was sent to your own address" in (await comms.get(path_of(done))).text
    inbox = service.notify.inbox("comms@staff.example.org")
    assert [each["subject"] for each in inbox].count(f"[Test] {subject}") == 1
