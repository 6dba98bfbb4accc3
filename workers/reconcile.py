"""Finds out: receipts, unclear attempts, leases that ended, updates that are done, certificates."""

from typing import Final

from service.deliveries import asking, certificate, finishing, polling, receipts, settling
from service.deliveries.ramping import bouncing
from service.doorbell import Job
from service.observability import log
from service.registrations.confirming import CONFIRMATIONS
from service.updates.halting import Why, halt_by_service
from workers.asking import ask_about
from workers.context import WorkerContext

ASK: Final = 100


async def apply_receipts(context: WorkerContext) -> None:
    """Apply every receipt; halt updates that bounce, and say of those that are done that they are."""
    while True:
        async with context.transactions.begin() as tx:
            if await receipts.apply(tx, now=context.clock.now()) < receipts.BATCH:
                break
    async with context.transactions.begin() as tx:
        wrong = await bouncing(tx, percent=context.settings.bounce_halt_percent)
        done = await finishing.finished(tx)
    for update_id in wrong:
        async with context.transactions.begin() as tx:
            await halt_by_service(tx, update_id, Why.BOUNCES, now=context.clock.now())
    for update_id in done:
        async with context.transactions.begin() as tx:
            await finishing.finish(tx, update_id, now=context.clock.now())


async def ask_notify(context: WorkerContext) -> None:
    """Turn claims of dead workers into questions, and ask Notify everything that is due."""
    async with context.transactions.begin() as tx:
        now = context.clock.now()
        await settling.abandon(tx, now=now)
        await CONFIRMATIONS.abandon(tx, now=now)
        attempts = await asking.to_ask_about(tx, limit=ASK, now=now)
    # One question and one transaction each: these are rare, and each answer stands by itself.
    for attempt_id, reference in attempts:
        found = await context.in_thread(lambda asked=reference: context.notify.find(asked))  # type: ignore[misc]
        async with context.transactions.begin() as tx:
            now = context.clock.now()
            if found is None:
                await asking.ask_later(tx, attempt_id, at=now + context.ask_after)
            else:
                await asking.settle_asked(
                    tx,
                    attempt_id,
                    found,
                    ask_after=context.ask_after,
                    remembered=context.remembered,
                    now=now,
                )
    await ask_about(context, CONFIRMATIONS)


async def poll(context: WorkerContext) -> None:
    """Ask Notify about messages whose receipt should have come by now."""
    async with context.transactions.begin() as tx:
        unheard = await polling.to_poll(tx, limit=ASK, remembered=context.remembered, now=context.clock.now())
    for each in unheard:
        found = await context.in_thread(lambda asked=each: context.notify.look(asked.notify_id))  # type: ignore[misc]
        async with context.transactions.begin() as tx:
            await polling.settle_polled(tx, each, found, now=context.clock.now())
    if unheard:
        await context.doorbell.ring(Job.RECEIPTS)


async def make_certificates(context: WorkerContext) -> None:
    """Make every certificate that was asked for."""
    async with context.transactions.begin() as tx:
        asked = await certificate.asked_for(tx)
    for update_id in asked:
        async with context.transactions.begin() as tx:
            await certificate.make(
                tx,
                update_id,
                context.keys.signing_key(),
                remembered=context.remembered,
                now=context.clock.now(),
            )
        log.info("a certificate was made", update=str(update_id))
