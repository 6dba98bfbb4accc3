"""What a caseworker does for somebody who rang: close, correct, hand on, erase."""

import re
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from service.casework.records import record_of
from service.deliveries.telling import updates_to
from service.registrations import links
from service.registrations.words import Choice
from tests.casework.office import at_work
from tests.deliveries.looking import one_row, one_value, run_sql
from tests.harness.people import Service, somebody
from tests.harness.servers import Database
from tests.registrations.living import may_be_asked_again
from tests.web_staff.serving import StaffHost
from workers import intake

PHONE = {"given_by": "phone"}


def id_of(database: Database) -> str:
    """The newest registration."""
    return str(one_value(database, "SELECT id FROM registrations ORDER BY created_at DESC LIMIT 1"))


async def test_who_rang_is_closed_at_once_and_never_written_to_again_only_where_they_said_so(
    service: Service, host: StaffHost, database: Database
) -> None:
    leaver = await service.person()
    first = id_of(database)
    couple = await service.person()
    partner = id_of(database)
    may_be_asked_again(database)
    await service.register(couple)
    async with service.public.begin() as tx:
        await links.use(tx, service.link(couple), Choice.ANOTHER)
    await intake.apply_changes(service.worker)
    assert one_value(database, "SELECT count(*) FROM registrations WHERE state = 'confirmed'") == 3

    async with at_work(service, host, database) as caseworker:
        for registration, why in (
            (first, "never-again"),
            (partner, "never-again"),
            (id_of(database), "asked"),
        ):
            answer = await caseworker.of(registration, "closure", why=why, **PHONE)
            assert (answer.status_code, answer.json()) == (200, {"state": "left"})
        assert (await caseworker.of(str(uuid4()), "closure", **PHONE)).status_code == 404
        assert (await caseworker.of(first, "closure", why="asked")).status_code == 422
        said = [(each["why"], each["given_by"]) for each in caseworker.events("registration-closed")]
        assert said == [("never-again", "phone"), ("never-again", "phone"), ("asked", "phone")]
        # The one whose address another still wanted to be told at is not stopped for both.
        assert (
            one_value(database, "SELECT count(*) FROM contacts WHERE suppressed_why = 'do-not-contact'") == 1
        )

        may_be_asked_again(database)
        heard = len(service.notify.inbox(leaver))
        await service.register(leaver)
        assert len(service.notify.inbox(leaver)) == heard
        answer = await caseworker.assists(email=leaver)
        assert (answer.status_code, answer.json()) == (200, {"status": "stopped", "numbers": []})
        answer = await caseworker.assists(email=leaver, write_again=True)
        assert answer.status_code == 201
    await service.send_confirmations()
    assert len(service.notify.inbox(leaver)) == heard + 1


async def test_choices_change_at_once_and_another_address_when_its_own_holder_says_so(
    service: Service, host: StaffHost, database: Database
) -> None:
    old, new = await service.person(), somebody("new")
    registration = id_of(database)
    run_sql(database, "UPDATE contacts SET suppressed_at = now(), suppressed_why = 'permanent-failure'")
    async with at_work(service, host, database) as caseworker:
        answer = await caseworker.of(
            registration,
            "correction",
            **PHONE,
            language="cy",
            topics=["evidence"],
            formats=["large-print"],
            email=new,
            write_again=True,
        )
        assert answer.status_code == 200, answer.text
        changed = answer.json()
        assert (changed["language"], changed["topics"], changed["formats"], changed["asked"]) == (
            "cy",
            ["evidence"],
            ["large-print"],
            True,
        )
        assert one_value(database, "SELECT count(*) FROM contacts WHERE suppressed_at IS NOT NULL") == 0
        assert caseworker.events("registration-corrected") == [
            {"registration": registration, "given_by": "phone", "address": True, "write_again": True}
        ]
        assert [each["id"] for each in await caseworker.finds(email=old)] == [registration]
        await service.send_confirmations()
        await service.confirm(new)
        await service.send_confirmations()
        assert await caseworker.finds(email=old) == []
        assert "Mae" in service.notify.inbox(old)[-1]["body"]

        wrong: list[tuple[dict[str, Any], int, str]] = [
            ({"contact_by": ["sms"]}, 422, "mobile"),
            ({"topics": ["unheard-of"]}, 422, "topics.0"),
            ({"becomes": "estate", "language": "en", "email": old}, 422, "becomes"),
            ({"becomes": "estate"}, 422, "becomes"),
        ]
        for body, status, at in wrong:
            refused = await caseworker.of(registration, "correction", **PHONE, **body)
            assert (refused.status_code, refused.json()["errors"][0]["field"]) == (status, at)
        await service.register(somebody())
        pending = await caseworker.of(id_of(database), "correction", **PHONE, language="cy")
        assert pending.json()["type"] == "urn:kept:problem:not-confirmed"


async def test_after_a_death_an_executor_takes_it_over_by_their_own_address(
    service: Service, host: StaffHost, database: Database
) -> None:
    await service.person()
    registration, executor = id_of(database), somebody("executor")
    async with at_work(service, host, database) as caseworker:
        await caseworker.of(registration, "closure", why="bereavement", **PHONE)
        refused = await caseworker.of(registration, "correction", **PHONE, language="cy")
        assert refused.json()["type"] == "urn:kept:problem:has-left"
        answer = await caseworker.of(
            registration, "correction", given_by="letter", becomes="estate", email=executor
        )
        assert (answer.status_code, answer.json()["state"], answer.json()["asked"]) == (200, "left", True)
        assert caseworker.events("registration-handed-on") == [
            {"registration": registration, "kind": "estate", "given_by": "letter"}
        ]
    await service.send_confirmations()
    await service.confirm(executor)
    assert one_row(database, "SELECT state, kind, relationship FROM registrations") == (
        "confirmed",
        "representative",
        "estate",
    )


async def test_who_asks_to_be_erased_is_gone_and_what_they_were_sent_stays_as_bare_ids(
    service: Service, host: StaffHost, database: Database
) -> None:
    await service.person()
    address = await service.person(formats=["bsl"])
    registration = id_of(database)
    update = await service.approved()
    await service.send()
    async with service.staff.begin() as tx:
        record, [told] = await record_of(tx, UUID(registration)), await updates_to(tx, UUID(registration))
    assert (told.id, told.channel, told.state) == (update, "email", "accepted")
    assert (record.preferences.formats, record.ways[0].confirmed) == (("bsl",), True)
    async with at_work(service, host, database) as caseworker:
        answer = await caseworker.of(registration, "erasure", given_by="in-person")
        assert (answer.status_code, answer.content) == (204, b"")
        assert (await caseworker.of(registration, "erasure", given_by="in-person")).status_code == 404
        assert await caseworker.finds(email=address) == []
        assert caseworker.events("registration-erased") == [
            {"registration": registration, "given_by": "in-person"}
        ]
    for table in ("registrations", "contacts", "confirmations", "registration_topics"):
        assert one_value(database, f"SELECT count(*) FROM {table}") == 1
    assert one_value(database, "SELECT count(*) FROM audience_members") == 2


async def test_the_database_refuses_whoever_is_no_caseworker(service: Service, database: Database) -> None:
    await service.person()
    registration = id_of(database)
    acts = (
        "close_registration('{who}', '{whose}', false)",
        "erase_for_somebody('{who}', '{whose}')",
        "correct_registration('{who}', '{whose}', 'cy', '{{evidence}}', '{{email}}', '{{}}', NULL, false)",
        "settle_call('{who}', '{whose}', 'done')",
    )
    run_sql(
        database, "INSERT INTO staff_members (subject, roles, seen_at) VALUES ('x', '{comms,dpo}', now())"
    )
    with database.connect("kept_staff") as staff_sql:
        for act in acts:
            for who in ("x", "nobody"):
                statement = f"SELECT {act.format(who=who, whose=registration)}"
                with pytest.raises(psycopg.errors.CheckViolation, match="only a caseworker"):
                    staff_sql.execute(statement.encode())
    assert one_row(database, "SELECT state, language FROM registrations") == ("confirmed", "en")
    assert re.fullmatch(r"KI-\w{4}-\w{4}", one_value(database, "SELECT number FROM registrations"))
