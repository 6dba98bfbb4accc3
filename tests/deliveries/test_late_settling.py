"""What a worker writes down when its lease has ended, and Notify is being asked, or was."""

from datetime import timedelta
from uuid import uuid4

import pytest

from service.deliveries.asking import to_ask_about
from service.deliveries.claiming import claim
from service.deliveries.preparing import begin_sending
from service.deliveries.settling import abandon, settle, settlement
from service.deliveries.states import DeliveryState
from service.notify.gateway import Accepted, AddressRefused, Busy, Outcome, TryLater, Unknown
from tests.deliveries.looking import ask_until_settled, fault, one_value, run_sql, times_told
from tests.deliveries.stepping import claims, hands_over, settles
from tests.harness.people import Service, now
from tests.harness.servers import Database
from workers import reconcile


@pytest.mark.parametrize("sent_again", [False, True])
async def test_case_03_a_late_201_is_adopted_where_nothing_was_sent_again_and_else_a_duplicate(
    service: Service, database: Database, sent_again: bool
) -> None:
    await service.people(2)
    update = await service.approved()
    async with service.worker.transactions.begin() as tx:
        await begin_sending(tx, update, now=now())
    async with service.worker.transactions.begin() as tx:
        [claimed] = await claim(tx, update, limit=1, now=now())
    run_sql(database, "UPDATE deliveries SET lease_until = now() WHERE state = 'claimed'")
    await reconcile.ask_notify(service.worker)
    await reconcile.ask_notify(service.worker)
    async with service.worker.transactions.begin() as tx:
        assert await to_ask_about(tx, limit=9, now=now()) == []
    if sent_again:
        await service.send()

    async with service.worker.transactions.begin() as tx:
        late = settlement(claimed, Accepted(uuid4(), 1))
        assert late.state is DeliveryState.ACCEPTED
        await settle(tx, [late], ask_after=timedelta(0), now=now())

    expected = {"accepted": 2} if sent_again else {"accepted": 1, "planned": 1}
    assert await service.outcomes(update) == expected
    assert one_value(database, "SELECT count(*) FROM duplicates") == sent_again
    assert one_value(database, "SELECT count(*) FROM incidents WHERE kind = 'duplicate'") == sent_again


@pytest.mark.parametrize("late", [TryLater(Busy.STALE_TOKEN), AddressRefused(), Unknown(by_notify=False)])
@pytest.mark.parametrize("asked", [0, 1, 2])
async def test_a_late_answer_leaves_no_delivery_that_nobody_asks_about(
    service: Service, database: Database, late: Outcome, asked: int
) -> None:
    """A paused worker: its lease ended, it was asked about, and then it says what it did not do."""
    people = await service.people(2)
    update = await service.approved()
    async with service.worker.transactions.begin() as tx:
        await begin_sending(tx, update, now=now())
    async with service.worker.transactions.begin() as tx:
        claimed = await claim(tx, update, limit=2, now=now())
    run_sql(database, "UPDATE deliveries SET lease_until = now() WHERE state = 'claimed'")
    async with service.worker.transactions.begin() as tx:
        await abandon(tx, now=now())
    for _ in range(asked):
        await reconcile.ask_notify(service.worker)

    async with service.worker.transactions.begin() as tx:
        settlements = [settlement(each, late) for each in claimed]
        await settle(tx, settlements, ask_after=timedelta(0), now=now())
    await ask_until_settled(service)

    assert times_told(service, people) == [1, 1]
    assert await service.outcomes(update) == {"accepted": 2}


async def test_a_late_answer_does_not_unsay_what_notify_said(service: Service, database: Database) -> None:
    await service.people(2)
    update = await service.approved()
    fault(service.notify, "after-queueing:reset", times=2)
    async with service.worker.transactions.begin() as tx:
        await begin_sending(tx, update, now=now())
    hand = await claims(service, update, limit=2)
    await hands_over(service, hand)
    run_sql(database, "UPDATE deliveries SET lease_until = now() WHERE state = 'claimed'")
    while await service.outcomes(update) != {"accepted": 2}:
        await reconcile.ask_notify(service.worker)

    await settles(service, hand)

    known = "SELECT count(*) FROM attempts WHERE outcome = 'accepted' AND notify_id IS NOT NULL"
    assert one_value(database, known) == 2
