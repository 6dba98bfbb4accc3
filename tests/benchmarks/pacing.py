"""How near to what Notify allows: three workers at a bucket of 3,000 a minute, and at ten times that."""

from typing import Final

from deploy.demo.notify.limits import RateLimit
from service.doorbell import Lane
from tests.benchmarks.bench import Servers
from tests.benchmarks.figures import Figures

TOPIC: Final = "eligibility"
WORKERS: Final = 3
RATES: Final = (3_000, 30_000)


def ideal_seconds(count: int, rate: int) -> float:
    """Burst plus refill: what lies in a full bucket leaves at once, the rest as it is refilled."""
    return (count - RateLimit(rate).capacity) / (rate / 60)


def measure(servers: Servers, figures: Figures, *, seconds: float) -> None:
    """`seconds` is the ideal time that each of the two runs is made for."""
    for rate in RATES:
        count = RateLimit(rate).capacity + int(rate / 60 * seconds)
        with servers.bench({TOPIC: count}) as bench, bench.workers(Lane.BULK, WORKERS, rate=rate) as pids:
            bench.target.reset(rate)
            sent = bench.send(TOPIC, pids, count, seconds=seconds * 2 + 30)
        figures.add(f"pace_{rate}_seconds", "s", [sent.seconds])
        figures.add(f"pace_{rate}_refused", "answers 429", [sent.stats.refused])
        figures.add(f"pace_{rate}_attempts_a_message", "attempts", [sent.attempts / count])
        figures.ratio(f"pace_{rate}_to_ideal", [sent.seconds], [ideal_seconds(count, rate)])
        print(
            f"pace, {rate} a minute: {count} in {sent.seconds:.1f} s, "
            f"ideal {ideal_seconds(count, rate):.1f} s, {sent.stats.refused} refused, "
            f"{sent.attempts} attempts",
            flush=True,
        )
