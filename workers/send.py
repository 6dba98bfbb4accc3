"""Sends updates: claim, hand over, settle. A crash between any two steps loses nobody and repeats nobody."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy.exc import OperationalError

from service.database import Transaction
from service.deliveries import settling
from service.deliveries.claiming import Claimed, claim
from service.deliveries.preparing import begin_sending, waiting
from service.deliveries.ramping import allowance
from service.deliveries.settling import Settlement, not_sent, settlement
from service.deliveries.states import DeliveryState
from service.doorbell import Job
from service.errors import Unavailable
from service.notify import guard
from service.notify.gateway import Accepted, FencedToken, Message, Outcome, Refusal, ServiceRefused
from service.observability import log
from service.registrations.words import Channel
from service.schemes.reading import public_list
from service.updates.drafting import current_version, locked
from service.updates.halting import Why, halt_by_service
from service.updates.states import UpdateState
from workers.context import WorkerContext
from workers.handing_over import hand_over, slow_down
from workers.rendering import Approved, open_recipient, render
from workers.unsealing import CannotOpen

BATCH: Final = 200
AT_ONCE: Final = 2
"""Batches on their way in one process: while one is opened, claimed or settled, another leaves."""
FRESH_TOKENS: Final = 3
"""How often a batch is refused for its token before the update halts: it may be a clock that is off."""
SETTLE_FOR: Final = 60.0
"""Seconds for which a batch is tried to be settled while PostgreSQL is away: less than its lease."""
ONE_JOB: Final = 30.0
"""Seconds after which a job makes room for others and rings for itself again: arq's jobs are short."""

TRY_AGAIN: Final = (Unavailable, OperationalError)
"""PostgreSQL is away, or ended our transaction for another's sake, as in a deadlock."""

Sent = tuple[Settlement, Outcome | None, Why | None]
"""What became of a delivery, what Notify said of it, and whether that has to stop the update."""


@dataclass(frozen=True)
class Batch:
    """Claimed deliveries, and the token that is theirs alone."""

    token: FencedToken
    claimed: list[Claimed]


async def send_updates(context: WorkerContext) -> None:
    """Send whatever may be sent, at the pace, until nothing is left or the job has had its time."""
    async with context.transactions.begin() as tx:
        approved = await waiting(tx, UpdateState.APPROVED)
    for update_id in approved:
        async with context.transactions.begin() as tx:
            await begin_sending(tx, update_id, now=context.clock.now())
    async with context.transactions.begin() as tx:
        sending = await waiting(tx, UpdateState.SENDING)
    if not sending:
        return
    await context.stop.read()
    until = time.monotonic() + ONE_JOB
    for update_id in sending:
        await _send_update(context, update_id, until=until)
    await context.doorbell.ring(Job.RECEIPTS)


async def _send_update(context: WorkerContext, update_id: UUID, *, until: float) -> None:
    async with context.transactions.begin() as tx:
        approved = await _load(tx, update_id)
    streams = (_keep_sending(context, update_id, approved, until) for _ in range(AT_ONCE))
    # One that fails does not take the other with it, which may have messages on their way.
    for failed in await asyncio.gather(*streams, return_exceptions=True):
        if failed is not None:
            raise failed
    if time.monotonic() >= until:
        await context.doorbell.ring(Job.SEND)


async def _keep_sending(context: WorkerContext, update_id: UUID, approved: Approved, until: float) -> None:
    """Claim, hand over, settle, batch after batch. Each batch has a token and attempts of its own."""
    refused = 0
    while (batch := await _claim(context, update_id, until=until)).claimed:
        sent = await _hand_over(context, update_id, batch, approved)
        refused = refused + 1 if any(why is Why.KEY for _, _, why in sent) else 0
        if await _settle(context, update_id, sent, key_refused=refused >= FRESH_TOKENS):
            await context.stop.read()
        if await slow_down(context, [outcome for _, outcome, _ in sent if outcome is not None]):
            await asyncio.sleep(0.5)


async def _claim(context: WorkerContext, update_id: UUID, *, until: float) -> Batch:
    """The next deliveries that may leave, as many as pace and ramp permit now; none where nothing may.

    One that is claimed and may not leave any more is settled as planned: a halt loses nobody.
    """
    while time.monotonic() < until and context.stop.update_may_leave(update_id):
        wanted = await _wanted(context, update_id)
        if wanted == 0:
            break
        permits = await context.permits(wanted)
        if permits:
            # The fence: the token is older than the attempts that go out under it, and never renewed.
            token = context.notify.fence()
            return Batch(token, await _take(context, update_id, permits))
        await asyncio.sleep(0.1)
    return Batch(context.notify.fence(), [])


async def _wanted(context: WorkerContext, update_id: UUID) -> int:
    """How many would be claimed, if the pace permits: no permit is taken for people who have to wait."""
    if not context.stop.is_ramping(update_id):
        return BATCH
    async with context.transactions.begin() as tx:
        allowed = await allowance(tx, update_id, context.ramp, now=context.clock.now())
    return BATCH if allowed is None else min(BATCH, allowed)


async def _take(context: WorkerContext, update_id: UUID, permits: int) -> list[Claimed]:
    async with context.transactions.begin() as tx:
        now = context.clock.now()
        if context.stop.is_ramping(update_id):
            allowed = await allowance(tx, update_id, context.ramp, now=now)
            permits = permits if allowed is None else min(permits, allowed)
        return await claim(tx, update_id, limit=permits, now=now)


async def _load(tx: Transaction, update_id: UUID) -> Approved:
    update = await locked(tx, update_id)
    content = (await current_version(tx, update)).content
    details = await public_list(tx, update.scheme_id)
    return Approved.of(content, details)


async def _hand_over(context: WorkerContext, update_id: UUID, batch: Batch, approved: Approved) -> list[Sent]:
    """Hand a batch over, but for those deliveries that should not leave."""
    sent: list[Sent] = []
    ready: list[tuple[Claimed, Message]] = []
    for claimed in batch.claimed:
        message = _message(context, claimed, approved)
        if isinstance(message, tuple):
            sent.append(message)
        else:
            ready.append((claimed, message))
    outcomes = await hand_over(
        context,
        [message for _, message in ready],
        batch.token,
        lambda: context.stop.update_may_leave(update_id),
        lambda message, outcome: _halts(message, outcome, approved) is not None,
    )
    sent += [
        (settlement(claimed, outcome), outcome, _halts(message, outcome, approved))
        for (claimed, message), outcome in zip(ready, outcomes, strict=True)
    ]
    return sent


def _message(context: WorkerContext, claimed: Claimed, approved: Approved) -> Message | Sent:
    """What is to leave for one delivery, or why nothing is."""
    if not claimed.people or claimed.sealed is None:
        return not_sent(claimed, DeliveryState.WITHDRAWN), None, None
    if claimed.suppressed:
        return not_sent(claimed, DeliveryState.SUPPRESSED), None, None
    try:
        recipient = open_recipient(context.keys, claimed.channel, claimed.sealed, claimed.contact)
    except CannotOpen as error:
        log.error("a contact cannot be opened", contact=str(claimed.contact), error=error)
        return not_sent(claimed, DeliveryState.SET_ASIDE), None, None
    message = render(claimed, recipient, approved, context.keys, context.settings.public_url)
    if (stopped := guard.read(message, approved.allowed)) is not None:
        log.error("the guard stopped an update", emails=stopped.emails, phones=stopped.phones)
        return not_sent(claimed, DeliveryState.PLANNED), None, Why.GUARD
    return message


def _halts(message: Message, outcome: Outcome, approved: Approved) -> Why | None:
    """Whether what Notify said of a message has to stop the whole update."""
    approved_version = approved.template_versions[Channel(message.type)]
    match outcome:
        case Accepted() if outcome.template_version != approved_version:
            return Why.TEMPLATE
        case ServiceRefused(why=Refusal.KEY):
            return Why.KEY
        case ServiceRefused():
            return Why.TEMPLATE
        case _:
            return None


async def _settle(
    context: WorkerContext, update_id: UUID, sent: Sequence[Sent], *, key_refused: bool
) -> bool:
    """Write down what became of a batch, and halt its update where that has to be; whether it had to.

    What Notify said is known here alone: while PostgreSQL restarts it is tried again. Where it stays
    away, the leases end and Notify is asked.
    """
    reasons = sorted({why for _, _, why in sent if why is not None and (why is not Why.KEY or key_refused)})
    until = time.monotonic() + SETTLE_FOR
    while True:
        try:
            async with context.transactions.begin() as tx:
                now = context.clock.now()
                settled = [each for each, _, _ in sent]
                await settling.settle(tx, settled, ask_after=context.ask_after, now=now)
                for why in reasons[:1]:
                    await halt_by_service(tx, update_id, why, now=now)
                return bool(reasons)
        except TRY_AGAIN:
            if time.monotonic() > until:
                raise
            await asyncio.sleep(0.5)
