"""How fast: the bare client, django-post_office, and one and two of our workers, at the same target.

In every round each of them takes its turn, so that a machine that gets slower is slower for all.
"""

import subprocess
import sys
from pathlib import Path
from typing import Final

from service.doorbell import Lane
from tests.benchmarks.bench import Bench, Sent, Servers
from tests.benchmarks.figures import Figures
from tests.benchmarks.processes import NotMeasured, result_of
from tests.harness.servers import Database

TOPIC: Final = "eligibility"
BARE_THREADS: Final = 4
DJANGO: Final = Path(".venv-bench-django/bin/python")
DJANGO_THREADS: Final = 4
DJANGO_BATCH: Final = 1000
LONG: Final = 180.0
"""Seconds after which a sender is taken to hang."""


def measure(servers: Servers, figures: Figures, *, count: int, rounds: int) -> None:
    if not DJANGO.exists():
        raise NotMeasured(f"{DJANGO} is not there: `make bench` makes it")
    servers.cluster.create("bench_django", "template1")
    django = Database(servers.cluster, "bench_django")
    sent: dict[str, list[Sent]] = {
        name: [] for name in ("bare_client", "django_gov_notify", "one_worker", "two_workers")
    }
    with servers.bench({TOPIC: count}) as bench:
        for number in range(rounds):
            sent["bare_client"].append(_bare(servers, count))
            sent["one_worker"].append(_ours(bench, count, 1))
            sent["django_gov_notify"].append(_django(servers, django, count))
            sent["two_workers"].append(_ours(bench, count, 2))
            print(
                f"send, round {number + 1} of {rounds}: "
                + ", ".join(f"{name} {each[-1].rate:.0f}/s" for name, each in sent.items()),
                flush=True,
            )
    rates = {name: [each.rate for each in rounds_of] for name, rounds_of in sent.items()}
    for name, rounds_of in sent.items():
        figures.add(f"send_{name}", "messages/s", rates[name])
        figures.add(f"send_{name}_cpu", "ms/message", [each.cpu_ms for each in rounds_of])
    figures.ratio("send_one_worker_to_bare_client", rates["one_worker"], rates["bare_client"])
    figures.ratio("send_two_workers_to_bare_client", rates["two_workers"], rates["bare_client"])
    figures.ratio("send_one_worker_to_django_gov_notify", rates["one_worker"], rates["django_gov_notify"])


def django_versions() -> dict[str, str]:
    """What the comparison was with."""
    names = ("django", "django-post_office", "django-gov-notify", "notifications-python-client")
    script = "import importlib.metadata as m, sys; print(*map(m.version, sys.argv[1:]))"
    done = subprocess.run([DJANGO, "-c", script, *names], capture_output=True, text=True, check=True)
    return {f"{name} (comparison)": each for name, each in zip(names, done.stdout.split(), strict=True)}


def _bare(servers: Servers, count: int) -> Sent:
    command = [sys.executable, "-m", "tests.benchmarks.bare_client"]
    return _counted(servers, count, [*command, servers.target.url, str(count), str(BARE_THREADS)])


def _django(servers: Servers, database: Database, count: int) -> Sent:
    command = [str(DJANGO), "-m", "tests.benchmarks.django_sender", servers.target.url, database.url()]
    return _counted(servers, count, [*command, str(count), str(DJANGO_THREADS), str(DJANGO_BATCH)])


def _counted(servers: Servers, count: int, command: list[str]) -> Sent:
    servers.target.reset()
    cpu = result_of(command, seconds=LONG)
    stats = servers.target.stats()
    if stats.taken != count:
        raise NotMeasured(f"{command[2]}: {stats.taken} messages came instead of {count}")
    return Sent(count, stats, cpu)


def _ours(bench: Bench, count: int, workers: int) -> Sent:
    bench.target.reset()
    with bench.workers(Lane.BULK, workers) as pids:
        return bench.send(TOPIC, pids, count, seconds=LONG)
