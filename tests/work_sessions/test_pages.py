"""The pages of work sessions, without script: what they say when something is wrong, and to whom."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from service.clock import LONDON
from tests.demo_issuer.running import RunningIssuer
from tests.harness.people import now
from tests.web_staff.browsing import StaffBrowser, path_of
from tests.work_sessions.working import REFERENCE, Desk

NAME, NUMBER, WARNING = "Person 0 Quillfeather", "07700 900400", "Do not leave a message for this person."


@pytest.fixture
async def browser(desk: Desk, issuer: RunningIssuer) -> AsyncIterator[StaffBrowser]:
    async with StaffBrowser(str(desk.host.http.base_url), issuer.url) as visitor:
        yield visitor


async def test_what_is_wrong_is_said_without_the_details_and_they_are_warned_before_the_number(
    desk: Desk, browser: StaffBrowser
) -> None:
    people = await desk.to_ring(1)
    session = await desk.approved(await desk.sent())
    await browser.sign_in("caseworker")
    home = (await browser.get("/")).text
    assert f'href="/work/{session}"' in home
    assert "1 person still to do." in home

    page = await browser.post(f"/work/{session}/next")
    assert (NAME in page.text, NUMBER in page.text, WARNING in page.text) == (True, True, False)
    assert page.headers["cache-control"] == "no-store"
    action = next(found for found in re.findall(r'action="([^"]+)"', page.text) if "/outcome" in found)
    tomorrow = (now() + timedelta(days=1)).astimezone(LONDON)
    again = {
        "outcome": "again",
        "again-day": str(tomorrow.day),
        "again-month": str(tomorrow.month),
        "again-year": str(tomorrow.year),
        "again-time": "25:00",
        "no_message": "yes",
    }
    for wrong, said in (
        ({}, "It has to be a real time, such as 9:30am or 14:00"),
        ({"again-year": "2020", "again-time": "9am"}, "It has to be in the future"),
        ({"again-day": "32"}, "It has to be a real date"),
        ({"outcome": ""}, "Choose what came of it"),
        ({"outcome": "gone"}, "Choose what came of it"),
        ({"outcome": "sent"}, "It is for people who need another format"),
    ):
        answer = await browser.post(action, {**again, **wrong})
        assert (answer.status_code, said in answer.text) == (422, True), wrong
        assert NAME not in answer.text
        assert NUMBER not in answer.text
    assert 'value="yes" checked' in answer.text
    for done in ("/work", "/work"):
        kept = await browser.post(action, {**again, "again-time": "9:30am"})
        assert (kept.status_code, path_of(kept).startswith(done)) == (303, True)
    shown = await browser.get(f"/work/{session}")
    assert "The next person who is to be called again is due on" in shown.text
    nobody = await browser.post(f"/work/{session}/next")
    assert path_of(nobody) == f"/work/{session}?done=nobody"

    desk.past_the_guards("UPDATE work_items SET call_back_at = now() - interval '1 second'")
    page = await browser.post(f"/work/{session}/next")
    assert page.text.index(WARNING) < page.text.index(NUMBER)
    # Whoever closed the page can still say what came of it, and sees nobody's details for it.
    form = await browser.get(action.removesuffix("/outcome"))
    assert WARNING in form.text
    assert NUMBER not in form.text
    assert (await browser.post(action, {"outcome": "asked-to-leave"})).status_code == 303
    record = (await browser.get(f"/registrations/{people[0].registration}")).text
    assert record.count(f"To call them and tell them the update. {REFERENCE}") == 2
    assert "Finished" in (await browser.get(f"/work/{session}")).text


async def test_what_waits_for_a_decision_stands_with_who_can_decide_and_can_be_taken_back(
    desk: Desk, browser: StaffBrowser
) -> None:
    await desk.to_ring(1)
    asked = (await desk.asks(await desk.sent())).json()
    at = f"/work/{asked['id']}"
    for person, sees in (("senior", True), ("dpo", True), ("caseworker2", True), ("caseworker", False)):
        await browser.sign_in(person)
        assert (f"{at}/approve" in (await browser.get("/")).text) is sees
        page = await browser.get(f"{at}/approve")
        assert ("Approve this work session</button>" in page.text.replace("\n", "").replace("  ", "")) is sees
    changed = {"decision": "approve", "request_sha256": "0" * 64}
    await browser.sign_in("senior")
    answer = await browser.post(f"{at}/approval", changed)
    assert (answer.status_code, "This is not what you read. Read it again." in answer.text) == (409, True)
    await browser.sign_in("caseworker")
    back = {"decision": "refuse", "request_sha256": asked["request_sha256"]}
    assert path_of(await browser.post(f"{at}/approval", back)) == f"{at}?done=refuse"
    assert "Refused" in (await browser.get("/work")).text
