"""Sends confirmations: claim, hand over, settle, in three steps and two transactions."""

import asyncio
from typing import Final
from uuid import UUID

from service.notify import guard
from service.notify.gateway import EmailMessage
from service.observability import log
from service.registrations import confirming
from service.registrations.confirming import ClaimedConfirmation
from service.registrations.wording import Filled, words
from service.registrations.words import Channel, Purpose
from service.schemes.reading import SchemeView, all_schemes, public_list
from workers import copying
from workers.context import WorkerContext
from workers.copying import Copied
from workers.handing_over import hand_over, slow_down
from workers.rendering import open_email
from workers.unsealing import CannotOpen

BATCH: Final = 100
CHANNELS: Final = (Channel.EMAIL,)


async def send_confirmations(context: WorkerContext) -> None:
    """Send every confirmation that is due, as fast as the pace allows."""
    while True:
        async with context.transactions.begin() as tx:
            waiting = await confirming.due(tx, CHANNELS, now=context.clock.now())
        if waiting == 0:
            return
        await context.stop.read()
        permits = await context.permits(min(waiting, BATCH))
        if permits == 0:
            await asyncio.sleep(0.2)
        elif await _batch(context, permits) == 0:
            return


async def _batch(context: WorkerContext, permits: int) -> int:
    # The fence: the token is older than the attempts that go out under it.
    token = context.notify.fence()
    async with context.transactions.begin() as tx:
        claimed = await confirming.claim(tx, CHANNELS, limit=permits, now=context.clock.now())
        copies = await copying.read(tx, claimed, now=context.clock.now())
        schemes = {scheme.id: scheme for scheme in await all_schemes(tx)}
        allowed = {
            scheme: guard.Allowed(details.emails, details.phones)
            for scheme in {each.scheme_id for each in claimed}
            for details in [await public_list(tx, scheme)]
        }
    ready: list[tuple[ClaimedConfirmation, EmailMessage]] = []
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
        await confirming.settle(tx, settled, ask_after=context.ask_after, now=now)
        await confirming.set_aside(tx, unusable)
    if await slow_down(context, outcomes):
        await asyncio.sleep(0.5)
    return len(claimed)


def _readable(
    context: WorkerContext,
    claimed: ClaimedConfirmation,
    scheme: SchemeView,
    allowed: guard.Allowed,
    copied: Copied | None,
) -> EmailMessage | None:
    """One confirmation as it will leave; None where it cannot leave so, and a person must look."""
    try:
        if claimed.purpose is not Purpose.COPY:
            message = _message(context, claimed, scheme)
        elif copied is not None:
            message = _copy(context, claimed, scheme, allowed, copied)
        else:
            return None  # They were erased meanwhile.
    except CannotOpen as error:
        log.error("a contact cannot be opened", contact=str(claimed.contact_id), error=error)
        return None
    if (stopped := guard.read(message, allowed)) is not None:
        log.error("the guard stopped a confirmation", emails=stopped.emails, phones=stopped.phones)
        return None
    return message


def _message(context: WorkerContext, claimed: ClaimedConfirmation, scheme: SchemeView) -> EmailMessage:
    link = _link(context, claimed)
    written = words(
        claimed.purpose,
        claimed.channel,
        claimed.language,
        Filled(
            scheme=scheme.name[claimed.language.value],
            until=claimed.expires_at.date(),
            link=link,
            number=claimed.number or "",
        ),
        reminds=claimed.reminds,
    )
    return EmailMessage(
        recipient=open_email(context.keys, claimed.sealed_contact, claimed.contact_id),
        subject=written.subject,
        body=written.body,
        reference=claimed.reference,
        own_links=(link,),
        reply_to_id=scheme.reply_to_id,
    )


def _copy(
    context: WorkerContext,
    claimed: ClaimedConfirmation,
    scheme: SchemeView,
    allowed: guard.Allowed,
    copied: Copied,
) -> EmailMessage:
    """The one message that holds what a person typed, to that person alone (security.md)."""
    copy = copying.write(copied, claimed, scheme, allowed, context.keys)
    return EmailMessage(
        recipient=open_email(context.keys, claimed.sealed_contact, claimed.contact_id),
        subject=copy.written.subject,
        body=copy.written.body,
        reference=claimed.reference,
        reply_to_id=scheme.reply_to_id,
        own_details=copy.own_details,
        sanitised=True,
    )


def _link(context: WorkerContext, claimed: ClaimedConfirmation) -> str:
    page = "manage" if claimed.purpose is Purpose.MANAGE else "confirm"
    return f"{context.settings.public_url}/{page}/{claimed.token}"
