"""How often one address may be asked: once a day, three times a month."""

from datetime import UTC, datetime, timedelta

import pytest

from service.registrations.asking import may_be_asked_at
from service.registrations.letterbox import drop
from tests.deliveries.looking import one_value, run_sql
from tests.harness.people import Service, now, somebody
from tests.harness.servers import Database
from workers import confirm, intake, reconcile

A_DAY_LATER_FOR_CONTACTS = """
    UPDATE contacts
    SET asked_at = (SELECT array_agg(at - interval '1 day' ORDER BY at) FROM unnest(asked_at) at)
"""
A_DAY_LATER_FOR_CONFIRMATIONS = """
    UPDATE confirmations SET try_at = try_at - interval '1 day', sent_at = sent_at - interval '1 day',
        created_at = created_at - interval '1 day', expires_at = expires_at - interval '1 day'
"""
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("days_ago", "days_from_now"),
    [
        ([], 0),
        ([0], 1),
        ([0.5], 0.5),
        ([1], 0),
        ([2, 0.25], 0.75),
        ([29, 20, 10], 1),
        ([29, 20, 0.5], 1),
        ([29.75, 20, 0.5], 0.5),
        ([30, 20, 10], 0),
        ([60, 50, 40], 0),
        ([3, 2, 1], 27),
        ([1, 2, 3], 27),
        ([40, 3, 2, 1], 27),
    ],
)
def test_once_a_day_and_three_times_a_month(days_ago: list[float], days_from_now: float) -> None:
    asked = [NOW - timedelta(days=days) for days in days_ago]
    assert may_be_asked_at(asked, NOW) == NOW + timedelta(days=days_from_now)


async def test_33_a_thousand_registrations_of_a_strangers_address_send_one_message(
    service: Service, database: Database
) -> None:
    stranger, neighbour = somebody("stranger"), somebody("neighbour")
    async with service.public.begin() as tx:
        for _ in range(1000):
            await drop(tx, service.scheme, service.form(stranger), now=now())
    await service.drop(neighbour)
    began = now()
    await intake.take_in(service.worker)
    await confirm.send_confirmations(service.worker)
    # A flood of one address does not hold up the letterbox for everybody else.
    assert (now() - began).total_seconds() < 20
    assert len(service.notify.inbox(stranger)) == 1
    assert len(service.notify.inbox(neighbour)) == 1
    for _ in range(3):
        await service.register(stranger)
    assert len(service.notify.inbox(stranger)) == 1
    assert one_value(database, "SELECT count(*) FROM intake") == 0
    await service.confirm(stranger)


async def test_33_other_spellings_of_an_address_share_its_limits(
    service: Service, database: Database
) -> None:
    stranger = f"{somebody('stranger').partition('@')[0]}@xn--bcher-kva.example.com"
    name = stranger.partition("@")[0]
    spellings = (
        stranger,
        stranger.upper(),
        f"{name}@b\u00fccher.example.com",
        f"{name.title()}@Bu\u0308cher.Example.COM",
        f" {name}\u200b@xn--bcher-kva.example.com ",
    )
    counts = []
    for _ in range(6):
        for spelling in spellings:
            await service.drop(spelling)
        await intake.take_in(service.worker)
        await service.send_confirmations()
        counts.append(len(service.notify.inbox(stranger)))
        run_sql(database, A_DAY_LATER_FOR_CONTACTS)
        run_sql(database, A_DAY_LATER_FOR_CONFIRMATIONS)
    assert counts == [1, 2, 3, 3, 3, 3]
    assert one_value(database, "SELECT count(*) FROM contacts") == 1


async def test_a_newer_registration_takes_the_place_of_one_that_was_not_answered(
    service: Service, database: Database
) -> None:
    address = somebody()
    await service.drop(address, language="en", topics=["eligibility"])
    await intake.take_in(service.worker)
    await service.drop(address, language="cy", topics=["evidence"])
    await intake.take_in(service.worker)
    await confirm.send_confirmations(service.worker)
    assert len(service.notify.inbox(address)) == 1
    await service.confirm(address)
    assert one_value(database, "SELECT array_agg(language || ' ' || state) FROM registrations") == [
        "cy confirmed"
    ]
    assert one_value(database, "SELECT array_agg(code) FROM registration_topics") == ["evidence"]


async def test_a_link_that_works_is_not_replaced_within_the_day(service: Service) -> None:
    address = somebody()
    await service.register(address)
    first = service.link(address)
    await service.register(address, language="cy")
    assert service.link(address) == first
    assert len(service.notify.inbox(address)) == 1
    await service.confirm(address)


async def test_what_was_certainly_not_taken_does_not_count_as_asking(
    service: Service, database: Database
) -> None:
    service.notify.admin("daily", {"count": 10_000_000})
    address = somebody()
    try:
        await service.register(address)
    finally:
        service.notify.admin("daily", {"count": 0})
    assert one_value(database, "SELECT cardinality(asked_at) FROM contacts") == 0


async def test_what_notify_never_had_goes_out_again_at_once_and_is_asked_once(
    service: Service, database: Database
) -> None:
    address = somebody()
    lost = {"fault": "before-commit:error-500", "times": 1, "match": {"to": address}}
    service.notify.admin("faults", {"plan": [lost]})
    await service.register(address)
    assert service.notify.inbox(address) == []
    for _ in range(2):
        await reconcile.ask_notify(service.worker)
    await service.send_confirmations()
    assert len(service.notify.inbox(address)) == 1
    assert one_value(database, "SELECT cardinality(asked_at) FROM contacts") == 1
