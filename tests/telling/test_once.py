"""Nobody is told twice, and nobody is left untold, whatever becomes of the hand-over."""

import pytest

from service.telling import claiming
from tests.deliveries.looking import one_value, run_sql
from tests.harness.people import Service
from tests.telling.office import Office
from workers import witnessing

STATES = "SELECT array_agg(state || ' ' || attempt) FROM notices"


@pytest.fixture
async def dpo(office: Office) -> Office:
    """An office with one person in it, and an incident that they are to be told of."""
    await office.arrives("dpo", "dpo")
    office.opens("guard")
    return office


async def test_after_a_lost_answer_notify_is_asked_and_exactly_one_arrives(
    service: Service, dpo: Office
) -> None:
    await dpo.arrives("operator", "operator")
    plan = [
        {"fault": fault, "match": {"reference": "n-", "to": dpo.addresses[who]}, "times": 1}
        for who, fault in (("dpo", "after-queueing:reset"), ("operator", "before-commit:reset"))
    ]
    service.notify.admin("faults", {"plan": plan})
    for _ in range(3):
        await dpo.tell()

    assert sorted(one_value(dpo.database, STATES)) == ["sent 1", "sent 2"]
    assert await dpo.told() == {"dpo": 1, "operator": 1}


async def test_a_worker_that_died_after_it_had_claimed_leaves_a_question_and_not_a_second_message(
    service: Service, dpo: Office
) -> None:
    await dpo.tell()
    run_sql(dpo.database, "UPDATE notices SET state = 'claimed', try_at = now() - interval '1 second'")
    await dpo.tell()

    assert one_value(dpo.database, STATES) == ["sent 1"]
    assert await dpo.told() == {"dpo": 1}


async def test_two_workers_at_once_tell_everybody_once(service: Service, dpo: Office) -> None:
    transactions = service.worker.transactions
    await dpo.tell()
    run_sql(dpo.database, "UPDATE notices SET state = 'due', try_at = now()")
    async with transactions.begin() as one, transactions.begin() as other:
        first = await claiming.claim(one, limit=10, now=dpo.clock.now())
        second = await claiming.claim(other, limit=10, now=dpo.clock.now())

    assert (len(first), len(second)) == (1, 0)
    assert "@" not in repr(first)


async def test_an_address_that_was_moved_or_altered_is_set_aside(dpo: Office) -> None:
    await dpo.arrives("operator", "operator")
    run_sql(dpo.database, "UPDATE staff_members SET sealed_email = 'x' WHERE subject = 'dpo'")
    run_sql(dpo.database, "UPDATE staff_members SET id = gen_random_uuid() WHERE subject = 'operator'")

    assert await dpo.told() == {}
    assert one_value(dpo.database, STATES) == ["set_aside 1", "set_aside 1"]


async def test_what_staff_are_told_is_no_message_that_is_not_ours(service: Service, dpo: Office) -> None:
    service.notify.http.delete("/admin/messages").raise_for_status()
    await dpo.told()
    await witnessing.compare_with_notify(service.worker)

    assert one_value(dpo.database, "SELECT array_agg(listed || ' ' || unowned) FROM comparisons") == ["1 0"]
