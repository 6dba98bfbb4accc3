"""What staff see of texts, letters and calls: before an approval, after a halt, and for caseworkers."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from service.deliveries.claiming import claim
from service.deliveries.preparing import begin_sending
from service.deliveries.settling import settle, settlement
from service.notify.gateway import Accepted
from service.settings import StaffSettings
from tests.channels.people import EVERY_WAY, TEXTS
from tests.harness.people import Service, now
from tests.updates.directory import Directory
from tests.web_staff.serving import StaffHost
from workers import plan


async def test_an_approver_sees_how_it_goes_out_what_it_costs_and_whom_somebody_has_to_ring(
    service: Service, host: StaffHost, directory: Directory
) -> None:
    for channel in ("email", "sms", "sms", "letter"):
        directory.person(at=directory.contact(channel=channel))
    called = directory.person(at=directory.contact(channel="phone"))
    reads_braille = directory.person()
    directory.connection.execute(
        "UPDATE registrations SET formats = '{braille,text-relay}' WHERE id IN (%s, %s)",
        (called, reads_braille),
    )
    await plan.see_templates(service.worker)
    drafted = await host.drafted(EVERY_WAY)
    nothing: dict[str, Any] = {"sms": {"messages": 0, "segments": 0}, "letter": {"letters": 0}, "pence": 0}
    assert (drafted["sms"], drafted["cost"]) == (TEXTS, nothing)

    shown = await host.submitted(service, EVERY_WAY)
    assert shown["planned"] == sum(shown["channels"].values()) == 5
    assert shown["channels"] == {"email": 2, "sms": 2, "letter": 1}
    # One segment each, with the link; nobody has said what one costs.
    assert shown["cost"] == {
        "sms": {"messages": 2, "segments": 2},
        "letter": {"letters": 1},
        "pence": None,
    }
    needs = shown["fulfilment"]
    assert (needs["phone"], needs["braille"], sum(needs.values())) == (1, 2, 3)

    path = f"/v1/updates/{shown['id']}/fulfilment"
    assert (await host.call("comms", "GET", path)).status_code == 403
    listed = (await host.call("caseworker", "GET", path)).json()
    assert {each["registration"]: each["needs"] for each in listed["registrations"]} == {
        str(called): ["braille", "phone"],
        str(reads_braille): ["braille"],
    }
    assert listed["next"] is None

    done = {"registration": str(called), "need": "phone"}
    assert (await host.call("comms", "POST", path, json=done)).status_code == 403
    for _ in range(2):
        assert (await host.call("caseworker", "POST", path, json=done)).status_code == 200
    wrong = {"registration": str(reads_braille), "need": "phone"}
    assert (await host.call("caseworker", "POST", path, json=wrong)).status_code == 404
    left = (await host.call("caseworker", "GET", path)).json()["registrations"]
    assert [each["needs"] for each in left] == [["braille"], ["braille"]]
    assert (await host.shown(shown["id"]))["fulfilment"] == needs
    events = (await host.call("dpo", "GET", "/v1/audit")).json()["events"]
    assert [each["event"]["need"] for each in events if each["event"]["act"] == "need-met"] == ["phone"]

    edited = await host.call("comms", "PATCH", f"/v1/updates/{shown['id']}", json={"sms": None})
    assert (edited.json()["sms"], edited.json()["channels"]["email"]) == (None, 0)
    assert sum(edited.json()["fulfilment"].values()) == 0
    assert (await host.call("caseworker", "GET", path)).json()["registrations"] == []


async def test_a_halt_answers_with_the_letters_that_can_still_be_cancelled(
    service: Service, host: StaffHost, directory: Directory
) -> None:
    for channel in ("letter", "letter", "email"):
        directory.person(at=directory.contact(channel=channel))
    await plan.see_templates(service.worker)
    update = await host.approved(service, EVERY_WAY)
    async with service.worker.transactions.begin() as tx:
        await begin_sending(tx, UUID(update), now=now())
        claimed = await claim(tx, UUID(update), limit=3, now=now())
        taken = [settlement(each, Accepted(uuid4(), template_version=1)) for each in claimed]
        await settle(tx, taken, ask_after=timedelta(0), now=now())
    assert (await host.shown(update))["letters_to_cancel"] is None

    halted = (await host.call("senior", "POST", f"/v1/updates/{update}/halt")).json()
    assert halted["letters_to_cancel"]["count"] == 2
    assert datetime.fromisoformat(halted["letters_to_cancel"]["until"]) > now()
    assert (await host.shown(update))["letters_to_cancel"] == halted["letters_to_cancel"]


def test_prices_are_the_deployments_and_nobody_else_invents_one() -> None:
    fields = StaffSettings.model_fields
    assert fields["text_pence"].default is None
    assert fields["letter_pence"].default is None
