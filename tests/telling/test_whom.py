"""Who of staff is told what, when, and by whom they are stood in for."""

from datetime import timedelta
from uuid import UUID

from service.holds.holding import set_hold
from service.holds.tables import Scope
from service.staff.roles import Role
from service.updates import approval, halting
from service.updates.approval import Decision
from service.updates.drafting import current_version
from service.updates.reading import get_update
from tests.deliveries.looking import one_value, run_sql
from tests.harness.people import BODY, COMMS, SENIOR, Service, now, staff
from tests.telling.office import Office

AUTHOR = staff("author", Role.SENIOR)
OPERATOR = staff("operator", Role.OPERATOR)
TITLE = "A title that stays inside"
WAITS = "An update waits for your approval"


async def waiting_update(service: Service) -> UUID:
    """One that a senior wrote and comms submitted, and that awaits its approval."""
    update = await service.draft({**BODY, "title": TITLE}, by=AUTHOR)
    await service.submit(update, by=COMMS)
    return update


async def send_back(service: Service, update: UUID) -> None:
    async with service.staff.begin() as tx:
        found = await get_update(tx, update)
        version = await current_version(tx, found)
        await approval.decide(
            tx,
            SENIOR,
            update,
            Decision.SEND_BACK,
            content_sha256=version.content_sha256,
            audience_sha256=found.audience_sha256 or "",
            comment=None,
            hold_window=timedelta(0),
            now=now(),
        )


async def test_an_update_that_waits_is_told_once_to_every_senior_who_has_no_hand_in_it(
    service: Service, office: Office
) -> None:
    await office.arrives("author", "senior")
    await office.arrives("senior", "senior", "comms")
    await office.arrives("senior2", "senior")
    await office.arrives("comms", "comms", "senior")
    await office.arrives("operator", "operator", "dpo")
    await office.arrives("long-gone", "senior", seen_days_ago=91)
    await office.arrives("of-the-api", "senior", sealed=False)
    await service.people(2)
    assert await office.told() == {}
    update = await waiting_update(service)

    assert await office.told() == {"senior": 1, "senior2": 1}
    (message,) = office.inbox("senior")
    assert message["subject"] == WAITS
    assert f"http://127.0.0.1:2/updates/{update}" in message["body"]
    words = f"{message['subject']} {message['body']}"
    assert not any(each in words for each in (TITLE, "The news", "comms", "eligibility", "windrush"))

    # Whoever comes later is told, too; when it was sent back and comes again, everybody is.
    await office.arrives("senior3", "senior")
    assert await office.told() == {"senior": 1, "senior2": 1, "senior3": 1}
    await send_back(service, update)
    assert await office.told() == {"senior": 1, "senior2": 1, "senior3": 1}
    await service.submit(update, by=COMMS)
    assert await office.told() == {"senior": 2, "senior2": 2, "senior3": 2}


async def test_what_was_dealt_with_before_its_notice_left_is_not_told(
    service: Service, office: Office
) -> None:
    await office.arrives("senior", "senior")
    await service.people(2)
    update = await waiting_update(service)
    service.notify.admin("daily", {"count": 10_000_000})
    try:
        assert await office.told() == {}
    finally:
        service.notify.admin("daily", {"count": 0})
    run_sql(office.database, "UPDATE holds SET lifted_by = 'x', lifted_at = now()")
    await send_back(service, update)

    assert await office.told() == {}
    assert one_value(office.database, "SELECT count(*) FROM notices") == 1


async def test_a_halt_is_told_to_its_authors_seniors_and_operators_also_while_everything_is_held(
    service: Service, office: Office
) -> None:
    for name, role in (("author", "senior"), ("comms", "comms"), ("comms2", "comms"), ("dpo", "dpo")):
        await office.arrives(name, role)
    await office.arrives("operator", "operator")
    await service.people(2)
    update = await waiting_update(service)
    await service.approve(update)
    async with service.staff.begin() as tx:
        await set_hold(tx, COMMS, scope=Scope.EVERYTHING, reason="A test.", now=now())
        await halting.halt(tx, OPERATOR, update, reason="a reason that stays inside", now=now())

    everybody = {"author": 1, "comms": 1, "operator": 1}
    assert await office.told() == everybody
    (message,) = office.inbox("comms")
    assert message["subject"] == "An update has stopped"
    assert "stays inside" not in message["body"]

    async with service.staff.begin() as tx:
        await halting.resume(tx, SENIOR, update, now=now())
    assert await office.told() == everybody
    async with service.staff.begin() as tx:
        await halting.halt(tx, OPERATOR, update, reason=None, now=now())
    assert await office.told() == dict.fromkeys(everybody, 2)


async def test_incidents_are_told_to_those_who_run_them_and_at_most_once_an_hour(
    service: Service, office: Office
) -> None:
    for name in ("dpo", "operator", "senior", "comms", "reviewer", "caseworker"):
        await office.arrives(name, name)
    office.opens("missing-message", 300)
    assert await office.told() == {"dpo": 1, "operator": 1}
    (message,) = office.inbox("dpo")
    assert "kept incident list" in message["body"]
    assert "missing" not in message["body"]

    office.clock.ahead = timedelta(minutes=50)
    office.opens("guard")
    assert await office.told() == {"dpo": 1, "operator": 1}
    office.clock.ahead = timedelta(minutes=61)
    assert await office.told() == {"dpo": 2, "operator": 2}
    office.clock.ahead = timedelta(hours=4)
    assert await office.told() == {"dpo": 2, "operator": 2}


async def test_a_deputy_is_told_instead_while_they_can_act_themselves(
    service: Service, office: Office
) -> None:
    for name in ("author", "present", "gone", "gone-too", "back", "of-an-author"):
        await office.arrives(name, "senior")
    await office.arrives("comms", "comms")
    await office.arrives("comms2", "comms")
    office.away("gone", "present")
    office.away("gone-too", "gone")  # Who is away does not stand in for anybody.
    office.away("back", "present", first=-3, last=-2)
    office.away("of-an-author", "author")  # Who may not approve it does not, either.
    office.away("comms", "comms2")
    await service.people(2)
    update = await waiting_update(service)

    waits = {"present": 1, "gone-too": 1, "back": 1, "of-an-author": 1}
    assert await office.told() == waits

    await service.approve(update)
    async with service.staff.begin() as tx:
        await halting.halt(tx, OPERATOR, update, reason=None, now=now())
    # The author may deal with a halt, and stands in.
    assert await office.told() == {
        "present": 2,
        "gone-too": 2,
        "back": 2,
        "of-an-author": 1,
        "author": 1,
        "comms2": 1,
    }


async def test_where_nobody_acts_everybody_is_told_again_and_then_once_a_day_for_a_week(
    service: Service, office: Office
) -> None:
    await office.arrives("senior", "senior")
    await office.arrives("gone", "senior")
    office.away("gone", "senior", last=400)
    await service.people(2)
    update = await waiting_update(service)
    counts = []
    for hours in (0, 3.9, 4.1, 27.9, 28.2, 52.2, 4 + 24 * 6.5, 4 + 24 * 7.5, 24 * 30):
        office.clock.ahead = timedelta(hours=hours)
        told = await office.told()
        counts.append((told.get("senior", 0), told.get("gone", 0)))

    # The fourth day's to the sixth's were not made: the sweep tells what is so now, and makes nothing up.
    assert counts == [(1, 0), (1, 0), (2, 1), (2, 1), (3, 2), (4, 3), (5, 4), (6, 5), (6, 5)]
    assert office.subjects("gone") == [f"Still: {WAITS}"] * 5
    assert "nobody has acted" in office.inbox("gone")[0]["body"]

    await send_back(service, update)
    office.clock.ahead = timedelta(days=62)
    assert await office.told() == {"senior": 6, "gone": 5}
