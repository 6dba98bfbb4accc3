"""Check 30, first half: nothing that the public process answers says who is registered.

That no time says it either is in `test_same_times.py`.
"""

from collections.abc import Callable
from typing import Any

from tests.deliveries.looking import contact_of, run_sql
from tests.harness.people import Service, somebody
from tests.harness.servers import Database
from tests.security.public_side import PublicSide
from tests.web_public.test_json_api import seen


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
