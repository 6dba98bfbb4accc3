"""Sends messages about registrations: claim, hand over, settle, in three steps and two transactions."""

import asyncio
from collections.abc import Sequence
from typing import Final
from uuid import UUID

from service.notify import guard
from service.notify.gateway import Message
from service.observability import log
from service.registrations import claiming
from service.registrations.ceiling import within_ceiling
from service.registrations.claiming import ClaimedConfirmation
from service.registrations.confirming import CONFIRMATIONS
from service.registrations.words import Channel
from service.schemes.reading import SchemeView, all_schemes, public_list
from workers import copying
from workers.composing import compose
from workers.context import WorkerContext
from workers.copying import Copied
from workers.handing_over import hand_over, slow_down
from workers.unsealing import CannotOpen

BATCH: Final = 100


async def send_confirmations(context: WorkerContext) -> None:
    """Send every message about a registration that is due, as fast as the pace allows."""
    channels = channels_of(context)
    while True:
        async with context.transactions.begin() as tx:
            waiting = await claiming.due(tx, channels, now=context.clock.now())
        if waiting == 0:
            return
        await context.stop.read()
        permits = await context.permits(min(waiting, BATCH))
        if permits == 0:
            await asyncio.sleep(0.2)
        elif await _batch(context, channels, permits) == 0:
            return


def channels_of(context: WorkerContext) -> list[Channel]:
    """What Notify has a template of ours for. What is due by another waits until it has."""
    return [Channel(offered) for offered in sorted(context.notify.offers)]


async def _batch(context: WorkerContext, channels: Sequence[Channel], permits: int) -> int:
    # The fence: the token is older than the attempts that go out under it.
    token = context.notify.fence()
    async with context.transactions.begin() as tx:
        now, per_hour = context.clock.now(), context.settings.confirmations_per_hour
        room = await within_ceiling(tx, permits, per_hour=per_hour, now=now)
        claimed = await claiming.claim(tx, channels, limit=room, now=now)
        copies = await copying.read(tx, claimed, now=now)
        schemes = {scheme.id: scheme for scheme in await all_schemes(tx)}
        allowed = {
            scheme: guard.Allowed(details.emails, details.phones)
            for scheme in {each.scheme_id for each in claimed}
            for details in [await public_list(tx, scheme)]
        }
    if room < permits:
        log.warning("the ceiling of confirmations is reached", an_hour=per_hour)
    ready: list[tuple[ClaimedConfirmation, Message]] = []
    unusable: list[UUID] = []
    for each in claimed:
        copied = copies.get(each.registration_id) if each.registration_id else None
        message = _readable(context, each, schemes[each.scheme_id], allowed[each.scheme_id], copied)
        if message is None:
            unusable.append(each.id)
        else:
            ready.append((each, message))
    messages = [message for _, message in ready]
    outcomes = await hand_over(context, messages, token, context.stop.link_may_leave)
    settled = [(each.id, outcome) for (each, _), outcome in zip(ready, outcomes, strict=True)]
    async with context.transactions.begin() as tx:
        now = context.clock.now()
        await CONFIRMATIONS.settle(tx, settled, ask_after=context.ask_after, now=now)
        await CONFIRMATIONS.set_aside(tx, unusable)
    if await slow_down(context, outcomes):
        await asyncio.sleep(0.5)
    return len(claimed)


def _readable(
    context: WorkerContext,
    claimed: ClaimedConfirmation,
    scheme: SchemeView,
    allowed: guard.Allowed,
    copied: Copied | None,
) -> Message | None:
    """One confirmation as it will leave; None where it cannot leave so, and a person must look."""
    try:
        message = compose(claimed, scheme, allowed, context.keys, context.settings.public_url, copied)
    except CannotOpen as error:
        log.error("a contact cannot be opened", contact=str(claimed.contact_id), error=error)
        return None
    if (stopped := guard.read(message, allowed)) is not None:
        log.error("the guard stopped a confirmation", emails=stopped.emails, phones=stopped.phones)
        return None
    return message
