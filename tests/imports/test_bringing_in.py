"""A list becomes registrations: once each, nobody who has left, and nothing is sent to anybody yet."""

from service.exports.requesting import count_people
from service.imports.states import ImportState
from service.registrations.listing import count_listed
from service.registrations.recipients import AudienceRule
from service.registrations.words import Channel
from service.updates.counting import count_rule
from tests.harness.people import Service, now, somebody
from tests.harness.servers import Database
from tests.imports.lists import Office, csv_of


async def test_a_list_is_brought_in_and_the_same_once_more_changes_nothing(
    office: Office, service: Service, database: Database
) -> None:
    here, gone, never, asked = [await service.person() for _ in range(3)] + [somebody()]
    await service.register(asked)
    with database.connect() as owner:
        owner.execute(
            "UPDATE registrations SET state = 'left', left_at = now() WHERE id = (SELECT registration_id "
            "FROM registration_contacts JOIN contacts c ON c.id = contact_id WHERE blind_index = %s)",
            [service.worker.keys.index.email(gone)],
        )
        owner.execute(
            "UPDATE contacts SET suppressed_at = now(), suppressed_why = 'do-not-contact' "
            "WHERE blind_index = %s",
            [service.worker.keys.index.email(never)],
        )
    new, other, third = somebody(), somebody(), somebody()
    data = csv_of(
        f"{new},07700 900301,Mary Example",
        f"{new.upper()},,Mary again",
        f"{here},,",
        f"{gone},,",
        f"{never},,",
        f"{asked},,",
        "nobody at all,,",
        f"{other},020 7946 0123,",
        f"{third},07700 900301,Her husband",
        ",,",
        ",,No address",
        f"{somebody()};{somebody()},,",
        f'{somebody()},"07700 900302 / 07700 900303",',
    )

    found = await office.checked(data)

    assert found.state is ImportState.CHECKED
    assert await office.account(found.id) == {
        2: "new",
        3: "duplicate 2",
        4: "known",
        5: "left",
        6: "do-not-contact",
        7: "asked",
        8: "email: not-an-address",
        9: "new",
        10: "duplicate 2",
        12: "row: no-address",
        13: "email: two-addresses",
        14: "mobile: two-addresses",
    }
    done = await office.commit(found)
    assert done.state is ImportState.DONE
    assert done.counts is not None
    assert done.counts["verdicts"]["registered"] == 2
    before = _everybody(database)
    assert len([each for each in before if each[2]]) == 2

    again = await office.checked(data)

    assert again.counts is not None
    assert again.counts["verdicts"]["new"] == 0
    assert (await office.account(again.id))[2] == "known"
    assert _everybody(database) == before
    # Not one message of any kind has gone to them, and no ordinary update would reach them.
    await service.send_confirmations()
    assert [service.notify.inbox(each) for each in (new, other, third)] == [[], [], []]
    async with service.staff.begin() as tx:
        scheme = service.scheme.id
        everybody = await count_rule(tx, scheme, AudienceRule(), [Channel.EMAIL], now=now())
        theirs = await count_rule(tx, scheme, AudienceRule(imported_in=done.id), [Channel.EMAIL], now=now())
        a_list = await count_people(tx, scheme, AudienceRule())
    assert (everybody.people, theirs.people) == (1, 2)
    # Nor are they in a list out: `here` and `never` are, who registered themselves.
    async with service.worker.transactions.begin() as tx:
        assert (a_list, await count_listed(tx, scheme, AudienceRule())) == (2, 2)
    assert (await service.submit(await service.draft())).planned == 1
    with database.connect() as owner:
        for kept in ("import_chunks WHERE import_id = %s", "import_addresses WHERE import_id = %s"):
            assert owner.execute(f"SELECT count(*) FROM {kept}".encode(), [done.id]).fetchone() == (0,)
        assert owner.execute(
            "SELECT count(*) FROM import_rows WHERE sealed IS NOT NULL AND import_id = %s", [done.id]
        ).fetchone() == (0,)


def _everybody(database: Database) -> list[tuple[object, ...]]:
    with database.connect() as owner:
        return owner.execute(
            "SELECT number, state, imported_in, awaits_notice FROM registrations ORDER BY number"
        ).fetchall()
