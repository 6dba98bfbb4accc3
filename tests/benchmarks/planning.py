"""An update to a million, through the staff host as its users have it: how long until its people are frozen
and, once approved, until the first leaves; and what the staff process keeps in memory for it.
"""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import httpx

from deploy.one_machine.ports import free_port
from service.doorbell import Lane
from tests.benchmarks.bench import WORDS, Bench, Servers
from tests.benchmarks.figures import Figures
from tests.benchmarks.processes import NotMeasured, answering, peak_memory_mib
from tests.demo_issuer.running import AUDIENCE, running_issuer
from tests.web_staff.serving import Tokens, decision

FEW: Final = "family-members"
MANY: Final = "eligibility"
FEW_COUNT: Final = 1000
PLANNED_WITHIN: Final = 600.0
LOOK_EVERY: Final = 0.2


@dataclass(frozen=True)
class Seen:
    """One update from its submission to its first message."""

    counted: float
    planned: float
    first: float
    """Seconds, each."""
    memory: float
    """MiB: the most that the staff process has had resident."""


def measure(servers: Servers, figures: Figures, *, people: int) -> None:
    """One update to 1,000 and one to `people`, each by a new staff process; halted while they send."""
    with servers.bench({FEW: FEW_COUNT, MANY: people}) as bench:
        print(f"planning: {people} people are there", flush=True)
        with bench.workers(Lane.BULK, 1), bench.workers(Lane.CARE, 1):
            small = _seen(bench, FEW, FEW_COUNT)
            large = _seen(bench, MANY, people)
    figures.add("count_audience_1m", "s", [large.counted])
    figures.add("plan_1m", "s", [large.planned])
    figures.add("first_message_of_1m", "s", [large.first])
    figures.add("staff_memory_1k", "MiB", [small.memory])
    figures.add("staff_memory_1m", "MiB", [large.memory])
    figures.ratio("staff_memory_1m_to_1k", [large.memory], [small.memory])
    print(
        f"planning: counted {large.counted:.1f} s, planned {large.planned:.1f} s, first message after "
        f"{large.first:.2f} s; the staff process had {large.memory:.0f} MiB, {small.memory:.0f} for 1,000",
        flush=True,
    )


def _seen(bench: Bench, topic: str, people: int) -> Seen:
    with staff_process(bench) as (staff, pid):
        began = time.monotonic()
        audience = {"topics": [topic]}
        found = staff.ask("comms", "POST", "/v1/schemes/windrush/audiences", {"audience": audience})
        counted = time.monotonic() - began
        body = {"title": "A measurement", "email": {"en": WORDS, "cy": WORDS}, "audience": audience}
        update = "/v1/updates/" + staff.ask("comms", "POST", "/v1/schemes/windrush/updates", body)["id"]
        began = time.monotonic()
        staff.ask("comms", "POST", f"{update}/submission", {})
        shown = staff.wait_for(update, "awaiting_approval")
        planned = time.monotonic() - began
        if (shown["planned"], found["people"]) != (people, people):
            raise NotMeasured(
                f"{shown['planned']} deliveries, {found['people']} counted, instead of {people}"
            )
        # What an approver reads, and what everybody looks at while it goes.
        page = update.removeprefix("/v1")
        staff.page("senior", f"{page}/approve")
        bench.target.reset()
        began = time.monotonic()
        staff.ask("senior", "POST", f"{update}/approval", decision(shown))
        bench.target.wait_for(1, seconds=120)
        first = time.monotonic() - began
        for part in ("watch", "watch/live"):
            staff.page("comms", f"{page}/{part}")
        staff.ask("comms", "POST", f"{update}/halt", {"reason": "It was measured."})
        return Seen(counted, planned, first, peak_memory_mib(pid))


@dataclass
class StaffPeople:
    """The demo's staff, by their tokens."""

    http: httpx.Client
    tokens: Tokens

    def ask(self, person: str, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        answer = self._call(person, method, path, json=body)
        found: dict[str, Any] = answer.json()
        return found

    def page(self, person: str, path: str) -> None:
        self._call(person, "GET", path, headers={"Accept": "text/html"})

    def wait_for(self, update: str, state: str) -> dict[str, Any]:
        """What is shown of an update as soon as it is in this state."""
        until = time.monotonic() + PLANNED_WITHIN
        while (shown := self.ask("comms", "GET", update))["state"] != state:
            if time.monotonic() > until:
                raise NotMeasured(f"it is {shown['state']} and not {state}")
            time.sleep(LOOK_EVERY)
        return shown

    def _call(self, person: str, method: str, path: str, **more: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.tokens.of(person)}", **more.pop("headers", {})}
        answer = self.http.request(method, path, headers=headers, **more)
        if not answer.is_success:
            raise NotMeasured(f"{method} {path.rpartition('/')[2]} answered {answer.status_code}")
        return answer


@contextmanager
def staff_process(bench: Bench) -> Iterator[tuple[StaffPeople, int]]:
    """`kept web staff` with its own role and user, as `kept up` starts it, and its id."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with running_issuer(bench.folder, changes={"client_id": AUDIENCE}) as issuer:
        told = {
            "PATH": os.environ["PATH"],
            "KEPT_DATABASE_URL": bench.database.url("kept_staff"),
            "KEPT_REDIS_URL": bench.valkey.url("kept_web"),
            "KEPT_PUBLIC_URL": "http://127.0.0.1:1",
            "KEPT_STAFF_URL": url,
            "KEPT_OIDC_ISSUER": issuer.url,
            "KEPT_OIDC_CLIENT_ID": AUDIENCE,
            "KEPT_OIDC_CLIENT_SECRET": issuer.client_secret,
            "KEPT_HOLD_WINDOW_SECONDS": "0",
        }
        command = [sys.executable, "-m", "service.cli", "web", "staff", "--port", str(port)]
        with (
            answering(command, told, f"{url}/health/live") as pid,
            httpx.Client(base_url=url, trust_env=False, timeout=60) as http,
        ):
            yield StaffPeople(http, Tokens(issuer.url)), pid
