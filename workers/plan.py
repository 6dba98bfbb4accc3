"""Freezes the people of submitted updates, and keeps Notify's templates in view."""

import asyncio
from functools import partial

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from service.deliveries.preparing import prepare, waiting
from service.doorbell import Job
from service.registrations.words import Channel
from service.updates.content import Templates
from service.updates.states import UpdateState
from service.updates.tables import NotifyTemplate
from workers.context import WorkerContext


async def plan_updates(context: WorkerContext) -> None:
    """Prepare every submitted update, one a transaction."""
    async with context.transactions.begin() as tx:
        submitted = await waiting(tx, UpdateState.PREPARING)
    if not submitted:
        return
    seen = await see_templates(context)
    offers = {Channel(each) for each in context.notify.offers}
    for update_id in submitted:
        async with context.transactions.begin() as tx:
            await prepare(tx, update_id, templates=seen, offers=offers, now=context.clock.now())
    await context.doorbell.ring(Job.SEND)


async def see_templates(context: WorkerContext) -> Templates:
    """Look at Notify's templates and keep what was seen; without those that Notify could not be asked for."""
    offered = sorted(context.notify.offers)
    answers = await asyncio.gather(
        *(context.in_thread(partial(context.notify.template, each)) for each in offered)
    )
    seen = {Channel(each): answer for each, answer in zip(offered, answers, strict=True) if answer}
    now = context.clock.now()
    rows = [
        {"channel": channel, "template_id": each.template_id, "version": each.version, "seen_at": now}
        for channel, each in seen.items()
    ]
    async with context.transactions.begin() as tx:
        # What this deployment has no template for any more is not offered to authors either.
        named = [Channel(each) for each in offered]
        await tx.execute(delete(NotifyTemplate).where(col(NotifyTemplate.channel).not_in(named)))
        if rows:
            insertion = insert(NotifyTemplate).values(rows)
            changed = {name: insertion.excluded[name] for name in ("template_id", "version", "seen_at")}
            await tx.execute(
                insertion.on_conflict_do_update(index_elements=[col(NotifyTemplate.channel)], set_=changed)
            )
    return seen
