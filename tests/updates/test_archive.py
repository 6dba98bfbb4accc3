"""What is in the archive when an update goes its real way, read as the public process's own role."""

from service.registrations.words import Language
from service.updates.archive import archive_page
from service.updates.halting import halt, resume
from service.updates.states import UpdateState
from tests.harness.people import COMMS, SENIOR, Service, now
from tests.harness.servers import Database
from tests.updates.words import body


async def subjects(service: Service) -> list[str]:
    async with service.public.begin() as tx:
        page = await archive_page(tx, service.scheme.id)
    return [update.words[Language.ENGLISH].subject for update in page.updates]


async def test_an_update_is_there_while_it_is_sent_and_after_but_not_while_it_is_halted(
    service: Service,
) -> None:
    await service.people(2)
    update = await service.approved()
    assert await subjects(service) == []

    await service.send()
    assert (await service.update(update)).state is UpdateState.SENDING
    assert await subjects(service) == ["The news"]

    async with service.staff.begin() as tx:
        await halt(tx, COMMS, update, reason="a mistake in it", now=now())
    assert await subjects(service) == []

    async with service.staff.begin() as tx:
        await resume(tx, SENIOR, update, now=now())
    await service.finish()
    assert (await service.update(update)).state is UpdateState.SENT
    assert await subjects(service) == ["The news"]


async def test_what_is_for_certain_people_or_was_not_to_be_published_never_is(
    service: Service, database: Database
) -> None:
    await service.people(2)
    with database.connect() as connection:
        everybody = [str(row[0]) for row in connection.execute("SELECT id FROM registrations")]

    for changes in ({"publish": False}, {"audience": {"registrations": everybody}}):
        update = await service.approved(body(**changes))
        await service.send()
        await service.finish()
        assert (await service.update(update)).state is UpdateState.SENT

    assert await subjects(service) == []
