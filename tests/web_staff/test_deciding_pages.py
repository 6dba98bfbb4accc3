"""The pages of deciding and watching, by a browser without script."""

from html import unescape
from typing import Any

import psycopg
import pytest

from service.deliveries.tables import Need
from service.holds.tables import IncidentKind, Scope
from service.registrations.words import Channel, Kind
from service.updates.halting import WHAT_TO_DO, Why
from service.updates.states import UpdateState
from service.web.staff import naming
from tests.harness.people import Service
from tests.updates.directory import Directory
from tests.updates.words import body
from tests.web_staff.browsing import StaffBrowser, path_of
from tests.web_staff.serving import StaffHost, decision
from workers import plan

TITLE = "The scheme opens on 1 June"
OTHER = body(
    title=TITLE,
    email={
        "en": {"subject": "It opens", "body": "# Dates\n\nThe scheme opens on 8 June."},
        "cy": {"subject": "Mae’n agor", "body": "Mae’r cynllun yn agor ar 8 Mehefin."},
    },
)
FIRST = body(
    title=TITLE,
    email={
        "en": {"subject": "It opens", "body": "# Dates\n\nThe scheme opens on 1 June."},
        "cy": {"subject": "Mae’n agor", "body": "Mae’r cynllun yn agor ar 1 Mehefin."},
    },
)

Owner = psycopg.Connection[tuple[Any, ...]]


@pytest.fixture
async def submitted(service: Service, host: StaffHost, directory: Directory) -> dict[str, Any]:
    """An update to three people and an organisation, which awaits its approval."""
    directory.people(3)
    directory.person(kind="organisation", language="cy")
    await plan.see_templates(service.worker)
    return await host.submitted(service, FIRST)


def words(page: str) -> str:
    """What a page says, without its elements."""
    inside = page.partition("<main")[2].partition("</main>")[0]
    return " ".join(unescape("".join(part.partition(">")[2] for part in inside.split("<"))).split())


async def approved(browser: StaffBrowser, update: str, **changes: str) -> Any:
    """Press the button that approves, as the page of the browser's person has it."""
    page = await browser.get(f"/updates/{update}/approve")
    return await browser.press(page, f"/updates/{update}/approval", **changes)


def test_everything_that_the_pages_may_have_to_name_has_a_name() -> None:
    assert set(naming.STATES) == set(UpdateState)
    assert set(naming.CHANNELS) == set(Channel)
    assert set(naming.KINDS) == set(Kind)
    assert set(naming.NEEDS) == set(Need)
    assert set(naming.SCOPES) == set(Scope)
    assert set(naming.INCIDENTS) == set(IncidentKind)


async def test_an_approver_reads_everything_approves_it_and_everybody_sees_who_did(
    submitted: dict[str, Any], browser: StaffBrowser
) -> None:
    update = submitted["id"]
    await browser.sign_in("senior")
    home = await browser.get("/")
    assert f'href="/updates/{update}/approve"' in home.text

    page = await browser.get(f"/updates/{update}/approve")
    said = words(page.text)
    for part in (
        "4 people will get this update, in 4 messages",
        "Email in English It opens Dates The scheme opens on 1 June.",
        "Mae’r cynllun yn agor ar 1 Mehefin.",
        "To stop, open this link: (a link of their own)",
        "People for themselves 3",
        "Organisations 1",
        "Welsh 1",
        "Nothing: emails are free.",
        "This is the first version that waits for an approval.",
        "Nothing that a person should look at.",
    ):
        assert part in said, part
    assert 'lang="cy"' in page.text

    answer = await browser.press(page, f"/updates/{update}/approval")

    assert path_of(answer) == f"/updates/{update}?done=approved"
    overview = words((await browser.get(path_of(answer))).text)
    assert "You approved this update." in overview
    assert "By demo-senior, on" in overview
    assert path_of(await browser.get(f"/updates/{update}/approve")) == f"/updates/{update}"


async def test_one_that_is_sent_back_says_why_and_its_next_version_what_changed(
    service: Service, submitted: dict[str, Any], browser: StaffBrowser, host: StaffHost
) -> None:
    update = submitted["id"]
    await browser.sign_in("senior")
    page = await browser.get(f"/updates/{update}/approve")
    hidden = browser.hidden(page, f"/updates/{update}/approval", doing="Send this update back")

    silent = await browser.post(f"/updates/{update}/approval", hidden)
    assert silent.status_code == 422
    assert "<title>Error: Approve" in silent.text
    assert 'href="#comment"' in silent.text
    details = {**hidden, "comment": "Ask somebody@example.com first"}
    refused = await browser.post(f"/updates/{update}/approval", details)
    assert (refused.status_code, 'href="#comment"' in refused.text) == (422, True)
    answer = await browser.post(f"/updates/{update}/approval", {**hidden, "comment": "It is the 8th"})
    assert path_of(answer) == f"/updates/{update}?done=sent-back"

    assert (await host.shown(update))["sent_back_why"] == "It is the 8th"
    await host.call("comms2", "PATCH", f"/v1/updates/{update}", json={"email": OTHER["email"]})
    await host.call("comms2", "POST", f"/v1/updates/{update}/submission", json={})
    await plan.plan_updates(service.worker)

    changed = await browser.get(f"/updates/{update}/approve")
    assert "<del>" in changed.text
    assert "<ins>" in changed.text
    assert "opens on [Removed: 1 ] [Added: 8 ] June." in words(changed.text)


async def test_whoever_wrote_it_may_not_decide_and_is_told_so(
    service: Service, host: StaffHost, directory: Directory, browser: StaffBrowser
) -> None:
    directory.people(2)
    await plan.see_templates(service.worker)
    update = (await host.drafted(FIRST, by="senior"))["id"]
    await host.call("senior", "POST", f"/v1/updates/{update}/submission", json={})
    await plan.plan_updates(service.worker)
    shown = await host.shown(update)
    await browser.sign_in("senior")

    page = await browser.get(f"/updates/{update}/approve")
    read = ("content_sha256", "audience_sha256", "submitted_at")
    sent = {key: shown[key] for key in read} | {"decision": "approve"}
    forced = await browser.post(f"/updates/{update}/approval", sent)

    assert "somebody else has to decide" in words(page.text)
    assert f'action="/updates/{update}/approval"' not in page.text
    assert f'href="/updates/{update}/approve"' not in (await browser.get("/")).text
    assert forced.status_code == 403
    assert (await host.shown(update))["state"] == "awaiting_approval"


async def test_what_changed_after_it_was_read_is_not_approved_and_the_page_says_what(
    service: Service, submitted: dict[str, Any], browser: StaffBrowser, host: StaffHost, directory: Directory
) -> None:
    update = submitted["id"]
    await browser.sign_in("senior")
    page = await browser.get(f"/updates/{update}/approve")
    directory.person()
    await host.call("comms", "PATCH", f"/v1/updates/{update}", json={"email": OTHER["email"]})
    edited = await browser.press(page, f"/updates/{update}/approval")
    await host.call("comms", "POST", f"/v1/updates/{update}/submission", json={})
    await plan.plan_updates(service.worker)

    submitted_anew = await browser.press(page, f"/updates/{update}/approval")

    assert (edited.status_code, submitted_anew.status_code) == (409, 409)
    assert "State of the update now: Draft" in words(edited.text)
    said = words(submitted_anew.text)
    assert "Your decision was not taken." in said
    assert "There were 4 messages, and now there are 5." in said
    assert "opens on [Removed: 1 ] [Added: 8 ] June." in said
    assert f'href="/updates/{update}/approve"' in submitted_anew.text
    assert (await host.shown(update))["state"] == "awaiting_approval"


async def test_an_urgent_window_needs_its_reason_and_everybody_may_read_it(
    submitted: dict[str, Any], browser: StaffBrowser, host: StaffHost
) -> None:
    update = submitted["id"]
    await browser.sign_in("senior")

    silent = await approved(browser, update, window="urgent")
    answer = await approved(browser, update, window="urgent", urgent_reason="It is in the news already")

    assert (silent.status_code, 'href="#urgent-reason"' in silent.text) == (422, True)
    assert answer.status_code == 303
    assert (await host.shown(update))["urgent_reason"] == "It is in the news already"
    assert "It is in the news already" in (await browser.get(f"/updates/{update}")).text


async def test_a_sign_in_that_is_too_old_keeps_the_decision_until_it_is_fresh(
    submitted: dict[str, Any], browser: StaffBrowser, host: StaffHost, owner: Owner
) -> None:
    update = submitted["id"]
    await browser.sign_in("senior")
    owner.execute("UPDATE staff_sessions SET auth_time = auth_time - interval '6 minutes'")
    owner.commit()

    held = await approved(browser, update)
    assert held.status_code == 401
    assert (await host.shown(update))["state"] == "awaiting_approval"
    await browser.sign_in("senior", "/sign-in?next=/held&again=true")
    kept = await browser.get("/held")
    assert "Approve this update" in kept.text
    answer = await browser.press(kept, f"/updates/{update}/approval")

    assert path_of(answer) == f"/updates/{update}?done=approved"


async def test_anybody_halts_with_one_button_and_a_senior_lets_it_go_on(
    service: Service, host: StaffHost, directory: Directory, browser: StaffBrowser
) -> None:
    directory.people(3)
    await plan.see_templates(service.worker)
    update = await host.approved(service, FIRST)
    await browser.sign_in("reviewer")
    page = await browser.get(f"/updates/{update}/watch")
    assert "0 of 3 handed over" in words(page.text)

    answer = await browser.press(page, f"/updates/{update}/halt", reason="Ask kim@example.com")

    assert path_of(answer) == f"/updates/{update}/watch"
    halted = words((await browser.get(path_of(answer))).text)
    assert "Why it was halted:" in halted
    assert "kim@example.com" not in halted
    assert "Let this update go on" not in halted
    again = await browser.press(page, f"/updates/{update}/halt")
    assert again.status_code == 409

    await browser.sign_in("senior")
    home = words((await browser.get("/")).text)
    assert f"Halted: {TITLE}" in home
    watch = await browser.get(f"/updates/{update}/watch")
    assert (await browser.press(watch, f"/updates/{update}/resume")).status_code == 303
    assert (await host.shown(update))["state"] == "sending"


async def test_one_that_the_service_halted_says_what_to_do(
    service: Service, host: StaffHost, directory: Directory, browser: StaffBrowser, owner: Owner
) -> None:
    directory.people(2)
    await plan.see_templates(service.worker)
    update = await host.approved(service, FIRST)
    owner.execute("UPDATE updates SET state = 'halted', halted_why = %s", [WHAT_TO_DO[Why.BOUNCES]])
    owner.execute("INSERT INTO incidents VALUES (gen_random_uuid(), 'guard', gen_random_uuid(), now())")
    owner.commit()
    await browser.sign_in("dpo")

    assert WHAT_TO_DO[Why.BOUNCES] in words((await browser.get(f"/updates/{update}/watch")).text)
    assert "1 update was stopped with somebody’s details in it" in words((await browser.get("/")).text)


async def test_an_embargo_ends_when_somebody_gives_the_word(
    service: Service, host: StaffHost, directory: Directory, browser: StaffBrowser
) -> None:
    directory.people(2)
    await plan.see_templates(service.worker)
    update = await host.approved(service, {**FIRST, "on_word": True})
    await browser.sign_in("caseworker")
    page = words((await browser.get(f"/updates/{update}/watch")).text)
    assert "It waits until somebody gives the word." in page
    assert "Let this update leave now" not in page
    await browser.sign_in("comms")
    assert "It leaves when somebody gives the word." in words((await browser.get("/")).text)

    watch = await browser.get(f"/updates/{update}/watch")
    answer = await browser.press(watch, f"/updates/{update}/word")

    assert path_of(answer) == f"/updates/{update}/watch"
    assert (await host.shown(update))["word"]["by"] == "demo-comms"


async def test_what_became_of_it_is_shown_and_can_be_corrected_to_exactly_those(
    service: Service, host: StaffHost, browser: StaffBrowser, owner: Owner
) -> None:
    await service.people(3)
    await plan.see_templates(service.worker)
    update = await host.approved(service, FIRST)
    await service.send()
    owner.execute(
        "UPDATE deliveries SET state = 'bounced' WHERE id = (SELECT min(id::text)::uuid FROM deliveries)"
    )
    owner.commit()
    await browser.sign_in("comms")

    page = await browser.get(f"/updates/{update}/watch")
    said = words(page.text)
    assert "3 of 3 handed over" in said
    assert "Came back: the address does not exist 1" in said.partition("Failures")[2]
    assert "<polyline" in page.text
    assert "The same as a table" in said
    live = await browser.get(f"/updates/{update}/watch/live")
    assert "3 of 3 handed over" in live.text
    assert "<main" not in live.text
    assert f"Nobody reached at 1 address: {TITLE}" in words((await browser.get("/")).text)

    answer = await browser.press(page, f"/updates/{update}/correction")
    correction = path_of(answer).split("/")[2]
    shown = await host.shown(correction)
    assert (shown["title"], shown["audience"]) == (f"Correction: {TITLE}", {"reached_by": update})


async def test_figures_of_a_page_that_is_left_open_keep_nobody_signed_in(
    submitted: dict[str, Any], service: Service, host: StaffHost, browser: StaffBrowser, owner: Owner
) -> None:
    await browser.sign_in("senior")
    await approved(browser, submitted["id"])
    owner.execute("UPDATE staff_sessions SET seen_at = seen_at - interval '14 minutes'")
    owner.commit()
    before = owner.execute("SELECT seen_at FROM staff_sessions").fetchall()
    owner.commit()

    assert (await browser.get(f"/updates/{submitted['id']}/watch/live")).status_code == 200

    assert owner.execute("SELECT seen_at FROM staff_sessions").fetchall() == before


async def test_anybody_holds_everything_and_only_some_lift_it(
    browser: StaffBrowser, host: StaffHost, owner: Owner
) -> None:
    await browser.sign_in("caseworker")
    page = await browser.get("/holds")
    assert "None. Everything that may be sent is sent." in words(page.text)
    silent = await browser.press(page, "/holds")
    assert silent.status_code == 422
    assert all(f'href="#{name}"' in silent.text for name in ("scope", "reason"))
    wanted = {"scope": "everything", "reason": "Somebody wrote to kim@example.com"}
    assert path_of(await browser.press(page, "/holds", **wanted)) == "/holds"

    held = words((await browser.get("/holds")).text)
    assert "By demo-caseworker" in held
    assert "kim@example.com" not in held
    assert "Lift this hold" not in held
    assert "1 hold is in force" in words((await browser.get("/")).text)

    await browser.sign_in("operator")
    page = await browser.get("/holds")
    row = owner.execute("SELECT id FROM holds").fetchone()
    owner.commit()
    assert row is not None
    assert path_of(await browser.press(page, f"/holds/{row[0]}/lift")) == "/holds"
    assert "None. Everything that may be sent is sent." in words((await browser.get("/holds")).text)


async def test_drafts_and_what_was_sent_back_wait_for_their_authors(
    submitted: dict[str, Any], browser: StaffBrowser
) -> None:
    update = submitted["id"]
    await browser.sign_in("senior")
    page = await browser.get(f"/updates/{update}/approve")
    hidden = browser.hidden(page, f"/updates/{update}/approval", doing="Send this update back")
    await browser.post(f"/updates/{update}/approval", {**hidden, "comment": "It is the 8th"})

    await browser.sign_in("comms")
    mine = (await browser.get("/")).text
    overview = words((await browser.get(f"/updates/{update}")).text)
    await browser.sign_in("comms2")

    assert f'href="/updates/{update}"' in mine
    assert "Why: It is the 8th" in words(mine)
    assert "Change it" in overview
    assert "They said: It is the 8th" in overview
    assert f'href="/updates/{update}"' not in (await browser.get("/")).text


async def test_staff_see_who_they_are_and_name_a_deputy_of_their_role(
    host: StaffHost, browser: StaffBrowser
) -> None:
    for person in ("senior2", "comms", "senior"):
        await browser.sign_in(person)
    page = await browser.get("/me")
    assert "Known here as demo-senior Roles senior approver" in words(page.text)
    assert "demo-comms" not in page.text
    days = {"from-day": "1", "from-month": "3", "from-year": "2090", "to-day": "31", "to-month": "2"}

    no_such_day = await browser.press(
        page, "/me/deputy", deputy="demo-senior2", **days, **{"to-year": "2090"}
    )
    assert (no_such_day.status_code, 'href="#to-day"' in no_such_day.text) == (422, True)
    assert 'value="2090"' in no_such_day.text
    days |= {"to-month": "3", "to-year": "2090"}
    nobody = await browser.press(page, "/me/deputy", **days)
    assert (nobody.status_code, 'href="#deputy"' in nobody.text) == (422, True)
    assert path_of(await browser.press(page, "/me/deputy", deputy="demo-senior2", **days)) == "/me"

    named = await browser.get("/me")
    assert "Told instead of you: demo-senior2, from 1 March 2090 to 31 March 2090." in words(named.text)
    assert (await browser.press(named, "/me/deputy/end")).status_code == 303
    assert "Told instead of you" not in (await browser.get("/me")).text


async def test_what_was_submitted_again_is_not_approved_by_who_read_it_before(
    service: Service, submitted: dict[str, Any], browser: StaffBrowser, host: StaffHost
) -> None:
    """The same words for the same people, and perhaps with other reasons for their findings."""
    update = submitted["id"]
    await browser.sign_in("senior")
    page = await browser.get(f"/updates/{update}/approve")
    back = decision(submitted, decision="send_back", comment="Say why")
    await host.call("senior2", "POST", f"/v1/updates/{update}/approval", json=back)
    await host.call("comms", "POST", f"/v1/updates/{update}/submission", json={})
    await plan.plan_updates(service.worker)
    again = await host.shown(update)

    answer = await browser.press(page, f"/updates/{update}/approval")

    hashes = ("content_sha256", "audience_sha256")
    assert [again[key] for key in hashes] == [submitted[key] for key in hashes]
    assert answer.status_code == 409
    assert "It was submitted again since you read it." in words(answer.text)
    stale = decision(again, submitted_at=submitted["submitted_at"])
    refused = await host.call("senior", "POST", f"/v1/updates/{update}/approval", json=stale)
    assert refused.json()["type"].endswith("stale-approval"), refused.text
    read = decision(again, submitted_at=again["submitted_at"])
    assert (await host.call("senior", "POST", f"/v1/updates/{update}/approval", json=read)).is_success
