"""Holds, and the record, over the staff API."""

from typing import Any
from uuid import UUID

import psycopg
import pytest

from service.audit.chain import Link
from tests.audit.sources import followed
from tests.harness.people import Service
from tests.updates.words import body
from tests.web_staff.serving import StaffHost
from workers import plan


@pytest.mark.parametrize("scope", ["everything", "bulk"])
async def test_a_hold_stops_an_update_until_it_is_lifted(
    service: Service, host: StaffHost, scope: str
) -> None:
    addresses = await service.people(2)
    await plan.see_templates(service.worker)
    update = await host.approved(service, body())
    answer = await host.call("caseworker", "POST", "/v1/holds", json={"reason": "A doubt", "scope": scope})
    assert (answer.status_code, answer.json()["scope"]) == (201, scope)

    await service.send()
    assert not any(service.updates_to(address) for address in addresses)

    lifted = await host.call("operator", "DELETE", f"/v1/holds/{answer.json()['id']}")
    assert lifted.status_code == 204
    await service.send()
    assert (await host.shown(update))["outcomes"]["accepted"] == 2


async def test_a_hold_is_of_everything_unless_it_says_otherwise(host: StaffHost) -> None:
    answer = await host.call("reviewer", "POST", "/v1/holds", json={"reason": "A doubt"})

    assert answer.json()["scope"] == "everything"


async def test_a_hold_is_lifted_once_and_who_did_it_is_kept(
    host: StaffHost, owner: psycopg.Connection[tuple[Any, ...]]
) -> None:
    hold = (await host.call("dpo", "POST", "/v1/holds", json={"reason": "A doubt"})).json()["id"]

    first = await host.call("senior", "DELETE", f"/v1/holds/{hold}")
    second = await host.call("operator", "DELETE", f"/v1/holds/{hold}")

    assert (first.status_code, second.status_code) == (204, 404)
    rows = owner.execute("SELECT id, set_by, lifted_by, reason FROM holds").fetchall()
    assert rows == [(UUID(hold), "demo-dpo", "demo-senior", "A doubt")]


async def test_every_act_is_in_the_record_and_no_word_of_it(service: Service, host: StaffHost) -> None:
    addresses = await service.people(2)
    await plan.see_templates(service.worker)
    update = await host.approved(service, body(title="A title to look for"))
    await host.call("comms", "POST", f"/v1/updates/{update}/halt", json={"reason": "A reason to look for"})
    await host.call("senior", "POST", f"/v1/updates/{update}/resume")
    await host.call("comms", "POST", "/v1/holds", json={"reason": "Another reason to look for"})

    answer = await host.call("reviewer", "GET", "/v1/audit")

    events = answer.json()["events"]
    acts = [(event["event"]["act"], event["event"]["actor"]) for event in events][-7:]
    assert acts == [
        ("update-drafted", "demo-comms"),
        ("update-submitted", "demo-comms"),
        ("audience-frozen", "worker:plan"),
        ("update-approved", "demo-senior"),
        ("update-halted", "demo-comms"),
        ("update-resumed", "demo-senior"),
        ("hold-set", "demo-comms"),
    ]
    assert "to look for" not in answer.text
    assert not any(address in answer.text for address in addresses)


async def test_the_record_is_read_on_from_any_number(host: StaffHost) -> None:
    for number in range(3):
        await host.call("comms", "POST", "/v1/holds", json={"reason": str(number)})
    everything = (await host.call("dpo", "GET", "/v1/audit")).json()
    last = everything["next"]

    rest = (await host.call("dpo", "GET", f"/v1/audit?after={last - 2}")).json()
    nothing = (await host.call("dpo", "GET", f"/v1/audit?after={last}")).json()

    assert [event["seq"] for event in everything["events"]] == list(range(1, last + 1))
    assert rest["events"] == everything["events"][-2:]
    assert nothing == {"events": [], "next": last}


async def test_what_is_read_is_the_chain(host: StaffHost, owner: psycopg.Connection[tuple[Any, ...]]) -> None:
    await host.call("comms", "POST", "/v1/holds", json={"reason": "x"})
    rows = owner.execute("SELECT seq, body, previous_hash, hash FROM audit_events ORDER BY seq").fetchall()

    shown = (await host.call("dpo", "GET", "/v1/audit")).json()["events"]

    walked = followed(Link(*row) for row in rows)
    assert walked.broken_at is None
    assert shown[-1]["hash"] == walked.head.hex()
