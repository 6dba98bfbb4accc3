"""Asks Notify about messages of which it is not known whether they were handed over."""

from typing import Any, Final

from service.notify.one_by_one import OneByOne
from workers.context import WorkerContext

ASK: Final = 50


async def ask_about(context: WorkerContext, messages: OneByOne[Any]) -> None:
    """Ask about those of one kind whose time has come."""
    async with context.transactions.begin() as tx:
        unclear = await messages.to_ask_about(tx, limit=ASK, now=context.clock.now())
    # One question and one transaction each: these are rare, and each answer stands by itself.
    for message, reference in unclear:
        found = await context.in_thread(lambda asked=reference: context.notify.find(asked))  # type: ignore[misc]
        if found is not None:
            async with context.transactions.begin() as tx:
                now = context.clock.now()
                await messages.settle_asked(tx, message, found, ask_after=context.ask_after, now=now)
