"""Over HTTP: an embargo and its word, an urgent window, counts, a correction, what happened over time."""

from typing import Any
from uuid import UUID

from service.deliveries.preparing import begin_sending
from tests.harness.people import Service, now
from tests.staff.forging import Forger
from tests.updates.directory import Directory
from tests.updates.words import body
from tests.web_staff.serving import StaffHost, decision
from workers import plan


async def test_an_update_under_embargo_waits_for_the_word_and_is_corrected(
    service: Service, host: StaffHost, directory: Directory, forger: Forger
) -> None:
    await service.people(2)
    await plan.see_templates(service.worker)
    shown = await host.submitted(service, body(on_word=True))
    assert shown["on_word"] is True
    path = f"/v1/updates/{shown['id']}"
    assert (await host.call("comms", "POST", f"{path}/word")).status_code == 409
    await host.call("senior", "POST", f"{path}/approval", json=decision(shown))
    waiting = await host.shown(shown["id"])
    assert (waiting["state"], waiting["not_before"], waiting["word"]) == ("approved", None, None)
    certificate = await host.call("comms", "GET", f"/updates/{shown['id']}/certificate")
    assert "when somebody gives the word" in certificate.text

    stale = forger.token({"auth_time": int(now().timestamp()) - 310, "roles": ["comms"]})
    assert (await host.call(None, "POST", f"{path}/word", token=stale)).status_code == 401
    given = await host.call("comms", "POST", f"{path}/word")
    assert given.status_code == 200
    assert given.json()["word"] == {"by": "demo-comms", "at": given.json()["not_before"]}
    assert (await host.call("comms", "POST", f"{path}/correction")).status_code == 409

    await service.send()
    points = (await host.call("reviewer", "GET", f"{path}/progress")).json()["points"]
    assert sum(point["accepted"] for point in points) == 2
    correction = await host.call("comms2", "POST", f"{path}/correction")
    assert correction.status_code == 201
    assert correction.json()["audience"] == {"reached_by": shown["id"]}
    assert correction.json()["title"] == "Correction: A test"


async def test_an_urgent_approval_has_a_reason_that_is_shown(
    service: Service, host: StaffHost, directory: Directory
) -> None:
    directory.people(2)
    await plan.see_templates(service.worker)
    shown = await host.submitted(service, body())
    path = f"/v1/updates/{shown['id']}/approval"

    empty = await host.call("senior", "POST", path, json=decision(shown, urgent_reason=""))
    assert (empty.status_code, empty.json()["errors"][0]["field"]) == (422, "urgent_reason")
    approved = await host.call("senior", "POST", path, json=decision(shown, urgent_reason="It closes today"))

    assert approved.json()["urgent_reason"] == "It closes today"
    assert (await host.shown(shown["id"]))["urgent_reason"] == "It closes today"


async def test_people_are_counted_for_a_rule_and_of_an_update(
    service: Service, host: StaffHost, directory: Directory
) -> None:
    directory.people(2)
    directory.person(language="cy", at=directory.contact(channel="sms"))
    await plan.see_templates(service.worker)
    form: dict[str, Any] = {"audience": {"topics": ["eligibility"]}}

    by_email = await host.call("comms", "POST", "/v1/schemes/windrush/audiences", json=form)
    by_both = await host.call(
        "comms", "POST", "/v1/schemes/windrush/audiences", json={**form, "channels": ["email", "sms"]}
    )
    assert (by_email.status_code, by_email.json()["people"]) == (200, 2)
    assert (by_both.json()["people"], by_both.json()["languages"]) == (3, {"en": 2, "cy": 1})
    wrongs: list[dict[str, Any]] = [
        {"audience": {}},
        *({**form, "channels": each} for each in ([], ["phone"])),
    ]
    for wrong in wrongs:
        answer = await host.call("comms", "POST", "/v1/schemes/windrush/audiences", json=wrong)
        assert answer.status_code == 422, wrong
    assert (await host.call("comms", "POST", "/v1/schemes/nowhere/audiences", json=form)).status_code == 404

    update = (await host.drafted(body()))["id"]
    directory.person()
    await host.call("comms", "POST", f"/v1/updates/{update}/submission")
    await plan.plan_updates(service.worker)
    frozen = (await host.call("senior", "GET", f"/v1/updates/{update}/audience")).json()
    assert (frozen["people"], frozen["joined_since_saved"]) == (3, 1)
    async with service.worker.transactions.begin() as tx:
        assert not await begin_sending(tx, UUID(update), now=now())
