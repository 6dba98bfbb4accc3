"""An update to a million: how long until its people are frozen and, once approved, until the first leaves."""

import asyncio
import time
from typing import Final

from service.clock import SystemClock
from service.doorbell import Job, Lane
from service.registrations.recipients import AudienceRule
from service.registrations.words import Channel
from service.updates import counting
from service.updates.content import MESSAGES
from tests.benchmarks.bench import WORDS, Bench, Servers
from tests.benchmarks.figures import Figures
from tests.benchmarks.processes import NotMeasured

TOPIC: Final = "eligibility"


def measure(servers: Servers, figures: Figures, *, people: int) -> None:
    """One update to `people`; its sending is broken off after the first messages."""
    with servers.bench({TOPIC: people}) as bench:
        print(f"planning: {people} people are there", flush=True)
        with bench.workers(Lane.BULK, 1):
            counted, planned, first = asyncio.run(_one(bench, people))
    figures.add("count_audience_1m", "s", [counted])
    figures.add("plan_1m", "s", [planned])
    figures.add("first_message_of_1m", "s", [first])
    print(
        f"planning: counted {counted:.1f} s, planned {planned:.1f} s, first message {first:.2f} s", flush=True
    )


async def _one(bench: Bench, people: int) -> tuple[float, float, float]:
    async with bench.service() as service:
        began = time.monotonic()
        async with service.staff.begin() as tx:
            now = SystemClock().now()
            rule = AudienceRule(topics=(TOPIC,))
            found = await counting.count_rule(
                tx, service.scheme.id, rule, [*MESSAGES, Channel.PHONE], now=now
            )
        counted = time.monotonic() - began
        update = await service.draft(
            {"title": "A measurement", "email": {"en": WORDS, "cy": WORDS}, "audience": {"topics": [TOPIC]}}
        )
        began = time.monotonic()
        submitted = await service.submit(update)
        planned = time.monotonic() - began
        if (submitted.planned, found.people) != (people, people):
            raise NotMeasured(f"{submitted.planned} deliveries, {found.people} counted, instead of {people}")
        bench.target.reset()
        began = time.monotonic()
        await service.approve(update)
        await service.worker.doorbell.ring(Job.SEND)
        bench.target.wait_for(1, seconds=120)
        return counted, planned, time.monotonic() - began
