"""Publishing through the staff JSON API: drafted and submitted by comms, approved by a senior, waited for."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Final

from deploy.demo.main_job.calling import Caller, Refused, StaffMember
from deploy.demo.main_job.patience import Patience
from deploy.demo.main_job.registering import SCHEME
from deploy.demo.main_job.steps import Steps
from service.errors import KeptError

LOOK_EVERY_SECONDS: Final = 0.25

OPEN: Final = ("planned", "claimed", "uncertain", "accepted")
"""Outcomes after which something is still to come."""
ONE_AFTER_ALL: Final = 1
"""An update for one person needs no approval (contract.md, Staff JSON API)."""

Shown = Mapping[str, Any]
"""An update as the API shows it."""


class SentBack(KeptError):
    """The update was sent back to its author."""

    code = "sent-back"


class Halted(KeptError):
    """The update was halted."""

    code = "halted"


@dataclass(slots=True)
class Published:
    """What is known of the update, more of it as it goes on."""

    began: datetime
    shown: Shown
    author_was_refused: bool | None = None
    """None where no approval was needed."""
    certificate: Mapping[str, Any] | None = None


class Publishing:
    """One update, from its words to its certificate."""

    def __init__(
        self, staff: Caller, comms: StaffMember, senior: StaffMember, *, patience: Patience, steps: Steps
    ) -> None:
        self._staff = staff
        self._comms = comms
        self._senior = senior
        self._patience = patience
        self._steps = steps

    async def prepare(self, body: Mapping[str, Any]) -> Published:
        """Draft it, submit it, and wait until its people are frozen. Raises `Refused`, `SentBack`."""
        began = datetime.now(UTC)
        with self._steps.step("prepare", "Choosing its people") as at:
            path, token = f"/v1/schemes/{SCHEME}/updates", await self._comms.token()
            shown = await self._staff.agreed("the update", "POST", path, json=dict(body), token=token)
            await self._do("the submission", f"/v1/updates/{shown['id']}/submission", "draft", self._comms)
            wait = self._patience.begin("waiting for the update's people")
            while (shown := await self._look(shown["id"]))["state"] == "preparing":
                wait.saw(shown["state"])
                await asyncio.sleep(LOOK_EVERY_SECONDS)
            if shown["state"] == "draft":
                raise SentBack(f"the update was sent back: {shown.get('sent_back_why') or 'no reason given'}")
            at(shown["planned"], of=shown["planned"])
        return Published(began, shown)

    async def approve(self, published: Published) -> None:
        """Have exactly what was read approved by a senior, and by nobody who wrote it."""
        shown = published.shown
        if shown["state"] != "awaiting_approval":
            if shown["planned"] == ONE_AFTER_ALL:
                return
            raise KeptError(f"{shown['planned']} people were to be written to without an approval")
        with self._steps.step("approve", "Approving"):
            path = f"/v1/updates/{shown['id']}/approval"
            read = {name: shown[name] for name in ("content_sha256", "audience_sha256")}
            form = {"decision": "approve", **read}
            tried = await self._staff.call("POST", path, json=form, token=await self._comms.token())
            published.author_was_refused = tried.status_code == HTTPStatus.FORBIDDEN
            await self._do("the approval", path, "awaiting_approval", self._senior, form)

    async def see_through(self, published: Published) -> None:
        """Wait until everybody's outcome is known. Raises `SentBack`, `Halted`."""
        wait = self._patience.begin("waiting for the update to be sent, and for its receipts")
        with self._steps.step("send", "Sending", published.shown["planned"]) as at:
            while True:
                shown = published.shown = await self._look(published.shown["id"])
                outcomes = shown["outcomes"]
                at(shown["planned"] - sum(outcomes[name] for name in OPEN), of=shown["planned"])
                match shown["state"]:
                    case "halted":
                        raise Halted(f"the update was halted: {shown.get('halted_why') or 'no reason given'}")
                    case "draft" | "preparing" | "awaiting_approval":
                        why = shown.get("sent_back_why") or "no reason given"
                        raise SentBack(f"the update was sent back: {why}")
                    case "sent" if not any(outcomes[name] for name in OPEN):
                        return
                if not _waits_for_its_time(shown):
                    wait.saw((shown["state"], outcomes))
                await asyncio.sleep(LOOK_EVERY_SECONDS)

    async def certify(self, published: Published) -> None:
        """Get its certificate, once that is final."""
        wait = self._patience.begin("waiting for the final certificate")
        path = f"/v1/updates/{published.shown['id']}/certificate"
        with self._steps.step("certify", "Certifying"):
            while published.certificate is None or not published.certificate["final"]:
                token = await self._comms.token()
                published.certificate = await self._staff.agreed("the certificate", "GET", path, token=token)
                wait.saw(published.certificate["outcomes"])
                await asyncio.sleep(0 if published.certificate["final"] else LOOK_EVERY_SECONDS)

    async def _look(self, update_id: str) -> Shown:
        token = await self._comms.token()
        shown: Shown = await self._staff.agreed(
            "a look at the update", "GET", f"/v1/updates/{update_id}", token=token
        )
        return shown

    async def _do(
        self, doing: str, path: str, unless: str, who: StaffMember, form: Mapping[str, str] | None = None
    ) -> None:
        """POST what moves the update out of the state `unless`.

        A call whose answer was lost is made again, and then refused because it was done: that is no failure.
        """
        try:
            await self._staff.agreed(doing, "POST", path, json=form or {}, token=await who.token())
        except Refused as refused:
            if refused.status != HTTPStatus.CONFLICT:
                raise
            update_id = path.split("/")[3]
            if (await self._look(update_id))["state"] == unless:
                raise


def _waits_for_its_time(shown: Shown) -> bool:
    """Whether it is approved and is to leave later: then nothing happens, rightly."""
    not_before = shown.get("not_before")
    return (
        shown["state"] == "approved"
        and not_before is not None
        and datetime.fromisoformat(not_before) > datetime.now(UTC)
    )
