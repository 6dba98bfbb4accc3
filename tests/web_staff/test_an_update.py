"""An update from draft to certificate over HTTP, and the states that refuse (409)."""

import asyncio
import json
import os
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from service.deliveries.certificate import verify
from tests.harness.people import Service
from tests.staff.forging import Forger
from tests.updates.directory import Directory
from tests.updates.words import body
from tests.web_staff.serving import StaffHost, decision, workers_running
from workers import plan


async def _until(host: StaffHost, update: str, state: str) -> dict[str, Any]:
    deadline = time.monotonic() + 30
    while (shown := await host.shown(update))["state"] != state:
        assert time.monotonic() < deadline, shown
        await asyncio.sleep(0.05)
    return shown


def _kept(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "service.cli", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": os.environ.get("PYTHONPATH", "")},
    )


async def test_an_update_goes_from_draft_to_a_certificate_that_verifies(
    service: Service, host: StaffHost, tmp_path: Path
) -> None:
    addresses = await service.people(3)
    await plan.see_templates(service.worker)
    drafted = await host.drafted(body())
    assert (drafted["state"], drafted["planned"], drafted["audience_sha256"]) == ("draft", 0, None)
    path = f"/v1/updates/{drafted['id']}"

    edited = await host.call("comms", "PATCH", path, json={"title": "Better"})
    assert edited.json()["content_sha256"] != drafted["content_sha256"]

    async with workers_running(service):
        answer = await host.call("comms", "POST", f"{path}/submission")
        assert (answer.status_code, answer.json()["state"]) == (202, "preparing")
        awaiting = await _until(host, drafted["id"], "awaiting_approval")
        assert (awaiting["planned"], awaiting["outcomes"]["planned"]) == (3, 3)

        answer = await host.call("senior", "POST", f"{path}/approval", json=decision(awaiting))
        assert (answer.status_code, answer.json()["state"]) == (200, "approved")
        sent = await _until(host, drafted["id"], "sent")
        assert sum(sent["outcomes"].values()) == sent["planned"] == sent["outcomes"]["accepted"] == 3
        assert [len(service.updates_to(address)) for address in addresses] == [1, 1, 1]

        answer = await host.call("reviewer", "GET", f"{path}/certificate")
    certificate = answer.json()
    key = service.worker.keys.signing_key().public_key().public_bytes_raw()
    assert answer.status_code == 200
    assert certificate["final"] is False
    assert (certificate["update"], certificate["planned"]) == (drafted["id"], 3)
    assert (certificate["outcomes"], certificate["duplicates"]) == (sent["outcomes"], 0)
    assert certificate["content_sha256"] == sent["content_sha256"]
    assert certificate["audience_sha256"] == sent["audience_sha256"]
    assert not any(address in answer.text for address in addresses)
    assert verify(certificate, key)

    (tmp_path / "key").write_text(key.hex())
    for name, document, held in (
        ("good", certificate, True),
        ("altered", {**certificate, "duplicates": 1}, False),
        ("more", {**certificate, "note": "all is well"}, False),
    ):
        file = tmp_path / f"{name}.json"
        file.write_text(json.dumps(document))
        done = _kept("certificate", "verify", str(file), "--key", str(tmp_path / "key"))
        assert (done.returncode, "Traceback" in done.stderr) == (0 if held else 1, False), done.stderr


@pytest.mark.parametrize(
    "change",
    [
        {"planned": 4},
        {"root": "0" * 64},
        {"final": "perhaps"},
        {"outcomes": {"accepted": 3}},
        {"signature": "00" * 64},
        {"signature": "not hex"},
        {"signature": None},
        {"format": "another"},
    ],
)
async def test_an_altered_certificate_does_not_verify(
    service: Service, host: StaffHost, directory: Directory, change: dict[str, Any]
) -> None:
    directory.people(2)
    await plan.see_templates(service.worker)
    update = await host.approved(service, body())
    directory.connection.execute("UPDATE updates SET state = 'sending'")
    async with workers_running(service):
        answer = await host.call("comms", "GET", f"/v1/updates/{update}/certificate")
    key = service.worker.keys.signing_key().public_key().public_bytes_raw()
    assert verify(answer.json(), key)

    assert not verify({**answer.json(), **change}, key)
    assert not verify(answer.json(), bytes(32))


async def test_without_a_worker_a_certificate_is_503_with_the_time_to_wait(
    service: Service, host: StaffHost, directory: Directory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.web.staff.waiting.WAIT_SECONDS", 0.3)
    directory.people(2)
    await plan.see_templates(service.worker)
    update = await host.approved(service, body())
    directory.connection.execute("UPDATE updates SET state = 'sending'")

    answer = await host.call("comms", "GET", f"/v1/updates/{update}/certificate")

    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0


async def test_what_the_state_does_not_allow_is_409(
    service: Service, host: StaffHost, directory: Directory
) -> None:
    directory.people(2)
    await plan.see_templates(service.worker)
    update = (await host.drafted(body()))["id"]
    path = f"/v1/updates/{update}"
    zeros = {"decision": "approve", "content_sha256": "0" * 64, "audience_sha256": "0" * 64}

    async def refused(person: str, method: str, what: str, sent: Any = None) -> bool:
        answer = await host.call(person, method, path + what, **({} if sent is None else {"json": sent}))
        assert answer.headers["content-type"].startswith("application/problem+json") or answer.is_success
        return answer.status_code == 409

    assert await refused("senior", "POST", "/approval", zeros)
    assert await refused("comms", "POST", "/halt")
    assert await refused("senior", "POST", "/resume")
    assert await refused("comms", "GET", "/certificate")
    assert not await refused("comms", "POST", "/submission")
    assert await refused("comms", "POST", "/submission")
    await plan.plan_updates(service.worker)
    shown = await host.shown(update)
    assert await refused("senior", "POST", "/approval", decision(shown, content_sha256="0" * 64))
    assert await refused("senior", "POST", "/approval", decision(shown, audience_sha256="0" * 64))
    assert not await refused("senior", "POST", "/approval", decision(shown))
    assert await refused("senior2", "POST", "/approval", decision(shown))
    assert await refused("senior", "POST", "/resume")
    directory.connection.execute("UPDATE updates SET state = 'sending'")
    assert await refused("comms", "PATCH", "", {"title": "Too late"})
    assert not await refused("reviewer", "POST", "/halt", {"reason": "stop"})
    assert await refused("comms", "PATCH", "", {"title": "Too late"})
    assert not await refused("senior", "POST", "/resume")


async def test_one_that_was_halted_before_it_was_sent_is_resumed(
    service: Service, host: StaffHost, directory: Directory
) -> None:
    directory.people(2)
    await plan.see_templates(service.worker)
    update = await host.approved(service, body())
    halted = await host.call("caseworker", "POST", f"/v1/updates/{update}/halt", json={})
    assert (halted.json()["state"], halted.json()["halted_why"]) == ("halted", "halted by staff")

    answer = await host.call("senior", "POST", f"/v1/updates/{update}/resume")

    assert (answer.status_code, answer.json().get("state")) == (200, "sending")


async def test_19_the_author_cannot_approve(service: Service, host: StaffHost, directory: Directory) -> None:
    directory.people(2)
    await plan.see_templates(service.worker)
    update = (await host.drafted(body(), by="senior"))["id"]
    await host.call("comms", "POST", f"/v1/updates/{update}/submission")
    await plan.plan_updates(service.worker)
    shown = await host.shown(update)

    answer = await host.call("senior", "POST", f"/v1/updates/{update}/approval", json=decision(shown))
    assert answer.status_code == 403
    assert answer.json()["type"] == "urn:kept:problem:self-approval"

    answer = await host.call("senior2", "POST", f"/v1/updates/{update}/approval", json=decision(shown))
    assert answer.status_code == 200


async def test_a_sign_in_of_long_ago_neither_approves_nor_resumes_nor_lifts(
    service: Service, host: StaffHost, directory: Directory, forger: Forger
) -> None:
    directory.people(2)
    await plan.see_templates(service.worker)
    shown = await host.submitted(service, body())
    path = f"/v1/updates/{shown['id']}"
    hold = (await host.call("comms", "POST", "/v1/holds", json={"reason": "x"})).json()["id"]
    stale = forger.token({"auth_time": int(datetime.now(UTC).timestamp()) - 310})

    approved = await host.call(None, "POST", f"{path}/approval", token=stale, json=decision(shown))
    lifted = await host.call(None, "DELETE", f"/v1/holds/{hold}", token=stale)
    await host.call("senior", "POST", f"{path}/approval", json=decision(shown))
    await host.call(None, "POST", f"{path}/halt", token=stale)
    resumed = await host.call(None, "POST", f"{path}/resume", token=stale)

    for answer in (approved, lifted, resumed):
        assert answer.status_code == 401
        assert answer.json()["type"] == "urn:kept:problem:sign-in-again"
    assert (await host.shown(shown["id"]))["state"] == "halted"


async def test_an_update_sent_back_shows_its_author_why(
    service: Service, host: StaffHost, directory: Directory
) -> None:
    directory.people(2)
    await plan.see_templates(service.worker)
    shown = await host.submitted(service, body())

    answer = await host.call(
        "senior",
        "POST",
        f"/v1/updates/{shown['id']}/approval",
        json=decision(shown, decision="send_back", comment="Say when"),
    )

    assert (answer.status_code, answer.json()["state"]) == (200, "draft")
    assert (answer.json()["sent_back_why"], answer.json()["planned"]) == ("Say when", 0)
