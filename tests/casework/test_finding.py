"""Finding a person, and seeing who it is: recorded first, shown once, so many in a day."""

from datetime import timedelta
from uuid import UUID, uuid4

import psycopg
import pytest

from service.casework import revealing, searching
from service.casework.records import record_of
from service.crypto.one_answer import OneAnswer
from service.errands import asking
from service.staff.principal import Staff, Subject
from service.staff.roles import Role
from service.staff.step_up import SignInAgain
from service.telling import finding
from tests.casework.office import WHY, at_work
from tests.deliveries.looking import one_row, one_value, run_sql
from tests.harness.people import Service, now, somebody
from tests.harness.servers import Database
from tests.web_staff.browsing import StaffBrowser
from tests.web_staff.serving import StaffHost
from workers import casework

QUILL = {
    "kind": "representative",
    "relationship": "estate",
    "name": "Ada Quill",
    "mobile": "07700 900431",
    "postal_address": "1 A Row\nTown\nSW1A 2AA",
    "contact_by": ["email", "sms", "letter"],
}


async def test_a_person_is_found_however_it_is_typed_and_what_was_looked_for_stays_nowhere(
    service: Service, host: StaffHost, database: Database
) -> None:
    email = await service.person(somebody("Quill"), **QUILL)
    shared = await service.person(somebody("rook"), mobile="07700 900431", contact_by=["email", "phone"])
    registration, number = one_row(
        database, "SELECT id, number FROM registrations ORDER BY created_at LIMIT 1"
    )
    async with at_work(service, host, database) as caseworker:
        found = await caseworker.finds(email=email.upper())
        assert [(each["id"], each["number"]) for each in found] == [(str(registration), number)]
        assert set(found[0]) == {"id", "number", "kind", "state", "language", "registered_on"}
        assert len(await caseworker.finds(mobile="+44 (0)7700 900 431")) == 2
        loosely = number.removeprefix("KI-").lower().replace("-", " ")
        assert [each["number"] for each in await caseworker.finds(number=loosely)] == [number]
        assert await caseworker.finds(email=somebody()) == await caseworker.finds(number="x") == []
        assert len(await caseworker.finds(email=shared)) == 1

        for wrong in ({}, {"email": email, "number": number}, {"email": "Quill at home"}, {"name": "Quill"}):
            answer = await caseworker.post("schemes/windrush/searches", **wrong)
            assert (answer.status_code, "Quill" in answer.text) == (422, False)

        said = [(each["kind"], each["count"]) for each in caseworker.events("people-searched")]
        assert said == [
            ("email", 1),
            ("mobile", 2),
            ("number", 1),
            ("email", 0),
            ("number", 0),
            ("email", 1),
        ]
        assert one_row(database, "SELECT count(sealed), count(answer) FROM errands") == (0, 0)

        run_sql(
            database,
            """INSERT INTO errands (id, kind, scheme_id, asked_by, asked_at, expires_at, taken_at)
            SELECT gen_random_uuid(), 'search', %s, 'demo-caseworker', now(), now(), now()
            FROM generate_series(1, 60)""",
            service.scheme.id,
        )
        assert (await caseworker.post("schemes/windrush/searches", email=email)).status_code == 429


async def test_details_are_shown_once_and_only_after_it_is_recorded_that_they_are(
    service: Service, host: StaffHost, database: Database, owner: psycopg.Connection[tuple[object, ...]]
) -> None:
    email = await service.person(somebody("quill"), **QUILL)
    registration = str(one_value(database, "SELECT id FROM registrations"))
    async with at_work(service, host, database) as caseworker:
        answer = await caseworker.of(registration, "reveals", **WHY)
        assert answer.status_code == 200
        shown = answer.json()
        assert (shown["email"], shown["mobile"], shown["name"]) == (email, "+447700900431", "Ada Quill")
        assert shown["postal_address"] == "Ada Quill\n1 A Row\nTown\nSW1A 2AA"
        assert [each["confirmed"] for each in shown["contacts"]] == [True, False, False]
        reveal = one_row(database, "SELECT id, registration_id::text, purpose, reference FROM reveals")
        assert reveal[1:] == (registration, *WHY.values())
        assert caseworker.events("details-revealed") == [
            {"registration": registration, "reveal": str(reveal[0]), "purpose": "call-back"}
        ]

        for wrong in ("ring 07700 900123", "a@example.com", " ", "-1", "x" * 41, "é", "7700900123"):
            refused = await caseworker.of(registration, "reveals", purpose="call-back", reference=wrong)
            assert (refused.status_code, len(wrong) > 2 and wrong in refused.text) == (422, False)
        assert (await caseworker.of(str(uuid4()), "reveals", **WHY)).status_code == 404

    # By the workers, too: whoever takes the staff process over opens nothing that is not recorded.
    me = Staff(Subject("demo-caseworker"), frozenset({Role.CASEWORKER}), now())
    someone_else = Staff(Subject("demo-caseworker2"), frozenset({Role.CASEWORKER}), now())
    for who, of in ((me, uuid4()), (someone_else, UUID(str(reveal[0])))):
        async with service.staff.begin() as tx:
            record = await record_of(tx, UUID(registration))
            errand = await revealing.ask(tx, who, record, of, answer_to=OneAnswer().public, now=now())
        await casework.serve_caseworkers(service.worker)
        async with service.staff.begin() as tx:
            assert await asking.sealed_answer_to(tx, errand) is None
    for statement in ("UPDATE reveals SET purpose = 'legal'", "DELETE FROM reveals", "TRUNCATE reveals"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            owner.execute(statement.encode())


async def test_beyond_so_many_in_a_day_nobody_is_shown_and_the_data_protection_officer_is_told(
    service: Service, host: StaffHost, database: Database, browser: StaffBrowser
) -> None:
    await service.person()
    registration = one_value(database, "SELECT id FROM registrations")
    run_sql(
        database,
        """INSERT INTO reveals SELECT gen_random_uuid(), %s, 'demo-caseworker', 'legal', 'x',
        now() - interval '23 hours' FROM generate_series(1, 20)""",
        registration,
    )
    run_sql(
        database, "INSERT INTO staff_members (subject, roles, seen_at) VALUES ('demo-dpo', '{dpo}', now())"
    )
    run_sql(database, "UPDATE staff_members SET sealed_email = 'x' WHERE subject = 'demo-dpo'")
    async with at_work(service, host, database) as caseworker:
        for _ in range(2):
            refused = await caseworker.of(str(registration), "reveals", **WHY)
            assert (refused.status_code, refused.json()["type"]) == (429, "urn:kept:problem:enough-revealed")
            assert 3000 < int(refused.headers["retry-after"]) <= 3600
        assert one_row(database, "SELECT count(*), max(kind) FROM incidents") == (1, "too-many-reveals")
        await browser.sign_in("caseworker")
        page = await browser.get(f"/registrations/{registration}/reveal")
        form = browser.hidden(page, f"/registrations/{registration}/reveal")
        refused = await browser.post(f"/registrations/{registration}/reveal", {**form, **WHY})
        assert (refused.status_code, "data-protection officer is told" in refused.text) == (429, True)
        assert one_value(database, "SELECT count(*) FROM reveals") == 20
        assert caseworker.events("details-revealed") == []
        async with service.worker.transactions.begin() as tx:
            await finding.find_matters(tx, now=now())
            await finding.call_upon(tx, patience=timedelta(hours=1), now=now())
        assert one_value(database, "SELECT array_agg(subject) FROM notices") == ["demo-dpo"]

        caseworker.name = "caseworker2"
        assert (await caseworker.of(str(registration), "reveals", **WHY)).status_code == 200


async def test_who_signed_in_long_ago_sees_nobody(service: Service, database: Database) -> None:
    await service.person()
    registration = one_value(database, "SELECT id FROM registrations")
    stale = Staff(Subject("x"), frozenset({Role.CASEWORKER}), now() - timedelta(minutes=6))
    form = revealing.RevealForm.model_validate(WHY)
    with pytest.raises(SignInAgain):
        async with service.staff.begin() as tx:
            await revealing.record_reveal(
                tx, stale, registration, form, reveal=uuid4(), per_day=20, now=now()
            )
    assert one_value(database, "SELECT count(*) FROM reveals") == 0
    assert repr(searching.SearchForm(email="a@example.com")) == "<search>"
