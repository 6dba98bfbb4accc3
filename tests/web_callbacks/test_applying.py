"""What receipts do to deliveries: forwards only, in any order, and as proof (check 39)."""

from dataclasses import dataclass
from datetime import timedelta
from itertools import permutations
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from service.deliveries.claiming import Claimed, claim
from service.deliveries.preparing import begin_sending
from service.deliveries.settling import settle, settlement
from service.notify.gateway import Accepted, Busy, Outcome, TryLater, Unknown
from tests.harness.people import Service, now
from tests.web_callbacks.conftest import Notify
from workers import reconcile

Sql = psycopg.Connection[tuple[Any, ...]]
FINAL = {
    "delivered": "delivered",
    "permanent-failure": "bounced",
    "temporary-failure": "failed",
    "technical-failure": "failed",
}


@dataclass
class Sending:
    """An update of which one delivery is claimed, and was not heard of yet."""

    service: Service
    update: UUID
    claimed: Claimed

    async def settle(self, outcome: Outcome) -> None:
        async with self.service.worker.transactions.begin() as tx:
            await settle(tx, [settlement(self.claimed, outcome)], ask_after=timedelta(0), now=now())

    async def accepted(self) -> str:
        """Notify's id of the message that it took."""
        notify_id = uuid4()
        await self.settle(Accepted(notify_id, template_version=1))
        return str(notify_id)

    async def outcome(self) -> str:
        await reconcile.apply_receipts(self.service.worker)
        outcomes = await self.service.outcomes(self.update)
        (state,) = set(outcomes) - {"planned"}
        return state


@pytest.fixture
async def sending(service: Service) -> Sending:
    await service.people(2)
    update = await service.approved()
    async with service.worker.transactions.begin() as tx:
        assert await begin_sending(tx, update, now=now())
    async with service.worker.transactions.begin() as tx:
        (claimed,) = await claim(tx, update, limit=1, now=now())
    return Sending(service, update, claimed)


def _waiting(owner: Sql) -> int:
    row = owner.execute("SELECT count(*) FROM receipts WHERE applied_at IS NULL").fetchone()
    return int(row[0]) if row else -1


def _suppressed(owner: Sql) -> list[UUID]:
    rows = owner.execute("SELECT id FROM contacts WHERE suppressed_at IS NOT NULL").fetchall()
    return [row[0] for row in rows]


@pytest.mark.parametrize(("status", "state"), FINAL.items())
async def test_a_final_receipt_says_what_became_of_it(
    sending: Sending, notify_calls: Notify, owner: Sql, status: str, state: str
) -> None:
    notify_id = await sending.accepted()

    notify_calls.receipt(sending.claimed.reference, status, id=notify_id)

    assert await sending.outcome() == state
    assert _waiting(owner) == 0
    suppressed = [sending.claimed.contact] if status == "permanent-failure" else []
    assert _suppressed(owner) == suppressed


@pytest.mark.parametrize("status", ["created", "sending", "pending", "sent", "a-new-word"])
async def test_a_receipt_that_is_not_final_moves_nothing(
    sending: Sending, notify_calls: Notify, owner: Sql, status: str
) -> None:
    notify_id = await sending.accepted()

    notify_calls.receipt(sending.claimed.reference, status, id=notify_id)

    assert await sending.outcome() == "accepted"
    assert _waiting(owner) == 0


@pytest.mark.parametrize(("first", "second"), list(permutations(FINAL, 2)))
async def test_case_15_a_later_receipt_moves_nothing_back(
    sending: Sending, notify_calls: Notify, first: str, second: str
) -> None:
    notify_id = await sending.accepted()
    notify_calls.receipt(sending.claimed.reference, first, id=notify_id)
    assert await sending.outcome() == FINAL[first]

    notify_calls.receipt(sending.claimed.reference, second, id=notify_id)

    assert await sending.outcome() == FINAL[first]


async def test_case_15_of_several_that_came_at_once_the_first_counts(
    sending: Sending, notify_calls: Notify
) -> None:
    notify_id = await sending.accepted()

    for status in ("sending", "delivered", "delivered", "temporary-failure"):
        notify_calls.receipt(sending.claimed.reference, status, id=notify_id)

    assert await sending.outcome() == "delivered"


async def test_case_15_one_that_came_before_our_own_201_waits_for_it(
    sending: Sending, notify_calls: Notify, owner: Sql
) -> None:
    notify_id = uuid4()
    notify_calls.receipt(sending.claimed.reference, "delivered", id=str(notify_id))
    assert await sending.outcome() == "claimed"
    assert _waiting(owner) == 1

    await sending.settle(Accepted(notify_id, template_version=1))

    assert await sending.outcome() == "delivered"
    assert _waiting(owner) == 0


@pytest.mark.parametrize(("status", "state"), [*FINAL.items(), ("sending", "accepted")])
async def test_a_receipt_proves_an_uncertain_hand_over(
    sending: Sending, notify_calls: Notify, owner: Sql, status: str, state: str
) -> None:
    await sending.settle(Unknown(by_notify=False))
    assert await sending.outcome() == "uncertain"

    notify_calls.receipt(sending.claimed.reference, status)

    assert await sending.outcome() == state
    assert owner.execute("SELECT outcome, ask_at FROM attempts").fetchall() == [("accepted", None)]


async def test_a_receipt_for_an_attempt_that_was_judged_not_sent_is_a_duplicate(
    sending: Sending, notify_calls: Notify, owner: Sql
) -> None:
    await sending.settle(TryLater(Busy.RATE))
    known = uuid4()

    for _ in range(2):
        notify_calls.receipt(sending.claimed.reference, "delivered", id=str(known))
        await reconcile.apply_receipts(sending.service.worker)

    rows = owner.execute("SELECT notify_id, delivery_id FROM duplicates").fetchall()
    assert rows == [(known, sending.claimed.delivery)]
    assert await sending.service.outcomes(sending.update) == {"planned": 2}


async def test_a_receipt_of_another_message_under_our_reference_is_a_duplicate(
    sending: Sending, notify_calls: Notify, owner: Sql
) -> None:
    await sending.accepted()
    another = uuid4()

    notify_calls.receipt(sending.claimed.reference, "delivered", id=str(another))

    assert await sending.outcome() == "accepted"
    assert owner.execute("SELECT notify_id FROM duplicates").fetchall() == [(another,)]


async def test_a_forged_reference_changes_nothing(sending: Sending, notify_calls: Notify, owner: Sql) -> None:
    notify_id = await sending.accepted()
    reference = sending.claimed.reference

    for forged in (f"{reference}0", reference[:-1], reference.upper(), f" {reference}", "%"):
        notify_calls.receipt(forged, "permanent-failure", id=notify_id)

    assert await sending.outcome() == "accepted"
    assert _suppressed(owner) == []
    assert _waiting(owner) == 0


async def test_case_16_who_bounced_gets_no_later_update(
    service: Service, sending: Sending, notify_calls: Notify
) -> None:
    notify_id = await sending.accepted()
    notify_calls.receipt(sending.claimed.reference, "permanent-failure", id=notify_id)
    assert await sending.outcome() == "bounced"

    later = await service.submit(await service.draft())

    assert later.planned == 1


async def test_a_confirmation_that_bounced_suppresses_its_address(
    service: Service, notify_calls: Notify, owner: Sql
) -> None:
    await service.person()
    (reference, contact) = owner.execute("SELECT reference, contact_id FROM confirmations").fetchone() or (
        "",
        None,
    )

    notify_calls.receipt(reference, "permanent-failure")
    await reconcile.apply_receipts(service.worker)

    assert _suppressed(owner) == [contact]
