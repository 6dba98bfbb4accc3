"""Letters: Notify says nothing of them by itself, and takes none back by its API."""

import time
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from service.deliveries import polling
from service.deliveries.cancelling import letters_to_cancel, next_printing
from service.deliveries.polling import Polled
from service.notify.gateway import Found
from service.registrations.words import Channel
from service.updates import halting
from tests.channels.people import EVERY_WAY, Office
from tests.deliveries.looking import one_row, one_value, run_sql
from tests.deliveries.test_polling import let_pass, poll
from tests.harness.people import COMMS, Service, now

TWO_DAYS = 2 * 86_400


async def test_a_letter_is_asked_about_until_it_was_posted(service: Service, office: Office) -> None:
    people = [await office.person("letter") for _ in range(2)]
    update = await service.approved(EVERY_WAY)
    await service.send()
    let_pass(office.database, "40 minutes")
    await poll(service)
    assert await service.outcomes(update) == {"accepted": 2}

    # Notify prints at half past five.
    service.notify.admin("clock", {"advance_seconds": TWO_DAYS})
    deadline = time.monotonic() + 30
    while {office.got(each.postal_inbox)[0]["status"] for each in people} != {"delivered"}:
        assert time.monotonic() < deadline
        time.sleep(0.02)  # noqa: ASYNC251 - the stand-in moves them; nothing here runs meanwhile
    service.notify.admin("clock", {"offset_seconds": 0})
    let_pass(office.database, "2 hours")
    await poll(service)
    assert await service.outcomes(update) == {"delivered": 2}


@pytest.mark.parametrize(
    ("said", "state", "suppressed"),
    [
        ("accepted", "accepted", False),
        ("pending-virus-check", "accepted", False),
        ("received", "delivered", False),
        ("returned-letter", "bounced", True),
        # It could not be printed, which says nothing against the address.
        ("permanent-failure", "failed", False),
        ("technical-failure", "failed", False),
        ("validation-failed", "failed", False),
        ("cancelled", "failed", False),
    ],
)
async def test_notifys_words_for_letters_are_states_of_ours(
    service: Service, office: Office, said: str, state: str, suppressed: bool
) -> None:
    await office.person("letter")
    update = await service.draft(EVERY_WAY)
    await service.submit(update)
    await service.send()
    attempt, reference, notify_id = one_row(office.database, "SELECT id, reference, notify_id FROM attempts")
    found = Found(notify_id=notify_id, status=said, reference=reference, created_at=now())
    async with service.worker.transactions.begin() as tx:
        await polling.settle_polled(
            tx, Polled(attempt, reference, notify_id, Channel.LETTER), [found], now=now()
        )
    await service.finish()

    assert await service.outcomes(update) == {state: 1}
    assert one_value(office.database, "SELECT suppressed_at IS NOT NULL FROM contacts") == suppressed


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2027-01-11T09:00:00", "2027-01-11T17:30:00"),
        ("2027-01-11T17:29:59", "2027-01-11T17:30:00"),
        ("2027-01-11T17:30:00", "2027-01-12T17:30:00"),
        ("2027-07-11T16:29:00", "2027-07-11T16:30:00"),
        ("2027-07-11T16:30:00", "2027-07-12T16:30:00"),
        ("2027-03-27T18:00:00", "2027-03-28T16:30:00"),
    ],
)
def test_notify_prints_at_half_past_five_in_london(now: str, until: str) -> None:
    at = datetime.fromisoformat(now).replace(tzinfo=UTC)
    assert next_printing(at) == datetime.fromisoformat(until).replace(tzinfo=UTC)


async def test_a_halt_says_which_letters_can_still_be_cancelled(service: Service, office: Office) -> None:
    for _ in range(3):
        await office.person("letter")
    await office.person("email")
    update = await service.approved(EVERY_WAY)
    await service.send()
    async with service.staff.begin() as tx:
        await halting.halt(tx, COMMS, update, reason=None, now=now())
    _handed_over(office, now())
    async with service.staff.begin() as tx:
        found = await letters_to_cancel(tx, update, now=now())
    assert found is not None
    assert (found.count, found.until) == (3, next_printing(now()))

    # Handed over before the last printing: gone.
    _handed_over(office, next_printing(now()) - timedelta(days=1, hours=1))
    async with service.staff.begin() as tx:
        assert await letters_to_cancel(tx, update, now=now()) is None
        assert await letters_to_cancel(tx, UUID(int=uuid4().int), now=now()) is None


def _handed_over(office: Office, at: datetime) -> None:
    run_sql(office.database, "UPDATE deliveries SET changed_at = %s", at)
