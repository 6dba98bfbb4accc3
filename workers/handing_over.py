"""The one place where a message leaves: look at the stop flag, then at the token's age, then call Notify.

No transaction is open here (rule 2 of ARCHITECTURE.md).
"""

import asyncio
import time
from collections.abc import Callable, Iterable
from typing import Final

from service.notify.gateway import Busy, EmailMessage, FencedToken, Outcome, TryLater, Unknown
from service.notify.govuk import FRESH
from service.observability import log
from workers.context import WorkerContext

DEADLINE: Final = 65.0
"""Seconds for a whole call, its wait for a thread included, beyond any read timeout: an answer that is
trickled byte by byte would outlive those."""


async def hand_over(
    context: WorkerContext, message: EmailMessage, token: FencedToken, may_leave: Callable[[], bool]
) -> Outcome:
    """Hand one message to Notify, or say why not. Never raises."""

    def call() -> Outcome:
        if not may_leave():
            return TryLater(Busy.STOPPED)
        if time.time() - token.made_at > FRESH:
            return TryLater(Busy.STALE_TOKEN)
        return context.notify.send_email(message, token)

    try:
        return await asyncio.wait_for(context.in_thread(call), DEADLINE)
    except TimeoutError:
        return Unknown(by_notify=False)
    except Exception as error:
        # Whatever it was, it may have happened after the message left.
        log.error("a hand-over failed", reference=message.reference, error=error)
        return Unknown(by_notify=False)


async def slow_down(context: WorkerContext, outcomes: Iterable[Outcome]) -> bool:
    """After a batch: where Notify was busy, everyone waits. Whether to pause before the next."""
    busy = {outcome.why for outcome in outcomes if isinstance(outcome, TryLater)}
    if busy & {Busy.RATE, Busy.DAILY_LIMIT}:
        await context.pace.silence()
    return bool(busy)
