"""Registrations a second through the public process, beside a plain insert; and how soon, at a steady
hundred a second, a confirmation is handed over.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import quantiles
from typing import Final

from deploy.one_machine.ports import free_port
from service.doorbell import Lane
from tests.benchmarks.bench import Bench, Servers
from tests.benchmarks.figures import Figures
from tests.benchmarks.processes import NotMeasured, answering

CONNECTIONS: Final = 16
PATH: Final = "/v1/schemes/windrush/registrations"
NEVER: Final = "1000000000"
"""Requests a minute of one client: counted as for real, and never in the way."""
A_SECOND: Final = 100
LATE: Final = 30.0


@dataclass(frozen=True)
class Posted:
    """What the load generator saw: by address, when it was due and when it was answered."""

    times: dict[str, list[float]]

    @property
    def rate(self) -> float:
        begun = min(due for due, _ in self.times.values())
        return len(self.times) / (max(answered for _, answered in self.times.values()) - begun)

    @property
    def percentiles(self) -> tuple[float, float]:
        """The median and the 99th, in milliseconds."""
        waits = [(answered - due) * 1000 for due, answered in self.times.values()]
        cut = quantiles(waits, n=100, method="inclusive")
        return cut[49], cut[98]


def measure(servers: Servers, figures: Figures, *, count: int, rounds: int, seconds: float) -> None:
    """Each in its turn, `count` posts a round; then `seconds` at a steady rate with an urgent worker."""
    with servers.bench({"eligibility": 1}) as bench, public_process(bench) as public:
        seen: dict[str, list[Posted]] = {"plain_insert": [], "register": []}
        with plain_process(bench) as plain:
            post(plain, "warm", count // 10)
            post(public, "warm", count // 10)
            for number in range(rounds):
                seen["plain_insert"].append(post(plain, f"plain{number}", count))
                seen["register"].append(post(public, f"ours{number}", count))
                print(
                    f"register, round {number + 1} of {rounds}: "
                    + ", ".join(f"{name} {each[-1].rate:.0f}/s" for name, each in seen.items()),
                    flush=True,
                )
    for name, rounds_of in seen.items():
        figures.add(name, "registrations/s" if name == "register" else "rows/s", [p.rate for p in rounds_of])
        figures.add(f"{name}_p50", "ms", [posted.percentiles[0] for posted in rounds_of])
        figures.add(f"{name}_p99", "ms", [posted.percentiles[1] for posted in rounds_of])
    figures.ratio(
        "register_to_bare_insert",
        [posted.rate for posted in seen["register"]],
        [posted.rate for posted in seen["plain_insert"]],
    )
    _steady(servers, figures, seconds)


def _steady(servers: Servers, figures: Figures, seconds: float) -> None:
    with (
        servers.bench({"eligibility": 1}) as bench,
        public_process(bench) as public,
        bench.workers(Lane.URGENT, 1),
    ):
        bench.target.reset()
        asked = post(public, "steady", int(seconds * A_SECOND), rate=A_SECOND).times
        until = time.monotonic() + LATE
        while asked.keys() - (came := bench.target.stats().confirmations).keys():
            if time.monotonic() > until:
                raise NotMeasured(f"{len(came)} of {len(asked)} confirmations were handed over")
            time.sleep(0.2)
    waits = [came[email] - due for email, (due, _) in asked.items()]
    cut = quantiles(waits, n=100, method="inclusive")
    figures.add("confirmation_at_100_a_second_p50", "s", [cut[49]])
    figures.add("confirmation_at_100_a_second_p99", "s", [cut[98]])
    print(f"register: at {A_SECOND}/s the slowest confirmation after {max(waits):.2f} s", flush=True)


def post(url: str, prefix: str, count: int, *, rate: float = 0.0) -> Posted:
    """Have `count` registrations posted by a process of its own. Raises `NotMeasured`."""
    command = [sys.executable, "-m", "tests.benchmarks.posting", url, prefix, str(count), str(CONNECTIONS)]
    done = subprocess.run([*command, str(rate)], capture_output=True, text=True, timeout=180, check=False)
    if done.returncode:
        raise NotMeasured(f"{url}: {done.stderr.strip()[-300:]}")
    return Posted(json.loads(done.stdout))


@contextmanager
def public_process(bench: Bench) -> Iterator[str]:
    """`kept web public` with its own role and user, as `kept up` starts it; where it registers."""
    port = free_port()
    told = {
        "PATH": os.environ["PATH"],
        "KEPT_DATABASE_URL": bench.database.url("kept_public"),
        "KEPT_REDIS_URL": bench.valkey.url("kept_web"),
        "KEPT_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "KEPT_CLIENT_LIMIT_PER_MINUTE": NEVER,
    }
    command = [sys.executable, "-m", "service.cli", "web", "public", "--port", str(port)]
    with answering(command, told, f"http://127.0.0.1:{port}/health/live"):
        yield f"http://127.0.0.1:{port}{PATH}"


@contextmanager
def plain_process(bench: Bench) -> Iterator[str]:
    """The plain insert, in the same database; where it inserts."""
    port = free_port()
    command = [sys.executable, "-m", "tests.benchmarks.plain_insert", str(port), bench.database.url()]
    with answering(command, {"PATH": os.environ["PATH"]}, f"http://127.0.0.1:{port}/openapi.json"):
        yield f"http://127.0.0.1:{port}/rows"
