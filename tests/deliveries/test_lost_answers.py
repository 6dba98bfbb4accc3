"""Whatever becomes of the answer, everybody ends with exactly one message."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from service.deliveries import asking
from service.updates.states import UpdateState
from tests.deliveries.looking import ask_until_settled, fault, one_value, run_sql, times_told
from tests.harness.people import Service, now, somebody
from tests.harness.servers import Database
from workers import confirm, intake, reconcile

SYMPTOMS = ("stall", "reset", "truncation", "html-502", "json-504", "not-json-201", "error-500", "proxy-400")


@pytest.mark.parametrize(
    "position", ["before-commit", "after-commit", "after-queueing", "commit-then-delete"]
)
async def test_a_lost_answer_loses_nobody_and_repeats_nobody(service: Service, position: str) -> None:
    people = await service.people(len(SYMPTOMS) + 2)
    update = await service.approved()
    for symptom in SYMPTOMS:
        fault(service.notify, f"{position}:{symptom}", seconds=0.2)
    await service.send()
    # The stand-in queues what it has committed, and deletes what it will delete, by its own clock.
    await reconcile.ask_notify(service.worker)
    service.notify.admin("clock", {"advance_seconds": 6})
    await ask_until_settled(service)
    service.notify.admin("clock", {"offset_seconds": 0})
    await ask_until_settled(service)
    assert times_told(service, people) == [1] * len(people)
    assert await service.outcomes(update) == {"accepted": len(people)}
    await service.finish()
    assert (await service.update(update)).state is UpdateState.SENT


async def test_what_notify_never_had_is_sent_again_only_after_two_misses(
    service: Service, database: Database
) -> None:
    people = await service.people(2)
    update = await service.approved()
    fault(service.notify, "before-commit:reset", times=2)
    await service.send()
    assert await service.outcomes(update) == {"uncertain": 2}
    await reconcile.ask_notify(service.worker)
    await service.send()
    assert await service.outcomes(update) == {"uncertain": 2}
    assert times_told(service, people) == [0, 0]
    await reconcile.ask_notify(service.worker)
    assert await service.outcomes(update) == {"planned": 2}
    await service.send()
    assert times_told(service, people) == [1, 1]
    attempts = one_value(database, "SELECT array_agg(outcome ORDER BY number) FROM attempts")
    assert attempts == ["missed", "missed", "accepted", "accepted"]


async def test_an_answer_that_cannot_be_had_is_no_miss(service: Service, database: Database) -> None:
    await service.people(2)
    await service.approved()
    fault(service.notify, "after-queueing:reset", times=2)
    await service.send()
    service.notify.admin("faults", {"plan": [{"fault": "look-up:html-502", "times": 6}]})
    for _ in range(3):
        await reconcile.ask_notify(service.worker)
    assert one_value(database, "SELECT sum(misses) FROM attempts") == 0
    assert one_value(database, "SELECT count(*) FROM deliveries WHERE state = 'uncertain'") == 2


async def test_an_empty_look_up_straight_after_proves_nothing(service: Service, database: Database) -> None:
    people = await service.people(3)
    await service.approved()
    fault(service.notify, "after-queueing:reset", times=3)
    await service.send()
    # Notify does not list it yet; the next time it does.
    service.notify.admin("faults", {"plan": [{"fault": "look-up:miss", "times": 3}]})
    await ask_until_settled(service)
    assert times_told(service, people) == [1, 1, 1]
    assert one_value(database, "SELECT max(attempts) FROM deliveries") == 1


async def test_a_message_that_comes_after_two_misses_is_counted_as_a_duplicate(
    service: Service, database: Database
) -> None:
    people = await service.people(2)
    update = await service.approved()
    fault(service.notify, "after-queueing:reset")
    await service.send()
    service.notify.admin("faults", {"plan": [{"fault": "look-up:miss", "times": 2}]})
    await ask_until_settled(service)
    assert sorted(times_told(service, people)) == [1, 2]
    messages = [message for person in people for message in service.updates_to(person)]
    [first] = [each for each in messages if each["reference"].endswith("-1") and _again(each, messages)]
    for message in messages:
        run_sql(
            database,
            "SELECT record_receipt(gen_random_uuid(), %s, %s, 'delivered')",
            message["reference"],
            message["id"],
        )
    await service.finish()
    assert await service.outcomes(update) == {"delivered": 2}
    assert one_value(database, "SELECT array_agg(notify_id::text) FROM duplicates") == [first["id"]]


def _again(message: dict[str, Any], messages: list[dict[str, Any]]) -> bool:
    """Whether the same delivery was tried a second time."""
    return any(each["reference"] == f"{message['reference'][:-2]}-2" for each in messages)


async def test_past_seven_days_a_look_up_proves_nothing_and_a_person_looks(
    service: Service, database: Database
) -> None:
    await service.people(2)
    update = await service.approved()
    fault(service.notify, "before-commit:reset")
    await service.send()
    attempt = one_value(database, "SELECT id FROM attempts WHERE outcome = 'unknown'")
    async with service.worker.transactions.begin() as tx:
        later = now() + timedelta(days=7, minutes=1)
        await asking.settle_asked(tx, attempt, [], ask_after=timedelta(0), now=later)
    assert await service.outcomes(update) == {"accepted": 1, "set_aside": 1}


@pytest.mark.parametrize("position", ["before-commit", "after-queueing"])
@pytest.mark.parametrize("symptom", ["reset", "json-504", "not-json-201"])
async def test_a_confirmation_too_arrives_once(service: Service, position: str, symptom: str) -> None:
    newcomer = somebody()
    await service.drop(newcomer)
    await intake.take_in(service.worker)
    service.notify.admin("faults", {"plan": [{"fault": f"{position}:{symptom}"}]})
    for _ in range(3):
        await confirm.send_confirmations(service.worker)
        await reconcile.ask_notify(service.worker)
    await confirm.send_confirmations(service.worker)
    assert len(service.notify.inbox(newcomer)) == 1
    await service.confirm(newcomer)


async def test_what_notify_lists_as_created_may_still_be_deleted_and_is_not_taken_for_sent(
    service: Service,
) -> None:
    people = await service.people(2)
    update = await service.approved()
    fault(service.notify, "commit-then-delete:error-500", times=2, seconds=1.5)
    await service.send()
    await reconcile.ask_notify(service.worker)
    assert await service.outcomes(update) == {"uncertain": 2}
    await asyncio.sleep(1.6)
    await ask_until_settled(service)
    assert times_told(service, people) == [1, 1]
