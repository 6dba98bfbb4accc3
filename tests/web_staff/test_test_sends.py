"""An author sends an update to themselves: the emails as a recipient gets them, and to nobody else."""

import asyncio
from datetime import timedelta
from random import choices
from string import ascii_lowercase
from typing import Any
from uuid import UUID

import psycopg

from service.errands.asking import answer_to
from service.staff.principal import Staff, Subject
from service.staff.roles import Role
from service.updates.trying_out import ask_for_test
from tests.deliveries.looking import one_value, run_sql
from tests.harness.people import Service, now, somebody
from tests.harness.servers import Database
from tests.staff.forging import Forger
from tests.updates.words import bilingual, body
from tests.web_staff.serving import StaffHost, workers_running
from workers import errands, plan, witnessing

COMMS = "comms@staff.example.org"
Sql = psycopg.Connection[tuple[Any, ...]]


def news() -> str:
    """A subject that no other test has, without digits: those may look like somebody's number."""
    return f"News {''.join(choices(ascii_lowercase, k=16))}"


def arrived(service: Service, subject: str) -> list[dict[str, Any]]:
    return [each for each in service.notify.inbox(COMMS) if each["subject"] == f"[Test] {subject}"]


async def drafted(service: Service, host: StaffHost, subject: str, text: str = "Read the guidance.") -> str:
    await plan.see_templates(service.worker)
    return str((await host.drafted(body(email=bilingual(text, subject=subject))))["id"])


async def test_an_author_alone_gets_the_words_in_each_language_just_as_a_recipient_does(
    service: Service, host: StaffHost, database: Database
) -> None:
    subject, person = news(), await service.person()
    update = await drafted(service, host, subject)
    async with workers_running(service):
        answer = await host.call("comms", "POST", f"/v1/updates/{update}/test-sends")
    assert (answer.status_code, answer.json()) == (202, {"status": "sent"})
    got = arrived(service, subject)
    assert len(got) == 2

    # No row in the ledger, none of it in the archive, and the address is nowhere.
    assert one_value(database, "SELECT count(*) FROM deliveries") == 0
    assert (await host.shown(update))["state"] == "draft"
    assert one_value(database, "SELECT sealed FROM errands WHERE kind = 'test-send'") is None
    event = one_value(database, "SELECT body FROM audit_events WHERE body LIKE '%%update-tested%%'")
    assert (update in event, "staff.example.org" in event) == (True, False)

    await host.call("comms", "POST", f"/v1/updates/{update}/submission")
    await plan.plan_updates(service.worker)
    await service.send()
    (real,) = service.updates_to(person, subject)
    link = real["body"].rpartition("/unsubscribe/")[2].split()[0]
    as_test = real["body"].replace(link, "test")
    assert as_test in [each["body"] for each in got]


async def test_what_may_not_leave_is_not_sent_as_a_test_either(
    service: Service, host: StaffHost, database: Database
) -> None:
    blocked, held, stopped = news(), news(), news()
    update = await drafted(service, host, blocked, f"Write to {somebody()}.")
    async with workers_running(service):
        answer = await host.call("comms", "POST", f"/v1/updates/{update}/test-sends")
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:kept:problem:findings")

    # On the list when it was asked for, and not any more when it would leave.
    update = await drafted(service, host, stopped, "Call 0800 678 1925.")
    comms = Staff(Subject("demo-comms"), frozenset({Role.COMMS}), now(), email=COMMS)
    async with service.staff.begin() as tx:
        errand = await ask_for_test(tx, comms, UUID(update), now=now())
    run_sql(database, "DELETE FROM scheme_public_details")
    await errands.send_tests(service.worker)
    async with service.staff.begin() as tx:
        assert await answer_to(tx, errand) == {"status": "blocked"}

    update = await drafted(service, host, held)
    await host.call("comms", "POST", "/v1/holds", json={"reason": "A test."})
    async with workers_running(service):
        answer = await host.call("comms", "POST", f"/v1/updates/{update}/test-sends")
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:kept:problem:held")

    assert [arrived(service, each) for each in (blocked, held, stopped)] == [[], [], []]


async def test_without_an_address_of_their_own_an_author_is_told_what_to_do(
    service: Service, host: StaffHost, forger: Forger
) -> None:
    update = await drafted(service, host, news())
    for claims in ({"email": None}, {"email": COMMS, "email_verified": False}, {"email": "not an address"}):
        token = forger.token({"roles": ["comms"], **claims})
        answer = await host.call(None, "POST", f"/v1/updates/{update}/test-sends", token=token)
        assert (answer.status_code, answer.json()["type"]) == (409, "urn:kept:problem:no-address")
        assert "not an address" not in answer.text


async def test_nobody_sends_themselves_more_than_twenty_in_an_hour(
    service: Service, host: StaffHost, owner: Sql
) -> None:
    subject = news()
    update = await drafted(service, host, subject)
    owner.execute(
        """INSERT INTO errands (id, kind, scheme_id, asked_by, asked_at, expires_at, taken_at)
        SELECT gen_random_uuid(), 'test-send', %s, 'demo-comms', now() - interval '10 minutes', now(), now()
        FROM generate_series(1, 20)""",
        [service.scheme.id],
    )
    async with workers_running(service):
        answer = await host.call("comms", "POST", f"/v1/updates/{update}/test-sends")
        other = await host.call("senior", "POST", f"/v1/updates/{update}/test-sends")
        assert (answer.status_code, answer.json()["type"]) == (429, "urn:kept:problem:too-often")
        assert 2900 < int(answer.headers["retry-after"]) <= 3001
        assert other.status_code == 202
        owner.execute("UPDATE errands SET asked_at = asked_at - interval '51 minutes'")
        answer = await host.call("comms", "POST", f"/v1/updates/{update}/test-sends")
        assert answer.status_code == 202
    assert len(arrived(service, subject)) == 2


async def test_without_a_worker_it_is_503_and_what_nobody_waits_for_is_not_sent_later(
    service: Service, host: StaffHost, owner: Sql, monkeypatch: Any
) -> None:
    monkeypatch.setattr("service.web.staff.waiting.WAIT_SECONDS", 0.3)
    subject = news()
    update = await drafted(service, host, subject)
    answer = await host.call("comms", "POST", f"/v1/updates/{update}/test-sends")
    assert (answer.status_code, int(answer.headers["retry-after"]) > 0) == (503, True)

    owner.execute("UPDATE errands SET expires_at = %s", [now() - timedelta(seconds=1)])
    await errands.send_tests(service.worker)
    assert arrived(service, subject) == []


async def test_a_lost_answer_is_said_to_be_unclear_and_nothing_is_sent_twice(
    service: Service, host: StaffHost, database: Database
) -> None:
    subject = news()
    service.notify.http.delete("/admin/messages").raise_for_status()
    update = await drafted(service, host, subject)
    lost = [{"fault": "after-queueing:reset", "match": {"reference": "t-"}, "times": 2}]
    service.notify.admin("faults", {"plan": lost})
    async with workers_running(service):
        answer = await host.call("comms", "POST", f"/v1/updates/{update}/test-sends")
        assert (answer.status_code, answer.json()) == (202, {"status": "unclear"})
        await asyncio.sleep(0.5)
    assert len(arrived(service, subject)) == 2

    # On Notify's own list they are ours.
    await witnessing.compare_with_notify(service.worker)
    listed = one_value(database, "SELECT array_agg(listed || ' ' || unowned) FROM comparisons")
    assert listed == ["2 0"]
