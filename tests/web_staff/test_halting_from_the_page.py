"""Halting in the middle of five thousand, from the page, while a worker sends (issue 5; promise 6)."""

import asyncio
import time
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from service.settings import WorkerSettings
from tests.benchmarks.people import register
from tests.harness.people import Service
from tests.harness.servers import Database, StandIn
from tests.updates.words import bilingual, body
from tests.web_staff.browsing import StaffBrowser
from tests.web_staff.serving import StaffHost
from workers import plan

PEOPLE = 5000
PER_MINUTE = 3000
"""Notify's own rate. A third of it may leave at once, and from then on fifty a second."""
MIDDLE = 600
"""Behind the first two steps of the ramp."""


@pytest.fixture
def worker_settings(worker_settings: WorkerSettings) -> WorkerSettings:
    """A worker at the pace of a real service."""
    return worker_settings.model_copy(update={"notify_rate_per_minute": PER_MINUTE})


async def test_what_still_leaves_after_a_halt_is_at_most_what_had_been_handed_over(
    service: Service,
    host: StaffHost,
    browser: StaffBrowser,
    database: Database,
    notify: StandIn,
    owner: psycopg.Connection[tuple[Any, ...]],
) -> None:
    subject = f"It opens {uuid4().hex}"
    register(database.url("kept_owner"), service.keys, service.scheme, {"eligibility": PEOPLE})
    await plan.see_templates(service.worker)
    update = await host.approved(service, body(email=bilingual("On 1 June.", subject=subject)))
    await browser.sign_in("reviewer")
    page = await browser.get(f"/updates/{update}/watch")
    assert f"0 of {PEOPLE:,} handed over" in page.text

    def arrived() -> list[dict[str, Any]]:
        answer = notify.http.get("/admin/messages", params={"subject": subject}).raise_for_status()
        return list(answer.json())

    def counted(what: str) -> int:
        row = owner.execute(f"SELECT count(*) FROM {what}").fetchone()
        owner.commit()
        assert row is not None
        return int(row[0])

    sending = asyncio.create_task(service.send())
    until = time.monotonic() + 60
    while counted("attempts WHERE outcome = 'accepted'") < MIDDLE:
        assert time.monotonic() < until, "too few leave"
        await asyncio.sleep(0.02)

    answer = await browser.press(page, f"/updates/{update}/halt")
    handed_over = counted("attempts")
    await sending
    # Whatever else a worker may have begun: it finds nothing that it may send.
    await service.send()

    assert answer.status_code == 303
    messages = arrived()
    assert 0 < len(messages) <= handed_over < PEOPLE
    assert len({message["inbox"] for message in messages}) == len(messages)
    # Nobody is lost by it: what did not leave is still to be sent, once a senior lets it go on.
    outcomes = await host.shown(update)
    assert outcomes["state"] == "halted"
    assert outcomes["outcomes"]["planned"] == PEOPLE - len(messages)
    assert counted("attempts") == handed_over
