"""A receipt can be here before our own 201 is written down, and even while it is being written."""

import asyncio
from datetime import timedelta
from uuid import uuid4

from uuid6 import uuid7

from service.deliveries.claiming import claim
from service.deliveries.preparing import begin_sending
from service.deliveries.settling import settle, settlement
from service.notify.gateway import Accepted
from tests.harness.people import Service, now
from tests.harness.servers import Database
from workers import reconcile

WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'contacts'::regclass"


async def test_case_15_a_receipt_is_not_lost_while_its_delivery_is_being_settled(
    service: Service, database: Database
) -> None:
    await service.people(2)
    update = await service.approved()
    async with service.worker.transactions.begin() as tx:
        await begin_sending(tx, update, now=now())
    async with service.worker.transactions.begin() as tx:
        [claimed] = await claim(tx, update, limit=1, now=now())
    notify_id = uuid4()
    with database.connect() as owner, database.connect() as looking:
        owner.execute(
            "INSERT INTO receipts (id, reference, notify_id, status, received_at)"
            " VALUES (%s, %s, %s, 'delivered', now())",
            (uuid7(), claimed.reference, notify_id),
        )
        # Stops the worker in the middle of applying, after it has looked at the deliveries.
        with owner.transaction():
            owner.execute("LOCK TABLE contacts IN ACCESS EXCLUSIVE MODE")
            applying = asyncio.create_task(reconcile.apply_receipts(service.worker))
            for _ in range(500):
                if looking.execute(WAITING).fetchone() == (1,):
                    break
                await asyncio.sleep(0.02)
            async with service.worker.transactions.begin() as tx:
                accepted = settlement(claimed, Accepted(notify_id, 1))
                await settle(tx, [accepted], ask_after=timedelta(0), now=now())
        await applying
    await reconcile.apply_receipts(service.worker)

    assert await service.outcomes(update) == {"delivered": 1, "planned": 1}
