"""How long a person waits for a confirmation while an update takes everything that the pace gives."""

import asyncio
import random
import time
from statistics import median, quantiles
from typing import Final

from service.doorbell import Job, Lane
from service.registrations.letterbox import drop
from tests.benchmarks.bench import Bench, Servers
from tests.benchmarks.figures import Figures
from tests.benchmarks.processes import NotMeasured
from tests.harness.people import now

TOPIC: Final = "eligibility"
RATE: Final = 3_000
BULK: Final = 3
A_SECOND: Final = 4
"""Sign-ups: an eighth of Notify's refill would be six."""
AFTER_THE_BURST: Final = 3.0
LATE: Final = 30.0


def measure(servers: Servers, figures: Figures, *, sign_ups: int) -> None:
    count = RATE // 3 + int((sign_ups / A_SECOND + AFTER_THE_BURST) * RATE / 60)
    with (
        servers.bench({TOPIC: count}) as bench,
        bench.workers(Lane.BULK, BULK, rate=RATE),
        bench.workers(Lane.URGENT, 1, rate=RATE),
    ):
        bench.target.reset(RATE)
        asyncio.run(bench.approve(TOPIC, count))
        asyncio.run(bench.ring(Job.SEND, BULK))
        bench.target.wait_for(RATE // 4, seconds=30)
        time.sleep(AFTER_THE_BURST)
        asked = asyncio.run(_sign_up(bench, sign_ups))
        still_sending = bench.target.stats().taken < count
        waits = _waits(bench, asked)
        refused = bench.target.stats().refused
    if not still_sending:
        raise NotMeasured("the update had been sent before the last confirmation was asked for")
    figures.add("confirmation_hand_over_p50", "s", [median(waits)])
    figures.add("confirmation_hand_over_p99", "s", [quantiles(waits, n=100, method="inclusive")[98]])
    figures.add("confirmation_hand_over_worst", "s", [max(waits)])
    figures.add("confirmation_refused", "answers 429", [refused])
    print(f"confirmations: {len(waits)} handed over, the slowest after {max(waits):.2f} s", flush=True)


async def _sign_up(bench: Bench, count: int) -> dict[str, float]:
    """Drop forms in, a few a second, as the public process does; when each was dropped in."""
    asked: dict[str, float] = {}
    async with bench.service() as service:
        for number in range(count):
            address = f"newcomer.{number}@example.com"
            asked[address] = time.monotonic()
            async with service.public.begin() as tx:
                await drop(tx, service.scheme, service.form(address), now=now())
            await service.worker.doorbell.ring(Job.INTAKE)
            await asyncio.sleep(random.uniform(0, 2 / A_SECOND))
    return asked


def _waits(bench: Bench, asked: dict[str, float]) -> list[float]:
    until = time.monotonic() + LATE
    while asked.keys() - (came := bench.target.stats().confirmations).keys():
        if time.monotonic() > until:
            raise NotMeasured(f"{len(came)} of {len(asked)} confirmations were handed over")
        time.sleep(0.2)
    return [came[address] - at for address, at in asked.items()]
