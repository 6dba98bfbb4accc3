"""Staff who have signed in are told what waits; everybody names their own deputy, of a role of theirs."""

from datetime import timedelta
from typing import Any

import psycopg

from tests.harness.people import Service, now
from tests.web_staff.browsing import StaffBrowser
from tests.web_staff.serving import StaffHost
from workers import telling

Sql = psycopg.Connection[tuple[Any, ...]]
PATH = "/v1/me/deputy"


def day(days: int) -> str:
    return (now() + timedelta(days=days)).date().isoformat()


async def test_whoever_has_signed_in_on_a_page_is_told_at_the_address_that_the_issuer_gave(
    service: Service, browser: StaffBrowser, owner: Sql
) -> None:
    before = len(service.notify.inbox("dpo@staff.example.org"))
    await browser.sign_in("dpo")
    owner.execute("INSERT INTO incidents VALUES (gen_random_uuid(), 'guard', gen_random_uuid(), now())")
    await service.worker.stop.read()
    await telling.tell_staff(service.worker)

    (told,) = service.notify.inbox("dpo@staff.example.org")[before:]
    assert told["subject"] == "Something has happened that you must look into"


async def test_a_deputy_is_named_for_some_days_changed_and_ended_by_oneself_alone(
    service: Service, host: StaffHost, owner: Sql
) -> None:
    for name, role in (("senior2", "senior"), ("comms", "comms")):
        owner.execute("INSERT INTO staff_members VALUES (%s, %s, now())", [f"demo-{name}", [role]])
    assert (await host.call("senior", "GET", PATH)).json() == {"deputy": None}

    wanted = {"deputy": "demo-senior2", "from": day(2), "to": day(9)}
    for _ in range(2):
        answer = await host.call("senior", "PUT", PATH, json=wanted)
        assert (answer.status_code, answer.json()) == (200, wanted)
    assert (await host.call("senior", "GET", PATH)).json() == wanted
    assert (await host.call("senior2", "GET", PATH)).json() == {"deputy": None}

    for wrong, field in (
        ({"deputy": "demo-comms"}, "deputy"),
        ({"deputy": "demo-nobody"}, "deputy"),
        ({"deputy": "demo-senior"}, "deputy"),
        ({"deputy": ""}, "deputy"),
        ({"from": day(3), "to": day(2)}, "to"),
        ({"from": day(-9), "to": day(-8)}, "to"),
        ({"from": day(0), "to": day(400)}, "to"),
    ):
        refused = await host.call("senior", "PUT", PATH, json=wanted | wrong)
        assert refused.status_code == 422, wrong
        assert [each["field"] for each in refused.json()["errors"]] == [field]
        assert "demo-" not in refused.text
    assert (await host.call("senior", "PUT", PATH, json={"deputy": "demo-senior2"})).status_code == 422
    assert (await host.call("senior", "GET", PATH)).json() == wanted

    for _ in range(2):
        ended = await host.call("senior", "PUT", PATH, json={"deputy": None})
        assert (ended.status_code, ended.json()) == (200, {"deputy": None})
    events = (await host.call("dpo", "GET", "/v1/audit")).json()["events"]
    acts = [each["event"]["act"] for each in events if each["event"]["actor"] == "demo-senior"]
    assert acts == ["deputy-named", "deputy-named", "deputy-ended"]
