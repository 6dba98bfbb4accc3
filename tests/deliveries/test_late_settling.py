"""A 201 that is written down only after Notify was asked twice in vain."""

from datetime import timedelta
from uuid import uuid4

from service.deliveries.asking import to_ask_about
from service.deliveries.claiming import claim
from service.deliveries.preparing import begin_sending
from service.deliveries.settling import settle, settlement
from service.deliveries.states import DeliveryState
from service.notify.gateway import Accepted
from tests.deliveries.looking import one_value, run_sql
from tests.harness.people import Service, now
from tests.harness.servers import Database
from workers import reconcile


async def test_it_counts_as_a_duplicate_and_the_delivery_stays_planned(
    service: Service, database: Database
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

    async with service.worker.transactions.begin() as tx:
        late = settlement(claimed, Accepted(uuid4(), 1))
        assert late.state is DeliveryState.ACCEPTED
        await settle(tx, [late], ask_after=timedelta(0), now=now())

    assert await service.outcomes(update) == {"planned": 2}
    assert one_value(database, "SELECT count(*) FROM duplicates") == 1
