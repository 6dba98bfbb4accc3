"""The staff process for real: its own database role, uvicorn on a loopback port, the demo issuer."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import httpx
from pydantic import SecretStr

from deploy.one_machine.ports import free_port
from deploy.one_machine.valkey import EmbeddedValkey
from service.clock import Clock
from service.settings import StaffSettings
from service.web.brand import Brand
from service.web.staff.app import create_app
from tests.demo_issuer.running import AUDIENCE, RunningIssuer
from tests.harness.people import Service
from tests.harness.servers import Database
from tests.web_public.serving import answering
from workers import casework, errands, imports, plan, reconcile, send

PEOPLE = (
    "comms",
    "comms2",
    "senior",
    "senior2",
    "caseworker",
    "caseworker2",
    "dpo",
    "operator",
    "reviewer",
)


@dataclass
class Tokens:
    """Access tokens of the demo's people."""

    issuer: str
    _known: dict[str, tuple[str, float]] = field(default_factory=dict)

    def of(self, person: str) -> str:
        # A sign-in counts as fresh for five minutes, and on a busy machine a run takes longer.
        if person not in self._known or time.monotonic() - self._known[person][1] > 120:
            answer = httpx.post(f"{self.issuer}/demo/token", json={"person": person}, trust_env=False)
            token = answer.raise_for_status().json()["access_token"]
            self._known[person] = (token, time.monotonic())
        return self._known[person][0]


@dataclass
class StaffHost:
    """Calls to the staff process, as one of the demo's people or with a token of any kind."""

    http: httpx.AsyncClient
    tokens: Tokens

    async def call(
        self, person: str | None, method: str, path: str, *, token: str | None = None, **more: Any
    ) -> httpx.Response:
        headers = dict(more.pop("headers", {}))
        if person is not None:
            token = self.tokens.of(person)
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        return await self.http.request(method, path, headers=headers, **more)

    async def drafted(self, body: dict[str, Any], *, by: str = "comms") -> dict[str, Any]:
        answer = await self.call(by, "POST", "/v1/schemes/windrush/updates", json=body)
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def shown(self, update: str, *, by: str = "reviewer") -> dict[str, Any]:
        answer = await self.call(by, "GET", f"/v1/updates/{update}")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def submitted(self, service: Service, body: dict[str, Any]) -> dict[str, Any]:
        """An update that awaits its approval."""
        update = (await self.drafted(body))["id"]
        answer = await self.call("comms", "POST", f"/v1/updates/{update}/submission", json={})
        assert answer.status_code == 202, answer.text
        await plan.plan_updates(service.worker)
        return await self.shown(update)

    async def approved(self, service: Service, body: dict[str, Any]) -> str:
        """An update that a senior approved; its id."""
        shown = await self.submitted(service, body)
        answer = await self.call(
            "senior", "POST", f"/v1/updates/{shown['id']}/approval", json=decision(shown)
        )
        assert answer.status_code == 200, answer.text
        return str(shown["id"])


def decision(shown: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """The approval of exactly what was shown, with these changes."""
    read = {key: shown[key] for key in ("content_sha256", "audience_sha256")}
    return {"decision": "approve", **read, **changes}


@asynccontextmanager
async def staff_host(
    database: Database,
    valkey: EmbeddedValkey,
    issuer: RunningIssuer,
    tokens: Tokens,
    *,
    port: int | None = None,
    brand: Brand = "generic",
    clock: Clock | None = None,
) -> AsyncIterator[StaffHost]:
    port = port or free_port()
    settings = StaffSettings(
        database_url=SecretStr(database.url("kept_staff")),
        redis_url=SecretStr(valkey.url("kept_web")),
        public_url="http://127.0.0.1:1",
        staff_url=f"http://127.0.0.1:{port}",
        oidc_issuer=issuer.url,
        oidc_client_id=AUDIENCE,
        oidc_client_secret=SecretStr(issuer.client_secret),
        hold_window_seconds=0,
        brand=brand,
    )
    with answering(create_app(settings, clock=clock), port):
        async with httpx.AsyncClient(base_url=settings.staff_url, trust_env=False, timeout=30) as http:
            yield StaffHost(http, tokens)


@asynccontextmanager
async def workers_running(service: Service) -> AsyncIterator[None]:
    """The jobs of an update, over and over, as worker processes run them."""

    async def work() -> None:
        while True:
            await plan.plan_updates(service.worker)
            await send.send_updates(service.worker)
            await reconcile.apply_receipts(service.worker)
            await reconcile.make_certificates(service.worker)
            await errands.send_tests(service.worker)
            await casework.serve_caseworkers(service.worker)
            await imports.bring_lists_in(service.worker)
            await asyncio.sleep(0.05)

    task = asyncio.create_task(work())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
