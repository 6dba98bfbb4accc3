"""Whether a worker stays as it is: memory and CPU a message, for 100,000 people and for 1,000."""

from typing import Final

from service.doorbell import Lane
from tests.benchmarks.bench import Bench, Sent, Servers
from tests.benchmarks.figures import Figures
from tests.benchmarks.processes import peak_memory_mib

WARM: Final = "evidence"
FEW: Final = "family-members"
MANY: Final = "eligibility"
WARM_COUNT: Final = 200


def measure(servers: Servers, figures: Figures, *, few: int, many: int, rounds: int) -> None:
    """Each on a new worker that has sent a small update before: what is loaded once is not counted."""
    with servers.bench({WARM: WARM_COUNT, FEW: few, MANY: many}) as bench:
        small = [_one(bench, FEW, few) for _ in range(rounds)]
        large, peak = _one(bench, MANY, many)
    figures.add("worker_memory_1k", "MiB", [memory for _, memory in small])
    figures.add("worker_memory_100k", "MiB", [peak])
    figures.add("cpu_per_message_1k", "ms/message", [sent.cpu_ms for sent, _ in small])
    figures.add("cpu_per_message_100k", "ms/message", [large.cpu_ms])
    figures.add("send_100k", "messages/s", [large.rate])
    figures.ratio("worker_memory_100k_to_1k", [peak] * rounds, [memory for _, memory in small])
    figures.ratio("cpu_per_message_100k_to_1k", [large.cpu_ms] * rounds, [sent.cpu_ms for sent, _ in small])
    print(f"memory: {many} people in {large.seconds:.0f} s, peak {peak:.0f} MiB", flush=True)


def _one(bench: Bench, topic: str, count: int) -> tuple[Sent, float]:
    with bench.workers(Lane.BULK, 1) as pids:
        bench.target.reset()
        bench.send(WARM, pids, WARM_COUNT, seconds=60)
        bench.target.reset()
        sent = bench.send(topic, pids, count, seconds=60 + count / 100)
        return sent, peak_memory_mib(pids[0])
