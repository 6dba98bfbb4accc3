"""Keeps the witness, and compares Notify's own list with the ledger."""

from uuid import UUID

from service.deliveries import comparing, restoring
from service.deliveries.comparing import MARGIN, Counts
from service.observability import log
from workers.context import WorkerContext


async def keep_witness(context: WorkerContext) -> None:
    """Put the newest attempt and, every ten minutes, a checkpoint where no restore undoes them."""
    async with context.transactions.begin() as tx:
        await restoring.keep(tx, context.witness, now=context.clock.now())


async def compare_with_notify(context: WorkerContext) -> None:
    """Every hour, and while a hold waits for it: read all of Notify's list since the last time."""
    async with context.transactions.begin() as tx:
        span = await comparing.due(tx, remembered=context.remembered, now=context.clock.now())
    if span is None:
        return
    counts = Counts()
    older_than: UUID | None = None
    while True:
        page = await context.in_thread(lambda asked=older_than: context.notify.listed(asked))  # type: ignore[misc]
        if page is None:
            log.warning("Notify could not be compared: its list could not be read")
            return
        if not page:
            break
        async with context.transactions.begin() as tx:
            await comparing.take(tx, page, span, counts, now=context.clock.now())
        older_than = page[-1].notify_id
        if page[-1].created_at < span.since - MARGIN:
            break
    async with context.transactions.begin() as tx:
        await comparing.finish(tx, span, counts, now=context.clock.now())
    log.info("Notify's list was compared", **vars(counts))
