"""What a caseworker does over the JSON API, as tests take its steps."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx

from tests.deliveries.looking import one_value
from tests.harness.people import Service
from tests.harness.servers import Database
from tests.web_staff.serving import StaffHost, workers_running

WHY = {"purpose": "call-back", "reference": "CASE 2027/0012"}


def number() -> str:
    """A number for calls that no other test has, nor Notify's simulators."""
    return f"020 7946 0{100 + uuid4().int % 900:03d}"


@dataclass
class Caseworker:
    """One caseworker, with the service's workers at work."""

    service: Service
    host: StaffHost
    database: Database
    name: str = "caseworker"

    async def post(self, path: str, **body: Any) -> httpx.Response:
        return await self.host.call(self.name, "POST", f"/v1/{path}", json=body)

    async def finds(self, **by: str) -> list[dict[str, Any]]:
        answer = await self.post("schemes/windrush/searches", **by)
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["registrations"]
        return found

    async def of(self, registration: str, act: str, **body: Any) -> httpx.Response:
        return await self.post(f"registrations/{registration}/{act}", **body)

    async def assists(self, **changes: Any) -> httpx.Response:
        form = {
            "kind": "individual",
            "language": "en",
            "topics": ["eligibility"],
            "contact_by": ["email"],
            "consent": True,
            "given_by": "phone",
            **changes,
        }
        return await self.post("schemes/windrush/assisted-registrations", **form)

    def events(self, act: str) -> list[dict[str, Any]]:
        """What is recorded of an act, oldest first, without who and when."""
        said = one_value(
            self.database,
            "SELECT coalesce(json_agg(body ORDER BY seq), '[]') FROM audit_events WHERE body LIKE %s",
            f'%"act":"{act}"%',
        )
        return [
            {name: value for name, value in json.loads(each).items() if name not in ("act", "at", "actor")}
            for each in said
        ]


@asynccontextmanager
async def at_work(service: Service, host: StaffHost, database: Database) -> AsyncIterator[Caseworker]:
    async with workers_running(service):
        yield Caseworker(service, host, database)
