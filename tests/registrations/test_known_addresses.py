"""A registration of a known address changes nothing until the link sent to that address is used."""

from typing import Any

import pytest

from service.errors import Gone
from service.registrations.words import Choice
from tests.deliveries.looking import one_value, run_sql, times_told
from tests.harness.people import Service, somebody
from tests.harness.servers import Database

KNOWN = {"language": "en", "topics": ["eligibility"], "kind": "individual"}
OTHER: dict[str, Any] = {
    "language": "cy",
    "topics": ["evidence", "family-members"],
    "kind": "organisation",
    "organisation": "A centre",
    "mobile": "07700 900123",
    "contact_by": ["sms", "email"],
    "formats": ["large-print"],
}
STANDS = """
    SELECT json_agg(json_build_array(r.kind, r.language, r.contact_by, r.formats, r.state,
        (SELECT array_agg(code ORDER BY code) FROM registration_topics t WHERE t.registration_id = r.id),
        (SELECT array_agg(channel ORDER BY channel) FROM registration_contacts c
            WHERE c.registration_id = r.id))
        ORDER BY r.created_at)
    FROM registrations r
"""
BEFORE = ["individual", "en", ["email"], [], "confirmed", ["eligibility"], ["email"]]


@pytest.fixture
async def known(service: Service, database: Database) -> str:
    """A confirmed person, who may be asked again today."""
    address = await service.person(somebody("known"), **KNOWN)
    run_sql(database, "UPDATE contacts SET asked_at = '{}'")
    return address


async def test_an_intake_changes_nothing_that_is_confirmed(
    service: Service, database: Database, known: str
) -> None:
    profile = one_value(database, "SELECT sealed_profile FROM registrations")
    await service.register(known.upper(), **OTHER)
    assert one_value(database, STANDS) == [BEFORE]
    assert one_value(database, "SELECT sealed_profile FROM registrations") == profile
    assert one_value(database, "SELECT count(*) FROM registration_contacts") == 1
    # What was typed waits, sealed.
    change = bytes(
        one_value(database, "SELECT sealed_change FROM confirmations WHERE sealed_change IS NOT NULL")
    )
    assert b"evidence" not in change
    assert len(service.notify.inbox(known)) == 2
    await service.submit(await service.draft())
    await service.send()
    assert times_told(service, [known]) == [1]


async def test_this_is_me_changes_my_choices(service: Service, database: Database, known: str) -> None:
    await service.register(known, **OTHER)
    await service.confirm(known, Choice.MINE)
    [after] = one_value(database, STANDS)
    assert after == [
        "organisation",
        "cy",
        ["sms", "email"],
        ["large-print"],
        "confirmed",
        ["evidence", "family-members"],
        ["email", "sms"],
    ]
    # A further contact joins unconfirmed: its own holder has to say so.
    assert one_value(database, "SELECT confirmed_at FROM registration_contacts WHERE channel = 'sms'") is None


async def test_another_person_is_registered_beside_the_first(
    service: Service, database: Database, known: str
) -> None:
    await service.register(known, **{**OTHER, "contact_by": ["email"], "mobile": None})
    await service.confirm(known, Choice.ANOTHER)
    first, second = one_value(database, STANDS)
    assert first == BEFORE
    assert second[:2] == ["organisation", "cy"]
    assert second[4:] == ["confirmed", ["evidence", "family-members"], ["email"]]
    assert one_value(database, "SELECT count(*) FROM contacts") == 1
    assert one_value(database, "SELECT count(DISTINCT unsubscribe_hash) FROM registrations") == 2


async def test_not_me_changes_nothing(service: Service, database: Database, known: str) -> None:
    await service.register(known, **OTHER)
    await service.confirm(known, Choice.NOT_ME)
    assert one_value(database, STANDS) == [BEFORE]


@pytest.mark.parametrize("choice", list(Choice))
async def test_a_change_that_was_answered_keeps_nothing_of_what_was_typed(
    service: Service, database: Database, known: str, choice: Choice
) -> None:
    await service.register(known, **OTHER)
    await service.confirm(known, choice)
    answered = "SELECT length(sealed_change) FROM confirmations WHERE sealed_change IS NOT NULL"
    assert one_value(database, answered) == 0
    assert one_value(database, "SELECT applied_at IS NOT NULL FROM confirmations WHERE choice IS NOT NULL")


async def test_a_message_about_a_change_is_in_the_language_of_whoever_is_known(
    service: Service, known: str
) -> None:
    await service.register(known, **OTHER)
    assert service.notify.inbox(known)[-1]["subject"] == "Somebody registered your address again"


async def test_who_comes_back_after_leaving_is_as_new(
    service: Service, database: Database, known: str
) -> None:
    run_sql(database, "UPDATE registrations SET state = 'left', left_at = now()")
    await service.register(known, **{**KNOWN, "language": "cy"})
    assert service.notify.inbox(known)[-1]["subject"].startswith("Cadarnhewch")
    await service.confirm(known)
    assert one_value(database, "SELECT array_agg(state ORDER BY created_at) FROM registrations") == [
        "left",
        "confirmed",
    ]


@pytest.mark.parametrize(("days", "asked"), [(0, False), (29, False), (31, True)])
async def test_an_address_that_bounced_is_left_alone_for_thirty_days(
    service: Service, database: Database, known: str, days: int, asked: bool
) -> None:
    run_sql(database, "UPDATE registrations SET state = 'left', left_at = now()")
    run_sql(database, "UPDATE contacts SET suppressed_at = now() - make_interval(days => %s)", days)
    await service.register(known)
    assert len(service.notify.inbox(known)) == 1 + asked
    assert one_value(database, "SELECT count(*) FROM intake") == 0


async def test_who_confirms_again_after_a_bounce_hears_again(
    service: Service, database: Database, known: str
) -> None:
    run_sql(database, "UPDATE registrations SET state = 'left', left_at = now()")
    bounced = "suppressed_at = now() - interval '31 days', suppressed_why = 'permanent-failure'"
    run_sql(database, f"UPDATE contacts SET {bounced}")
    await service.register(known)
    await service.confirm(known)
    update = await service.draft()
    assert (await service.submit(update)).planned == 1


async def test_a_link_about_a_change_is_answered_once(
    service: Service, database: Database, known: str
) -> None:
    await service.register(known, **OTHER)
    await service.confirm(known, Choice.NOT_ME)
    with pytest.raises(Gone):
        await service.confirm(known, Choice.MINE)
    assert one_value(database, STANDS) == [BEFORE]


async def test_a_change_that_cannot_be_read_is_set_aside_and_the_others_are_applied(
    service: Service, database: Database, known: str
) -> None:
    other = await service.person()
    run_sql(database, "UPDATE contacts SET asked_at = '{}'")
    for address in (known, other):
        await service.register(address, **OTHER)
    run_sql(
        database,
        "UPDATE confirmations SET sealed_change = 'x'"
        " WHERE id = (SELECT min(id::text)::uuid FROM confirmations WHERE sealed_change IS NOT NULL)",
    )
    await service.confirm(known, Choice.MINE)
    await service.confirm(other, Choice.MINE)
    states = "SELECT array_agg(state ORDER BY state) FROM confirmations WHERE sealed_change IS NOT NULL"
    assert one_value(database, states) == ["sent", "set_aside"]
    applied = "SELECT count(*) FROM confirmations WHERE applied_at IS NOT NULL"
    assert one_value(database, applied) == 1
