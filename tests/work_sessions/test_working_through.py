"""A work session from the request to its end, by two caseworkers, over the JSON API."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import uuid4

from tests.deliveries.looking import one_value, run_sql
from tests.harness.people import now
from tests.web_staff.routes import SOME_ID
from tests.work_sessions.working import Desk
from workers import tidy


async def test_two_caseworkers_work_through_ten_people_and_never_get_the_same_one(desk: Desk) -> None:
    people = {each.registration: each for each in await desk.to_ring(10)}
    update = await desk.sent()
    session = await desk.approved(update)

    async def works(by: str) -> list[str]:
        seen: list[str] = []
        while True:
            found = await desk.opened(session, by=by)
            if found["item"] is None:
                return seen
            seen.append(found["registration"])
            assert (await desk.says(session, found["item"], "told", by=by)).json() == {"state": "done"}

    one, other = await asyncio.gather(works("caseworker"), works("caseworker2"))

    assert sorted(one + other) == sorted(map(str, people))
    assert one
    assert other
    shown = await desk.shown(session)
    assert (shown["state"], shown["states"]["done"], shown["outcomes"]["told"]) == ("finished", 10, 10)
    assert desk.needs_met(update) == {(registration, "phone") for registration in people}
    acts = await desk.acts()
    opened = [each for each in acts if each["act"] == "work-item-opened"]
    assert {(each["actor"], each["registration"]) for each in opened} == {
        *(("demo-caseworker", each) for each in one),
        *(("demo-caseworker2", each) for each in other),
    }
    assert [each["how"] for each in acts if each["act"] == "work-ended"] == ["finished"]
    listed = (await desk.host.call("dpo", "GET", f"/v1/work-sessions/{session}/openings")).json()["openings"]
    assert sorted(each["registration"] for each in listed) == sorted(map(str, people))
    assert not any("Quillfeather" in str(each) or "7700" in str(each) for each in (acts, listed, shown))


async def test_a_person_stays_with_whoever_opened_them_until_it_is_said_what_came_of_it(desk: Desk) -> None:
    await desk.to_ring(2, also=("email", "letter"))
    update = await desk.sent()
    session, later = await desk.approved(update, at_most=1), await desk.approved(update, at_most=1)

    found = await desk.opened(session)
    person = found["person"]
    assert person["name"] == "Person 0 Quillfeather"
    assert [each["text"] for each in person["contacts"]] == ["+447700900400"]
    # Shown again is recorded again; the next one comes when this one is settled, in whichever session.
    assert (await desk.opened(session))["item"] == found["item"]
    elsewhere = await desk.opens(later)
    assert (elsewhere.status_code, elsewhere.json()["type"]) == (409, "urn:kept:problem:open-elsewhere")
    assert (await desk.opened(session, by="caseworker2"))["item"] is None
    refused = await desk.says(session, found["item"], "told", by="caseworker2")
    assert (refused.status_code, refused.json()["type"]) == (403, "urn:kept:problem:opened-by-other")
    assert (await desk.says(session, SOME_ID, "told")).status_code == 404
    assert len([each for each in await desk.acts() if each["act"] == "work-item-opened"]) == 2

    # Whoever goes home with somebody open loses them, and cannot say any more what came of it.
    run_sql(
        desk.database, "UPDATE work_items SET lease_until = now() - interval '1 second' WHERE state = 'open'"
    )
    assert (await desk.opened(session, by="caseworker2"))["item"] == found["item"]
    assert (await desk.says(session, found["item"], "told")).status_code == 403
    assert (await desk.says(session, found["item"], "told", by="caseworker2")).status_code == 200
    again = await desk.says(session, found["item"], "told", by="caseworker2")
    assert (again.status_code, again.json()["type"]) == (409, "urn:kept:problem:not-open")
    assert (await desk.opened(session))["item"] is None


async def test_whoever_does_not_answer_is_called_again_at_the_time_and_no_message_is_left(desk: Desk) -> None:
    await desk.to_ring(2)
    session = await desk.approved(await desk.sent())
    first = await desk.opened(session)
    at = now() + timedelta(hours=1)
    for wrong in (now() - timedelta(minutes=1), now() + timedelta(days=8)):
        answer = await desk.says(session, first["item"], "no-answer", call_back_at=wrong.isoformat())
        assert [each["field"] for each in answer.json()["errors"]] == ["call_back_at"]
    said: dict[str, Any] = {"call_back_at": at.isoformat(), "no_message": True}
    assert (await desk.says(session, first["item"], "told", **said)).status_code == 422
    assert (await desk.says(session, first["item"], "no-answer", **said)).json() == {"state": "called_again"}
    other = await desk.opened(session)
    assert other["registration"] != first["registration"]
    assert other["no_message"] is False
    assert (await desk.says(session, other["item"], "no-answer")).json() == {"state": "not_reached"}
    waits = await desk.opened(session)
    assert (waits["item"], waits["next_call_at"][:16]) == (None, at.isoformat()[:16])

    desk.past_the_guards(
        "UPDATE work_items SET call_back_at = now() - interval '1 second' WHERE state = 'called_again'",
    )
    due = await desk.opened(session, by="caseworker2")
    assert (due["item"], due["no_message"]) == (first["item"], True)
    assert (await desk.opened(session, by="caseworker2"))["no_message"] is True
    assert (await desk.says(session, due["item"], "wrong-number", by="caseworker2")).status_code == 200
    assert (await desk.shown(session))["state"] == "finished"


async def test_each_outcome_does_what_it_says(desk: Desk) -> None:
    """A met need, a closed registration, nobody who is rung again; and nothing of somebody who is gone."""
    leaves, unwilling, erased, missed = [each.registration for each in await desk.to_ring(4)]
    reader = await desk.office.person("email", formats=["braille", "large-print"], name="B Reader")
    update = await desk.sent()
    session = await desk.approved(update)
    run_sql(desk.database, "DELETE FROM registrations WHERE id = %s", erased)
    says = {leaves: "asked-to-leave", unwilling: "asked-not-to-be-called", missed: "reached"}
    for _ in range(4):
        found = await desk.opened(session)
        if found["registration"] == str(erased):
            assert found["person"] is None
            continue
        outcome = says[next(each for each in says if str(each) == found["registration"])]
        assert (await desk.says(session, found["item"], "sent")).status_code == 422
        assert (await desk.says(session, found["item"], outcome)).status_code == 200
    shown = await desk.shown(session)
    assert shown["state"] == "finished"
    assert {each: count for each, count in shown["outcomes"].items() if count} == {
        **dict.fromkeys(says.values(), 1),
        "gone": 1,
    }
    state = "SELECT state FROM registrations WHERE id = %s"
    assert one_value(desk.database, state, leaves) == "left"
    assert one_value(desk.database, state, unwilling) == "confirmed"
    # Nobody was told: three still need their call, and one of them may be rung about it.
    assert desk.needs_met(update) == set()
    second = (await desk.asks(update)).json()
    assert second["people"] == 1

    formats = await desk.approved(update, "formats", purpose="other-format")
    found = await desk.opened(formats)
    assert (found["registration"], found["needs"]) == (str(reader.registration), ["braille", "large-print"])
    assert [each["channel"] for each in found["person"]["contacts"]] == ["email"]
    assert (await desk.says(formats, found["item"], "sent")).status_code == 200
    assert desk.needs_met(update) == {(reader.registration, "braille"), (reader.registration, "large-print")}
    nobody = await desk.asks(update, "formats")
    assert (nobody.status_code, nobody.json()["type"]) == (409, "urn:kept:problem:nobody-to-work-through")


async def test_those_whom_every_way_failed_are_found_and_nobody_who_must_not_be_contacted(desk: Desk) -> None:
    lost, barred, well = [await desk.office.person("email") for _ in range(3)]
    suppress = (
        "UPDATE contacts SET suppressed_at = now(), suppressed_why = %s WHERE id IN "
        "(SELECT contact_id FROM registration_contacts WHERE registration_id = %s)"
    )
    run_sql(desk.database, suppress, "permanent-failure", lost.registration)
    run_sql(desk.database, suppress, "do-not-contact", barred.registration)
    update = await desk.sent()
    assert (await desk.asks(update, "unreached")).status_code == 409

    asked = (await desk.asks(None, "no-way-left", purpose="another-way")).json()
    assert (asked["people"], (await desk.decides(asked)).status_code) == (1, 200)
    session = asked["id"]
    found = await desk.opened(session)
    assert found["registration"] == str(lost.registration)
    assert found["person"]["contacts"][0]["suppressed"] is True
    assert (await desk.says(session, found["item"], "reached")).status_code == 200
    assert (await desk.asks(None, "no-way-left")).status_code == 409

    run_sql(desk.database, "UPDATE deliveries SET state = 'accepted'")
    run_sql(desk.database, "UPDATE deliveries SET state = 'bounced'")
    both = (await desk.asks(update, "unreached", purpose="another-way")).json()
    assert both["people"] == 2
    people = one_value(
        desk.database, "SELECT array_agg(registration_id) FROM work_items WHERE session_id = %s", both["id"]
    )
    assert well.registration in people
    # Their address has bounced since: but they are with that session already.
    assert (await desk.asks(update, "unreached")).status_code == 409


async def test_when_its_time_is_over_or_its_people_are_others_nobody_is_opened(
    desk: Desk,
) -> None:
    await desk.to_ring(3)
    update = await desk.sent()
    altered, over = [await desk.approved(update, at_most=1) for _ in range(2)]
    desk.past_the_guards("UPDATE work_items SET registration_id = %s WHERE session_id = %s", uuid4(), altered)
    answer = await desk.opens(altered)
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:kept:problem:not-under-way")

    desk.past_the_guards("UPDATE work_sessions SET ends_at = now() - interval '1 second' WHERE id = %s", over)
    answer = await desk.opens(over, by="caseworker2")
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:kept:problem:not-under-way")
    assert (await desk.shown(over))["state"] == "expired"
    await tidy.tidy(desk.service.worker)
    assert one_value(desk.database, "SELECT state FROM work_sessions WHERE id = %s", over) == "expired"
    assert [each["how"] for each in await desk.acts() if each["act"] == "work-ended"] == ["expired"]
    # Whoever was not called may be asked for anew.
    assert (await desk.asks(update)).json()["people"] == 3
