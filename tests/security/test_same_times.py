"""Check 30, second half: no time that the public process takes says whether an address is registered.

Everything runs, by `kept up`, and the workers open what comes in meanwhile. A thousand rounds ask once for
an address of each kind, in an order that is drawn anew, so that whatever slows the machine slows all alike.
`pytest -m long -s` on this file prints the figures; docs/performance.md has those of one run.
"""

import math
import random
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import NormalDist, median
from typing import Any, Final

import httpx
import psycopg
import pytest

from deploy.one_machine.ports import Ports, url_of
from deploy.one_machine.postgres import EmbeddedPostgres
from deploy.one_machine.valkey import EmbeddedValkey
from tests.harness.people import somebody
from tests.security.sentinel import REGISTRATIONS, eventually
from tests.security.test_the_sentinel import everything_running

SEED: Final = 30
ROUNDS: Final = 1000
PEOPLE: Final = 5
"""Of each kind: their requests take turns."""
SAME: Final = 1e-6
"""How unlikely two samples may be as samples of one distribution. Less is a difference; by chance it
happens once in a million comparisons. A quarter of the spread of the times is one, in a thousand tries."""

BECOME: Final = {
    "suppressed": "UPDATE contacts SET suppressed_at = now(), suppressed_why = 'permanent-failure'",
    "left": "UPDATE registrations SET state = 'left', left_at = now()",
    "known": "SELECT",
}
"""What becomes of the people who are there, in this order: those of a kind come when it is their turn."""


def form(email: str) -> dict[str, Any]:
    return {
        "kind": "individual",
        "email": email,
        "language": "en",
        "topics": ["eligibility"],
        "contact_by": ["email"],
        "consent": True,
    }


CALLS: Final[dict[str, Callable[[str], dict[str, Any]]]] = {
    REGISTRATIONS: form,
    "/v1/links": lambda email: {"scheme": "windrush", "email": email},
}


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_30_known_left_and_suppressed_addresses_take_as_long_as_a_new_one(tmp_path: Path) -> None:
    chance = random.Random(SEED)
    print(f"\nseed {SEED}, {ROUNDS} rounds, times in ms")
    postgres = EmbeddedPostgres(tmp_path / "own-postgres")
    valkey = EmbeddedValkey(tmp_path / "own-valkey")
    try:
        postgres.start()
        with (
            valkey,
            everything_running(tmp_path / "kept", postgres, valkey) as ports,
            httpx.Client(base_url=url_of(ports.public), trust_env=False, timeout=60) as client,
        ):
            people = {kind: registered(client, ports, postgres.superuser_url, kind) for kind in BECOME}
            found = {path: compared(client, path, people, chance) for path in CALLS}
    finally:
        postgres.discard()
    assert {name: same for path in found for name, same in found[path].items() if same <= SAME} == {}


def registered(client: httpx.Client, ports: Ports, superuser_url: str, kind: str) -> list[str]:
    """Addresses of people who registered, confirmed, and then became what `kind` says."""
    addresses = [somebody() for _ in range(PEOPLE)]
    for address in addresses:
        client.post(REGISTRATIONS, json=form(address)).raise_for_status()
    for address in addresses:
        token = eventually(lambda at=address: confirmation(ports, at), "a confirmation")  # type: ignore[misc]
        client.post("/v1/confirmations", json={"token": token}).raise_for_status()
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        connection.execute(BECOME[kind].encode())
    return addresses


def confirmation(ports: Ports, address: str) -> str | None:
    answer = httpx.get(f"{url_of(ports.notify)}/admin/inboxes/{address}", trust_env=False)
    return None if "/confirm/" not in answer.text else answer.text.partition("/confirm/")[2][:43]


def compared(
    client: httpx.Client, path: str, people: dict[str, list[str]], chance: random.Random
) -> dict[str, float]:
    """How likely the times of each kind are, as times of addresses that nobody has registered."""
    took: dict[str, list[float]] = {kind: [] for kind in [*people, "new"]}
    for turn in range(ROUNDS):
        for kind in chance.sample([*took], len(took)):
            body = CALLS[path](people[kind][turn % PEOPLE] if kind in people else somebody())
            began = time.perf_counter()
            answer = client.post(path, json=body)
            took[kind].append(1000 * (time.perf_counter() - began))
            assert answer.status_code == 202
    print(f"{path} new: median {median(took['new']):.2f}")
    for kind in people:
        print(
            f"{path} {kind}: median {median(took[kind]):.2f},"
            f" slower than a new one in {100 * slower(took[kind], took['new']):.1f} % of pairs,"
            f" p {likelihood(took[kind], took['new']):.2g}"
        )
    return {f"{path} {kind}": likelihood(took[kind], took["new"]) for kind in people}


def ranks(one: Sequence[float], other: Sequence[float]) -> int:
    """The ranks of `one` among both, added up."""
    ranked = sorted((value, which) for which, values in enumerate((one, other)) for value in values)
    return sum(rank for rank, (_, which) in enumerate(ranked, start=1) if which == 0)


def slower(one: Sequence[float], other: Sequence[float]) -> float:
    """In how many of all pairs the one of `one` is the greater: a half where they tell nothing."""
    return (ranks(one, other) - len(one) * (len(one) + 1) / 2) / (len(one) * len(other))


def likelihood(one: Sequence[float], other: Sequence[float]) -> float:
    """How likely so different ranks are for samples of one distribution (Mann and Whitney, two-sided)."""
    few, many = len(one), len(other)
    spread = math.sqrt((few + many + 1) / (12 * few * many))
    return 2 * NormalDist().cdf(-abs(slower(one, other) - 0.5) / spread)


def test_30_what_compares_the_times_sees_a_difference_and_none_where_there_is_none() -> None:
    chance = random.Random(SEED)
    noisy = [[chance.gauss(10, 4) + chance.expovariate(0.2) for _ in range(500)] for _ in range(2)]
    assert likelihood(*noisy) > 0.01
    assert likelihood(noisy[0], [each + 5 for each in noisy[1]]) < 1e-20
    assert slower([each + 100 for each in noisy[0]], noisy[1]) == 1
