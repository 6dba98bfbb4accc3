"""`make bench`: the benchmarks, as ratios in one run (tests/benchmarks/README.md).

Exit code 1 where something could not be measured, saying what. An aim that is missed fails nothing: it
stands beside its figure.
"""

import argparse
import sys
import time
from collections.abc import Callable
from functools import partial

import psycopg
import redis

from tests.benchmarks import (
    confirming,
    exporting,
    importing,
    pacing,
    planning,
    registering,
    remembering,
    sending,
)
from tests.benchmarks.bench import Servers, running_servers
from tests.benchmarks.figures import RESULTS, Figures, our_versions
from tests.benchmarks.processes import NotMeasured


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.run", description=__doc__)
    parser.add_argument(
        "--only",
        choices=("send", "pace", "memory", "confirmations", "register", "plan", "export", "import"),
        action="append",
    )
    parser.add_argument("--rounds", type=int, default=5, help="of what is compared")
    parser.add_argument("--messages", type=int, default=5000, help="in each round, for each sender")
    parser.add_argument("--pace-seconds", type=float, default=140, help="the ideal time of each pace")
    parser.add_argument("--few", type=int, default=1000, help="people, for memory")
    parser.add_argument("--many", type=int, default=100_000, help="people, for memory")
    parser.add_argument("--sign-ups", type=int, default=160, help="for confirmations")
    parser.add_argument("--people", type=int, default=1_000_000, help="for planning")
    parser.add_argument("--listed", type=int, default=100_000, help="people in a list")
    parser.add_argument("--rows", type=int, default=100_000, help="of a list that is brought in")
    parser.add_argument("--registrations", type=int, default=3000, help="in each round")
    parser.add_argument(
        "--steady-seconds", type=float, default=20, help="of a hundred registrations a second"
    )
    return parser.parse_args()


def main() -> int:
    told = arguments()
    parts: dict[str, Callable[[Servers, Figures], None]] = {
        "send": partial(sending.measure, count=told.messages, rounds=told.rounds),
        "memory": partial(remembering.measure, few=told.few, many=told.many, rounds=3),
        "pace": partial(pacing.measure, seconds=told.pace_seconds),
        "register": partial(
            registering.measure,
            count=told.registrations,
            rounds=told.rounds,
            seconds=told.steady_seconds,
        ),
        "export": partial(exporting.measure, people=told.listed, rounds=min(told.rounds, 3)),
        "import": partial(importing.measure, rows=told.rows),
        "plan": partial(planning.measure, people=told.people),
        "confirmations": partial(confirming.measure, sign_ups=told.sign_ups),
    }
    wanted = told.only or list(parts)
    figures, failed = Figures(), False
    began = time.monotonic()
    with running_servers() as servers:
        versions = {**our_versions(), **_server_versions(servers)}
        for name in wanted:
            try:
                parts[name](servers, figures)
            except Exception as error:
                # The other parts are still worth having; the exit code says that one is missing.
                failed = True
                why = error if isinstance(error, NotMeasured) else repr(error)
                print(f"bench: {name} was not measured: {why}", file=sys.stderr, flush=True)
    figures.show()
    if sending.DJANGO.exists():
        versions |= sending.django_versions()
    # A smaller run than the names say is told from the sizes.
    sizes = {name: value for name, value in vars(told).items() if name != "only"}
    figures.keep(versions, sizes, all_parts=not told.only)
    print(f"\n{RESULTS.name} written, after {time.monotonic() - began:.0f} s")
    return 1 if failed else 0


def _server_versions(servers: Servers) -> dict[str, str]:
    with psycopg.connect(servers.cluster.server.superuser_url) as connection:
        postgres = str(connection.info.server_version // 10000)
    with redis.Redis.from_url(servers.valkey.url("kept_owner")) as connection:
        told = connection.info("server")
    return {"postgresql": postgres, "valkey": str(told.get("valkey_version", told["redis_version"]))}


if __name__ == "__main__":
    sys.exit(main())
