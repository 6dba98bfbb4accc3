"""Whatever becomes of the answer, everybody ends with exactly one message."""

import asyncio
import time
from typing import Any
from uuid import UUID

import pytest

from service.crypto.sealing import seal
from service.deliveries.claiming import claim
from service.deliveries.preparing import begin_sending
from service.registrations.places import contact_place
from service.updates.states import UpdateState
from tests.deliveries.certifying import certified
from tests.deliveries.looking import (
    all_have_left,
    ask_until_settled,
    contact_of,
    fault,
    one_value,
    run_sql,
    times_told,
)
from tests.harness.people import Service, now, somebody
from tests.harness.servers import Database
from workers import confirm, handing_over, intake, reconcile

SYMPTOMS = ("stall", "reset", "truncation", "html-502", "json-504", "not-json-201", "error-500", "proxy-400")
SIMULATOR = "simulate-delivered@notifications.service.gov.uk"


async def test_case_01_accepted_and_the_answer_is_lost_is_one_email(service: Service) -> None:
    await everybody_is_told_once(service, "after-queueing")


async def test_case_01_accepted_and_queued_later_is_one_email(service: Service) -> None:
    await everybody_is_told_once(service, "after-commit")


async def test_case_02_not_accepted_with_the_same_symptoms_is_one_email(service: Service) -> None:
    await everybody_is_told_once(service, "before-commit")


async def test_case_04_found_and_then_deleted_is_one_email(service: Service) -> None:
    await everybody_is_told_once(service, "commit-then-delete")


async def everybody_is_told_once(service: Service, position: str) -> None:
    """Each way of losing an answer strikes one person, and two are not struck."""
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


async def test_case_02_what_notify_never_had_is_sent_again_only_after_two_misses(
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


async def test_case_03_an_empty_look_up_straight_after_proves_nothing(
    service: Service, database: Database
) -> None:
    people = await service.people(3)
    await service.approved()
    fault(service.notify, "after-queueing:reset", times=3)
    await service.send()
    # Notify does not list it yet; the next time it does.
    service.notify.admin("faults", {"plan": [{"fault": "look-up:miss", "times": 3}]})
    await ask_until_settled(service)
    assert times_told(service, people) == [1, 1, 1]
    assert one_value(database, "SELECT max(attempts) FROM deliveries") == 1


async def test_case_03_one_that_comes_after_two_misses_is_counted_as_a_duplicate(
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


async def test_case_03_one_that_notify_commits_after_the_first_look_up_is_one_email(
    service: Service, database: Database
) -> None:
    people = await service.people(2)
    update = await service.approved()
    fault(service.notify, "late-commit:reset", times=2, seconds=1.5)
    await service.send()
    await reconcile.ask_notify(service.worker)
    assert one_value(database, "SELECT sum(misses) FROM attempts") == 2
    assert times_told(service, people) == [0, 0]
    await asyncio.sleep(1.6)
    await ask_until_settled(service)
    assert times_told(service, people) == [1, 1]
    assert await service.outcomes(update) == {"accepted": 2}
    assert one_value(database, "SELECT max(attempts) FROM deliveries") == 1


async def test_case_14_of_several_hits_one_counts_and_the_rest_are_duplicates(
    service: Service, database: Database
) -> None:
    people = await service.people(2)
    update = await service.approved()
    fault(service.notify, "after-queueing:reset")
    await service.send()
    reference = one_value(database, "SELECT reference FROM attempts WHERE outcome = 'unknown'")
    again = {"to": people[0], "personalisation": {"subject": "The news", "body": "x"}, "reference": reference}
    more = {service.notify.admin("uploads", again)["id"] for _ in range(2)}
    await ask_until_settled(service)

    # Nothing more is sent, and nothing is hidden.
    assert await service.outcomes(update) == {"accepted": 2}
    assert one_value(database, "SELECT max(attempts) FROM deliveries") == 1
    ours = one_value(database, "SELECT notify_id FROM attempts WHERE reference = %s", reference)
    twice = set(one_value(database, "SELECT array_agg(notify_id) FROM duplicates"))
    assert len(twice) == 2
    assert {str(each) for each in twice | {ours}} > more
    assert one_value(database, "SELECT count(*) FROM incidents WHERE kind = 'duplicate'") == 2
    found = "SELECT count(*) FROM audit_events WHERE body LIKE %s"
    assert one_value(database, found, "%duplicate-found%") == 2


async def test_case_14_a_simulator_has_no_hit_and_is_not_asked_for_ever(
    service: Service, database: Database
) -> None:
    [person, other] = await service.people(2)
    update = await service.approved()
    assert service.scheme.sealing_key is not None
    contact = await contact_of(service, person)
    sealed = seal(SIMULATOR.encode(), key=service.scheme.sealing_key, place=contact_place(contact))
    run_sql(database, "UPDATE contacts SET sealed = %s WHERE id = %s", sealed, contact)
    await service.send()
    assert await service.outcomes(update) == {"accepted": 2}
    # Its answer is lost: a simulator takes everything and keeps nothing, so no look-up finds it.
    await lose_answer(service, database, contact)
    await ask_until_settled(service)
    assert await service.outcomes(update) == {"accepted": 2}
    assert one_value(database, "SELECT max(attempts) FROM deliveries") == 2
    assert times_told(service, [other]) == [1]
    # Nor is there a receipt: it is asked about, and in the end not waited for.
    await all_have_left(service)
    run_sql(database, "UPDATE deliveries SET changed_at = changed_at - interval '31 minutes'")
    await reconcile.poll(service.worker)
    await service.finish()
    assert await service.outcomes(update) == {"accepted": 1, "delivered": 1}
    after_a_week(database)
    assert (await certified(service, update)).body["final"] is True


async def lose_answer(service: Service, database: Database, contact: UUID) -> None:
    """As if the answer about one contact's message had been lost."""
    with database.connect("postgres") as superuser:
        superuser.execute("SET session_replication_role = replica")
        superuser.execute("UPDATE deliveries SET state = 'uncertain' WHERE contact_id = %s", [contact])
        superuser.execute(
            "UPDATE attempts SET outcome = 'unknown', notify_id = NULL, ask_at = now() WHERE delivery_id ="
            " (SELECT id FROM deliveries WHERE contact_id = %s)",
            [contact],
        )


async def test_case_18_past_retention_a_look_up_proves_nothing_and_a_person_looks(
    service: Service, database: Database
) -> None:
    people = await service.people(4)
    update = await service.approved()
    fault(service.notify, "before-commit:reset")
    fault(service.notify, "after-queueing:reset")
    await service.send()
    assert await service.outcomes(update) == {"accepted": 2, "uncertain": 2}
    told = [len(service.notify.inbox(person)) for person in people]
    assert sorted(told) == [1, 2, 2, 2]
    await all_have_left(service)
    # Nobody asked for a week, and Notify has forgotten everything.
    service.notify.http.delete("/admin/messages").raise_for_status()
    after_a_week(database)
    await ask_until_settled(service)
    assert await service.outcomes(update) == {"accepted": 2, "set_aside": 2}
    assert [len(service.notify.inbox(person)) for person in people] == told


async def test_case_18_a_worker_that_died_before_an_outage_leaves_its_claims_to_a_person(
    service: Service, database: Database
) -> None:
    await service.people(2)
    update = await service.approved()
    async with service.worker.transactions.begin() as tx:
        await begin_sending(tx, update, now=now())
        await claim(tx, update, limit=1, now=now())
    after_a_week(database)
    run_sql(database, "UPDATE deliveries SET lease_until = now() - interval '7 days' WHERE state = 'claimed'")
    await ask_until_settled(service)
    # Who was never handed over is told, however late.
    assert await service.outcomes(update) == {"accepted": 1, "set_aside": 1}


async def test_case_18_a_certificate_does_not_wait_for_receipts_for_ever(
    service: Service, database: Database
) -> None:
    await service.people(2)
    update = await service.approved()
    await service.send()
    await service.finish()
    assert (await certified(service, update)).body["final"] is False
    after_a_week(database)
    made = (await certified(service, update)).body
    assert made["final"] is True
    assert made["outcomes"]["accepted"] == 2


def after_a_week(database: Database) -> None:
    """Everything was seven days and a minute longer ago: longer than Notify remembers."""
    week = "interval '7 days 1 minute'"
    run_sql(database, f"UPDATE attempts SET started_at = started_at - {week}, ask_at = ask_at - {week}")
    run_sql(database, f"UPDATE deliveries SET changed_at = changed_at - {week}")


async def test_case_20_a_trickled_answer_ends_at_the_deadline_and_is_one_email(
    service: Service, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handing_over, "FRESH", 1.5)
    monkeypatch.setattr(handing_over, "DEADLINE", 2.0)
    people = await service.people(6)
    update = await service.approved()
    # Each byte comes long before any read timeout.
    fault(service.notify, "after-queueing:trickle", times=2, seconds=6)
    began = time.monotonic()
    await service.send()
    assert time.monotonic() - began < 6
    outcomes = await service.outcomes(update)
    assert outcomes["uncertain"] == 2
    assert outcomes["accepted"] >= 1
    await ask_until_settled(service)
    assert times_told(service, people) == [1] * 6
    assert await service.outcomes(update) == {"accepted": 6}
    assert one_value(database, "SELECT count(*) FROM duplicates") == 0


@pytest.mark.parametrize("position", ["before-commit", "after-queueing"])
@pytest.mark.parametrize("symptom", ["reset", "json-504", "not-json-201"])
async def test_case_01_a_confirmation_too_arrives_once(service: Service, position: str, symptom: str) -> None:
    newcomer = somebody()
    await service.drop(newcomer)
    await intake.take_in(service.worker)
    service.notify.admin("faults", {"plan": [{"fault": f"{position}:{symptom}"}]})
    # On a busy machine a reading of the stop flag may be too old, and the message then leaves seconds later.
    for _ in range(100):
        await confirm.send_confirmations(service.worker)
        await reconcile.ask_notify(service.worker)
        if service.notify.inbox(newcomer):
            break
        await asyncio.sleep(0.1)
    for _ in range(3):
        await confirm.send_confirmations(service.worker)
        await reconcile.ask_notify(service.worker)
    assert len(service.notify.inbox(newcomer)) == 1
    await service.confirm(newcomer)


async def test_case_04_what_is_listed_as_created_may_still_be_deleted(
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
