"""What caseworkers do with a work session, as programs: ask, approve, open, say what came of it."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
import psycopg

from tests.channels.people import EVERY_WAY, Office, Somebody
from tests.deliveries.looking import one_value
from tests.harness.people import Service
from tests.harness.servers import Database
from tests.web_staff.serving import StaffHost
from workers import plan

REFERENCE = "CASE 12/2026"


@dataclass
class Desk:
    service: Service
    database: Database
    host: StaffHost
    office: Office

    async def to_ring(self, count: int, *, also: tuple[str, ...] = (), **form: Any) -> list[Somebody]:
        """People who are told by a call, or else as they `also` can be; each with a name and a number."""
        return [
            await self.office.person(
                "phone",
                *also,
                name=f"Person {number} Quillfeather",
                **{"mobile": f"07700 9004{number:02d}", **form},
            )
            for number in range(count)
        ]

    async def sent(self) -> str:
        """An update to everybody, and to one more who has email: it has left."""
        await self.service.person()
        await plan.see_templates(self.service.worker)
        update = await self.host.approved(self.service, EVERY_WAY)
        await self.office.send()
        await self.service.finish()
        return update

    async def asks(
        self, update: str | None, kind: str = "calls", /, *, by: str = "caseworker", **more: Any
    ) -> httpx.Response:
        body = {"kind": kind, "update": update, "purpose": "call-back", "reference": REFERENCE, **more}
        return await self.host.call(by, "POST", "/v1/schemes/windrush/work-sessions", json=body)

    async def decides(
        self, session: dict[str, Any], *, by: str = "senior", decision: str = "approve", **more: Any
    ) -> httpx.Response:
        body = {"decision": decision, "request_sha256": session["request_sha256"], **more}
        return await self.host.call(by, "POST", f"/v1/work-sessions/{session['id']}/approval", json=body)

    async def approved(self, update: str | None, kind: str = "calls", **more: Any) -> str:
        """A session that may be worked on; its id."""
        asked = await self.asks(update, kind, **more)
        assert asked.status_code == 201, asked.text
        decided = await self.decides(asked.json())
        assert decided.json() == {"state": "approved"}, decided.text
        return str(asked.json()["id"])

    async def opens(self, session: str, *, by: str = "caseworker") -> httpx.Response:
        return await self.host.call(by, "POST", f"/v1/work-sessions/{session}/next")

    async def opened(self, session: str, *, by: str = "caseworker") -> dict[str, Any]:
        answer = await self.opens(session, by=by)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def says(
        self, session: str, item: str, outcome: str, *, by: str = "caseworker", **more: Any
    ) -> httpx.Response:
        path = f"/v1/work-sessions/{session}/items/{item}/outcome"
        return await self.host.call(by, "POST", path, json={"outcome": outcome, **more})

    async def shown(self, session: str) -> dict[str, Any]:
        answer = await self.host.call("senior", "GET", f"/v1/work-sessions/{session}")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def acts(self) -> list[dict[str, Any]]:
        """What is in the record, in order."""
        events = (await self.host.call("dpo", "GET", "/v1/audit")).json()["events"]
        return [each["event"] for each in events]

    def past_the_guards(self, statement: str, *values: object) -> None:
        """What no role can do: as if time had gone by, or somebody had the database in their hands."""
        with psycopg.connect(self.database.url("postgres"), autocommit=True) as connection:
            connection.execute("SET session_replication_role = replica")
            connection.execute(statement.encode(), values)

    def needs_met(self, update: str) -> set[tuple[UUID, str]]:
        rows = one_value(
            self.database,
            "SELECT coalesce(json_agg(json_build_array(registration_id, need)), '[]') FROM fulfilments "
            "WHERE update_id = %s AND done_at IS NOT NULL",
            update,
        )
        return {(UUID(registration), need) for registration, need in rows}
