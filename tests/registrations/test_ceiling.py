"""The ceiling on confirmations in an hour, of all people together."""

from datetime import timedelta

from service.registrations.ceiling import within_ceiling
from tests.deliveries.looking import run_sql
from tests.harness.people import Service, now, somebody
from tests.harness.servers import Database
from workers import confirm, intake

CEILING = 5


async def test_what_is_above_the_ceiling_waits_and_nobody_is_lost(service: Service) -> None:
    service.worker.settings = service.worker.settings.model_copy(update={"confirmations_per_hour": 2})
    people = [somebody() for _ in range(3)]
    for address in people:
        await service.drop(address)
    await intake.take_in(service.worker)
    for _ in range(2):
        await confirm.send_confirmations(service.worker)
    assert sum(len(service.notify.inbox(address)) for address in people) == 2
    service.worker.settings = service.worker.settings.model_copy(update={"confirmations_per_hour": 0})
    await service.send_confirmations()
    assert [len(service.notify.inbox(address)) for address in people] == [1, 1, 1]


async def test_what_left_in_the_last_hour_and_what_is_on_its_way_count(
    service: Service, database: Database
) -> None:
    async def room(wanted: int, per_hour: int = CEILING) -> int:
        async with service.worker.transactions.begin() as tx:
            return await within_ceiling(tx, wanted, per_hour=per_hour, now=now())

    assert (await room(100), await room(2)) == (5, 2)
    for _ in range(3):
        await service.register(somebody())
    assert (await room(100), await room(1)) == (2, 1)
    # One was answered, and one is not known to have left: both were messages.
    run_sql(
        database,
        "UPDATE confirmations SET used_at = now() WHERE id = (SELECT max(id::text)::uuid FROM confirmations)",
    )
    await service.drop(somebody())
    run_sql(
        database,
        "UPDATE confirmations SET state = 'uncertain', sent_at = NULL"
        " WHERE id = (SELECT min(id::text)::uuid FROM confirmations)",
    )
    assert await room(100) == 2
    assert await room(100, per_hour=2) == 0
    assert await room(100, per_hour=0) == 100
    run_sql(database, "UPDATE confirmations SET sent_at = %s", now() - timedelta(minutes=61))
    assert await room(100) == CEILING - 1
