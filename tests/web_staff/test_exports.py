"""Lists out by the API: what each answer says, and to whom (contract.md, Staff JSON API)."""

import asyncio
from typing import Any

import httpx
import pyrage
from pyrage.x25519 import Identity

from tests.channels.people import Office
from tests.exports.ceremony import ASKED
from tests.harness.people import Service
from tests.harness.servers import Database
from tests.web_staff.serving import StaffHost
from workers import exporting, releasing


async def test_23_a_list_goes_through_the_api_once_and_to_one_person(
    service: Service, host: StaffHost, database: Database
) -> None:
    await Office(service, database).person("email", name="Ann")
    identity = Identity.generate()
    exports = "/v1/schemes/windrush/exports"
    assert (await host.call("caseworker", "POST", exports, json=ASKED)).status_code == 409

    wrong = await host.call("caseworker", "POST", "/v1/recipient-keys", json={"recipient": str(identity)})
    assert (wrong.status_code, str(identity)[16:] in wrong.text) == (422, False)
    recipient = {"recipient": str(identity.to_public())}
    enrolled = await host.call("caseworker", "POST", "/v1/recipient-keys", json=recipient)
    assert enrolled.status_code == 201
    key, fingerprint = enrolled.json()["id"], {"fingerprint": enrolled.json()["fingerprint"]}
    confirmation = f"/v1/recipient-keys/{key}/confirmation"
    assert (await host.call("caseworker", "POST", confirmation, json=fingerprint)).status_code == 403
    assert (await host.call("caseworker2", "POST", confirmation, json=fingerprint)).status_code == 200

    messaging = await host.call("caseworker", "POST", exports, json={**ASKED, "purpose": "messaging"})
    assert messaging.status_code == 422
    assert "/schemes/windrush/updates/new" in messaging.text
    details = await host.call(
        "caseworker", "POST", exports, json={**ASKED, "reference": "ann.quixworth@example.com"}
    )
    assert (details.status_code, "quixworth" in details.text) == (422, False)
    asked = await host.call("caseworker", "POST", exports, json=ASKED)
    assert asked.status_code == 201
    export = f"/v1/exports/{asked.json()['id']}"
    approval = {"decision": "approve", "request_sha256": asked.json()["request_sha256"]}
    assert (await host.call("caseworker", "POST", f"{export}/approval", json=approval)).status_code == 403
    assert (await host.call("dpo", "POST", f"{export}/approval", json=approval)).status_code == 403
    approved = await host.call("senior", "POST", f"{export}/approval", json=approval)
    assert (approved.status_code, approved.json()["state"]) == (200, "approved")
    assert (await host.call("caseworker", "GET", f"{export}/file")).status_code == 409
    assert (await host.call("caseworker", "GET", f"{export}/manifest")).status_code == 409

    await exporting.build_lists(service.worker)
    for other in ("caseworker2", "senior", "dpo", "comms"):
        assert (await host.call(other, "GET", f"{export}/file")).status_code == 404
        assert (await host.call(other, "POST", f"{export}/release")).status_code == 404
    assert (await host.call("comms", "GET", export)).status_code == 403
    file = await host.call("caseworker", "GET", f"{export}/file")
    assert (file.status_code, file.headers["cache-control"]) == (200, "no-store")
    assert (await host.call("caseworker", "GET", f"{export}/file")).status_code == 410
    manifest = (await host.call("dpo", "GET", f"{export}/manifest")).json()
    shown = (await host.call("reviewer", "GET", export)).json()
    assert (shown["state"], shown["rows"], shown["sha256"]) == ("downloaded", 3, manifest["sha256"])
    assert shown["could_have_been_opened"] == {"by": [], "since": None, "for_good": False}

    released = await _released(host, service, export)
    assert released.status_code == 200, released.text
    armoured = released.json()["release_key"]
    assert armoured.startswith("-----BEGIN AGE ENCRYPTED FILE-----")
    opens = Identity.from_str(pyrage.decrypt(armoured.encode(), [identity]).decode().strip())
    plain = pyrage.decrypt(pyrage.decrypt(file.content, [identity]), [opens])
    assert plain.decode().splitlines()[0] == '"number","name","email","export"'
    shown = (await host.call("reviewer", "GET", export)).json()
    assert (shown["state"], shown["could_have_been_opened"]["by"]) == ("released", ["demo-caseworker"])
    assert shown["could_have_been_opened"]["since"] == shown["released_at"]
    everything = (await host.call("dpo", "GET", exports)).json()["exports"]
    assert everything == [shown]


async def _released(host: StaffHost, service: Service, export: str) -> httpx.Response:
    """The answer to a release, while a worker does its job."""

    async def work() -> None:
        while True:
            await releasing.hand_over_keys(service.worker)
            await asyncio.sleep(0.1)

    worker: asyncio.Task[Any] = asyncio.create_task(work())
    try:
        return await host.call("caseworker", "POST", f"{export}/release")
    finally:
        worker.cancel()
        await asyncio.gather(worker, return_exceptions=True)
