"""Check 30: nothing that the public process answers, and no time that it takes, says who is registered."""

import math
import random
import time
from collections.abc import Callable, Sequence
from statistics import NormalDist
from typing import Any, Final

from tests.deliveries.looking import contact_of, run_sql
from tests.harness.people import Service, somebody
from tests.harness.servers import Database
from tests.security.public_side import PublicSide
from tests.web_public.test_json_api import seen

SEED: Final = 30
TRIES: Final = 1000
SAME: Final = 1e-6
"""How unlikely two samples may be as samples of one distribution. Less is a difference; by chance it
happens once in a million runs, and five milliseconds make it 1e-20 and less."""


def calls(public: PublicSide) -> dict[str, Callable[[str], dict[str, Any]]]:
    """Every call that names an address, as far as the service has it: its path, and its body for one."""
    all_calls: dict[str, Callable[[str], dict[str, Any]]] = {
        "/v1/schemes/windrush/registrations": public.form,
        "/v1/links": lambda email: {"scheme": "windrush", "email": email},
    }
    there = public.client.get("/v1/openapi.json").json()["paths"]
    return {path: body for path, body in all_calls.items() if path in there or "windrush" in path}


async def test_30_new_known_pending_left_suppressed_and_undeliverable_addresses_get_the_same_answer(
    public: PublicSide, service: Service, database: Database
) -> None:
    known, left, suppressed, undeliverable = await service.people(4)
    pending = somebody()
    await service.register(pending)
    run_sql(
        database,
        "UPDATE registrations SET state = 'left', left_at = now() WHERE id IN"
        " (SELECT registration_id FROM registration_contacts WHERE contact_id = %s)",
        await contact_of(service, left),
    )
    suppress = "UPDATE contacts SET suppressed_at = now(), suppressed_why = %s WHERE id = %s"
    run_sql(database, suppress, "permanent-failure", await contact_of(service, suppressed))
    run_sql(
        database,
        "UPDATE confirmations SET state = 'refused' WHERE contact_id = %s",
        await contact_of(service, undeliverable),
    )
    addresses = [somebody(), known, known.upper(), pending, left, suppressed, undeliverable]
    answers: dict[str, set[str]] = {}
    for address in addresses:
        for path, body in calls(public).items():
            answer = public.client.post(path, json=body(address))
            assert answer.status_code == 202
            answers.setdefault(path, set()).add(repr(seen(answer)))
    assert {path: len(different) for path, different in answers.items()} == dict.fromkeys(answers, 1)


async def test_30_a_known_address_takes_as_long_as_a_new_one(public: PublicSide, service: Service) -> None:
    chance = random.Random(SEED)
    print(f"seed {SEED}")
    known = await service.people(5)
    for path, body in calls(public).items():
        took: dict[bool, list[float]] = {True: [], False: []}
        for number in range(TRIES // 2):
            # Both in each pair, in an order that is drawn: whatever slows the machine slows both alike.
            for is_known in chance.sample((True, False), 2):
                address = known[number % len(known)] if is_known else somebody()
                sent = body(address)
                began = time.perf_counter()
                public.client.post(path, json=sent)
                took[is_known].append(time.perf_counter() - began)
        assert likelihood(took[True], took[False]) > SAME, path


def likelihood(one: Sequence[float], other: Sequence[float]) -> float:
    """How likely so different ranks are for samples of one distribution (Mann and Whitney, two-sided)."""
    ranked = sorted((value, which) for which, values in enumerate((one, other)) for value in values)
    ranks = sum(rank for rank, (_, which) in enumerate(ranked, start=1) if which == 0)
    few, many = len(one), len(other)
    mean = few * (few + many + 1) / 2
    spread = math.sqrt(few * many * (few + many + 1) / 12)
    return 2 * NormalDist().cdf(-abs(ranks - mean) / spread)


def test_30_what_compares_the_times_sees_a_difference_and_none_where_there_is_none() -> None:
    chance = random.Random(SEED)
    noisy = [[chance.gauss(10, 4) + chance.expovariate(0.2) for _ in range(500)] for _ in range(2)]
    assert likelihood(*noisy) > 0.01
    assert likelihood(noisy[0], [each + 5 for each in noisy[1]]) < 1e-20
