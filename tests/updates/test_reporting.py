"""Somebody's details in a draft: whether they are a registrant's is for those who run incidents alone."""

from typing import Any

from service.updates import drafting
from tests.deliveries.looking import one_value, run_sql
from tests.harness.people import BODY, COMMS, Service, mobile, now, somebody
from tests.harness.servers import Database
from tests.updates.words import bilingual
from workers import errands, tidy

INCIDENTS = "SELECT array_agg(subject::text) FROM incidents WHERE kind = 'detail-in-draft'"
NAMED = "SELECT array_agg(body) FROM audit_events WHERE body LIKE '%%registrant-named-in-draft%%'"


def naming(detail: str) -> dict[str, Any]:
    return {**BODY, "email": bilingual(f"Write to {detail} or call 0800 678 1925.")}


async def test_a_registrants_details_in_a_draft_are_an_incident_and_its_author_learns_nothing_of_it(
    service: Service, database: Database
) -> None:
    known, number, stranger = await service.person(), mobile(), somebody("stranger")
    await service.register(somebody(), contact_by=["email", "sms"], mobile=number)
    no_registrant = await service.draft(naming(stranger))
    with_address = await service.draft(naming(known.replace("@", " [at] ").upper()))
    with_number = await service.draft(naming(number.replace(" ", "-")))
    await errands.look_up_details(service.worker)

    assert set(one_value(database, INCIDENTS)) == {str(with_address), str(with_number)}
    events = one_value(database, NAMED)
    assert len(events) == 2
    assert all('"actor":"comms"' in each and '"count":1' in each for each in events)
    assert not any("example.com" in each or "7700" in each for each in events)

    # To the staff process, and to whoever asks it, the three are the same.
    assert one_value(database, "SELECT array_agg(DISTINCT answer::text) FROM errands") == ['{"done": true}']
    contents = [
        one_value(database, "SELECT content ->> 'email' FROM update_versions WHERE update_id = %s", each)
        for each in (no_registrant, with_address, with_number)
    ]
    assert len(set(contents)) == 1

    # Saved again it is the same incident, and the record says that it was done again.
    async with service.staff.begin() as tx:
        changes = {"email": bilingual(f"Or to {known}.")}
        await drafting.edit(tx, COMMS, with_address, changes, now=now())
        await drafting.edit(tx, COMMS, with_address, {"title": "Another"}, now=now())
    await errands.look_up_details(service.worker)
    assert len(one_value(database, INCIDENTS)) == 2
    assert len(one_value(database, NAMED)) == 3


async def test_what_cannot_be_opened_is_answered_and_stops_nothing(
    service: Service, database: Database
) -> None:
    known = await service.person()
    await service.draft(naming(somebody("stranger")))
    run_sql(database, "UPDATE errands SET sealed = 'x'")
    named = await service.draft(naming(known))
    await errands.look_up_details(service.worker)

    assert one_value(database, "SELECT count(*) FROM errands WHERE answered_at IS NULL") == 0
    assert one_value(database, INCIDENTS) == [str(named)]


async def test_an_errand_is_forgotten_after_an_hour_and_a_test_send_when_notify_has_forgotten_it(
    service: Service, database: Database
) -> None:
    for kind in ("known-details", "test-send"):
        for hours in (0.9, 1.1, 8 * 24 - 1, 8 * 24 + 1):
            run_sql(
                database,
                "INSERT INTO errands (id, kind, scheme_id, asked_by, asked_at, expires_at, taken_at) "
                "VALUES (gen_random_uuid(), %s, %s, 'x', now() - make_interval(secs => %s), now(), now())",
                kind,
                service.scheme.id,
                hours * 3600,
            )
    await tidy.tidy(service.worker)
    left = one_value(database, "SELECT array_agg(kind ORDER BY kind) FROM errands")
    assert left == ["known-details", "test-send", "test-send", "test-send"]
