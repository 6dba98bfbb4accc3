"""A bulk worker step by step, so that it can be left in the middle of any batch. Nothing is replaced."""

from dataclasses import dataclass, replace
from uuid import UUID

from service.deliveries.claiming import claim
from service.deliveries.settling import settlement
from service.notify.gateway import FencedToken
from tests.harness.people import Service, now
from workers import send
from workers.handing_over import slow_down


@dataclass
class Hand:
    """A worker in the middle of a batch: what it has claimed, and what came of it once handed over."""

    update: UUID
    batch: send.Batch
    sent: list[send.Sent] | None = None

    def contacts(self) -> set[UUID]:
        return {claimed.contact for claimed in self.batch.claimed}

    def age(self, seconds: float) -> None:
        """It was paused after its claim: its token is as old as that, by our clock."""
        token = self.batch.token
        self.batch = replace(self.batch, token=FencedToken(token.text, token.made_at - seconds))


async def claims(service: Service, update: UUID, *, limit: int) -> Hand:
    """A worker claims; the token is older than the attempts."""
    token = service.worker.notify.fence()
    async with service.worker.transactions.begin() as tx:
        return Hand(update, send.Batch(token, await claim(tx, update, limit=limit, now=now())))


async def hands_over(service: Service, hand: Hand) -> None:
    """It offers its batch to Notify. It looks at a stop flag that was just read."""
    await service.worker.stop.read()
    async with service.worker.transactions.begin() as tx:
        approved = await send._load(tx, hand.update)
    hand.sent = await send._hand_over(service.worker, hand.update, hand.batch, approved)


async def offers_late(service: Service, hand: Hand) -> None:
    """It goes on after a long pause between its own look at the token and the call: Notify is the fence."""
    async with service.worker.transactions.begin() as tx:
        approved = await send._load(tx, hand.update)
    hand.sent = []
    for claimed in hand.batch.claimed:
        message = send._message(service.worker, claimed, approved)
        if not isinstance(message, tuple):
            outcome = service.worker.notify.send(message, hand.batch.token)
            hand.sent.append((settlement(claimed, outcome), outcome, None))
        else:
            hand.sent.append(message)


async def settles(service: Service, hand: Hand) -> None:
    """It writes down what became of its batch, and slows down where Notify was busy."""
    assert hand.sent is not None
    await send._settle(service.worker, hand.update, hand.sent, key_refused=False)
    await slow_down(service.worker, [outcome for _, outcome, _ in hand.sent if outcome is not None])
