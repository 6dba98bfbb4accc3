"""Tells staff that something waits for them: find, claim, hand over, settle, ask about what is unclear."""

import asyncio
from datetime import timedelta
from typing import Final
from uuid import UUID

from service.notify import guard
from service.notify.addresses import EmailAddress
from service.notify.gateway import EmailMessage, Outcome
from service.notify.guard import Allowed
from service.observability import log
from service.staff.members import email_place
from service.telling import claiming, finding
from service.telling.claiming import ClaimedNotice
from service.telling.settling import NOTICES
from service.telling.wording import told
from workers.asking import ask_about
from workers.context import WorkerContext
from workers.handing_over import hand_over, slow_down
from workers.unsealing import CannotOpen

BATCH: Final = 50
NOBODY_ELSE: Final = Allowed(frozenset(), frozenset())


async def tell_staff(context: WorkerContext) -> None:
    """Tell everybody who is to be told by now, once."""
    patience = timedelta(seconds=context.settings.escalate_after_seconds)
    async with context.transactions.begin() as tx:
        now = context.clock.now()
        await finding.find_matters(tx, now=now)
        await finding.call_upon(tx, patience=patience, now=now)
        await NOTICES.abandon(tx, now=now)
    await ask_about(context, NOTICES)
    await _send(context)


async def _send(context: WorkerContext) -> None:
    while True:
        async with context.transactions.begin() as tx:
            waiting = await claiming.due(tx, now=context.clock.now())
        if waiting == 0:
            return
        await context.stop.read()
        permits = await context.permits(min(waiting, BATCH))
        if permits == 0:
            await asyncio.sleep(0.2)
        elif await _batch(context, permits) == 0:
            return  # Another worker has them.


async def _batch(context: WorkerContext, permits: int) -> int:
    # The fence: the token is older than the attempts that go out under it.
    token = context.notify.fence()
    async with context.transactions.begin() as tx:
        claimed = await claiming.claim(tx, limit=permits, now=context.clock.now())
    ready: list[tuple[UUID, EmailMessage]] = []
    unusable: list[UUID] = []
    for each in claimed:
        message = _message(context, each)
        if message is None:
            unusable.append(each.id)
        else:
            ready.append((each.id, message))
    messages = [message for _, message in ready]
    outcomes: list[Outcome] = await hand_over(context, messages, token, context.stop.notice_may_leave)
    settled = [(notice, outcome) for (notice, _), outcome in zip(ready, outcomes, strict=True)]
    async with context.transactions.begin() as tx:
        await NOTICES.settle(tx, settled, ask_after=context.ask_after, now=context.clock.now())
        await NOTICES.set_aside(tx, unusable)
    await slow_down(context, outcomes)
    return len(claimed)


def _message(context: WorkerContext, claimed: ClaimedNotice) -> EmailMessage | None:
    """One notice as it will leave; None where it cannot."""
    try:
        address = context.keys.open(claimed.sealed_email, email_place(claimed.member)).decode()
    except CannotOpen as error:
        log.error("a staff address cannot be opened", notice=str(claimed.id), error=error)
        return None
    words = told(
        claimed.kind,
        claimed.object_id,
        since=claimed.since,
        step=claimed.step,
        staff_url=context.settings.staff_url,
    )
    message = EmailMessage(
        recipient=EmailAddress.stored(address),
        subject=words.subject,
        body=words.body,
        reference=claimed.reference,
        own_links=(words.link,),
    )
    if (stopped := guard.read(message, NOBODY_ELSE)) is not None:
        log.error("the guard stopped a notice to staff", emails=stopped.emails, phones=stopped.phones)
        return None
    return message
