"""A scheme's updates in a list: newest first, a page at a time, by state, in two queries."""

from sqlalchemy import event

from service.database import Transaction
from service.updates import drafting
from service.updates.body import UpdateDraft
from service.updates.listing import UpdateList, list_updates
from service.updates.states import UpdateState
from tests.harness.people import COMMS, Service, now
from tests.updates.directory import Directory
from tests.updates.words import body


async def _listed(service: Service, **which: object) -> tuple[UpdateList, int]:
    """The list, and how many statements it took."""
    statements: list[str] = []

    def seen(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        statements.append(statement)

    engine = service.staff.engine.sync_engine
    event.listen(engine, "before_cursor_execute", seen)
    try:
        async with service.staff.begin() as tx:
            return await list_updates(tx, service.scheme.id, **which), len(statements)  # type: ignore[arg-type]
    finally:
        event.remove(engine, "before_cursor_execute", seen)


async def _untitled(tx: Transaction, service: Service) -> None:
    await drafting.draft(tx, COMMS, service.scheme, UpdateDraft(), now=now())


async def test_updates_are_listed_newest_first_by_pages_and_states_with_their_counts(
    service: Service, directory: Directory
) -> None:
    directory.people(2)
    empty, _ = await _listed(service)
    assert (empty.updates, empty.after, sum(empty.counts.values())) == ((), None, 0)

    made = [await service.draft(body(title=f"Number {number}")) for number in range(3)]
    await service.submit(made[1])
    async with service.staff.begin() as tx:
        await _untitled(tx, service)
        await drafting.edit(tx, COMMS, made[0], {"title": "Number zero"}, now=now())

    everything, statements = await _listed(service)
    assert [each.title for each in everything.updates] == ["", "Number 2", "Number 1", "Number zero"]
    assert everything.after is None
    assert statements == 2
    assert {state: count for state, count in everything.counts.items() if count} == {
        UpdateState.DRAFT: 3,
        UpdateState.AWAITING_APPROVAL: 1,
    }
    waiting = everything.updates[2]
    assert (waiting.submitted_by, waiting.planned, waiting.version) == ("comms", 2, 1)
    assert everything.updates[3].version == 2

    first, statements = await _listed(service, states={UpdateState.DRAFT}, page=2)
    assert [each.title for each in first.updates] == ["", "Number 2"]
    assert first.counts == everything.counts
    second, _ = await _listed(service, states={UpdateState.DRAFT}, page=2, after=first.after)
    assert [each.title for each in second.updates] == ["Number zero"]
    assert (second.after, statements) == (None, 2)
