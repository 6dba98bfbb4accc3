"""Freezes the people of submitted updates, and keeps Notify's template in view."""

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from service.deliveries.preparing import prepare, waiting
from service.doorbell import Job
from service.notify.gateway import TemplateSeen
from service.registrations.words import Channel
from service.updates.states import UpdateState
from service.updates.tables import NotifyTemplate
from workers.context import WorkerContext


async def plan_updates(context: WorkerContext) -> None:
    """Prepare every submitted update, one a transaction."""
    async with context.transactions.begin() as tx:
        submitted = await waiting(tx, UpdateState.PREPARING)
    if not submitted:
        return
    template = await see_template(context)
    for update_id in submitted:
        async with context.transactions.begin() as tx:
            await prepare(tx, update_id, template=template, now=context.clock.now())
    await context.doorbell.ring(Job.SEND)


async def see_template(context: WorkerContext) -> TemplateSeen | None:
    """Look at Notify's email template and keep what was seen; None where Notify could not be asked."""
    seen = await context.in_thread(context.notify.template)
    if seen is not None:
        row = {"template_id": seen.template_id, "version": seen.version, "seen_at": context.clock.now()}
        async with context.transactions.begin() as tx:
            await tx.execute(
                insert(NotifyTemplate)
                .values(channel=Channel.EMAIL, **row)
                .on_conflict_do_update(index_elements=[col(NotifyTemplate.channel)], set_=row)
            )
    return seen
