"""Who asks Notify and who applies a receipt of the same delivery do not wait for each other."""

import asyncio
from datetime import timedelta

from service.deliveries import asking
from tests.deliveries.looking import fault, one_value
from tests.harness.people import Service, now
from tests.harness.servers import Database


async def test_asking_leaves_a_delivery_alone_that_a_receipt_is_being_applied_to(
    service: Service, database: Database
) -> None:
    await service.people(2)
    await service.approved()
    fault(service.notify, "after-queueing:reset", times=2)
    await service.send()
    attempt = one_value(database, "SELECT id FROM attempts LIMIT 1")
    with database.connect() as receipts, receipts.transaction():
        # In the order in which a receipt is applied: the delivery, then the attempt.
        receipts.execute("UPDATE deliveries SET changed_at = now()")
        async with asyncio.timeout(5), service.worker.transactions.begin() as tx:
            await asking.settle_asked(
                tx, attempt, [], ask_after=timedelta(0), remembered=timedelta(days=7), now=now()
            )
            await asyncio.to_thread(receipts.execute, "UPDATE attempts SET seen_at = now()")
    assert one_value(database, "SELECT sum(misses) FROM attempts") == 0
