"""The one place where a message leaves: look at the stop flag, then at the token's age, then call Notify.

No transaction is open here (rule 2 of ARCHITECTURE.md). A batch is shared out among threads, each with a
client of its own, that take the next message as soon as they are done with one: the event loop is asked
once a batch and not once a message.
"""

import asyncio
import itertools
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from service.notify.gateway import Busy, EmailMessage, FencedToken, NotifyGateway, Outcome, TryLater, Unknown
from service.notify.govuk import FRESH
from service.observability import log
from workers.context import THREADS, WorkerContext

DEADLINE: Final = 65.0
"""Seconds for a whole batch, beyond any read timeout: an answer that is trickled byte by byte would
outlive those. Longer than a token is fresh, so that nothing of the batch can leave after it."""


async def hand_over(
    context: WorkerContext,
    messages: Sequence[EmailMessage],
    token: FencedToken,
    may_leave: Callable[[], bool],
) -> list[Outcome]:
    """Hand messages to Notify; for each, in their order, what became of it. Never raises."""
    batch = _Batch(context.notify, messages, token, may_leave)
    loop = asyncio.get_running_loop()
    threads = [loop.run_in_executor(context.threads, batch.work) for _ in range(min(THREADS, len(messages)))]
    if threads:
        await asyncio.wait(threads, timeout=DEADLINE)
    return batch.close()


class _Batch:
    """Messages that several threads take from, one by one."""

    def __init__(
        self,
        notify: NotifyGateway,
        messages: Sequence[EmailMessage],
        token: FencedToken,
        may_leave: Callable[[], bool],
    ) -> None:
        self._notify = notify
        self._messages = messages
        self._token = token
        self._may_leave = may_leave
        self._turns = itertools.count()
        self._begun = [False] * len(messages)
        self._outcomes: list[Outcome | None] = [None] * len(messages)

    def work(self) -> None:
        """Hand over until nothing is left. Runs in several threads at once; each turn is one thread's."""
        while (turn := next(self._turns)) < len(self._messages):
            self._outcomes[turn] = self._one(turn)

    def close(self) -> list[Outcome]:
        """Every outcome. What has none yet may have left if it was begun, and else never will."""
        return [
            outcome or (Unknown(by_notify=False) if begun else TryLater(Busy.STALE_TOKEN))
            for outcome, begun in zip(self._outcomes, self._begun, strict=True)
        ]

    def _one(self, turn: int) -> Outcome:
        message = self._messages[turn]
        if not self._may_leave():
            return TryLater(Busy.STOPPED)
        if time.time() - self._token.made_at > FRESH:
            return TryLater(Busy.STALE_TOKEN)
        self._begun[turn] = True
        try:
            return self._notify.send_email(message, self._token)
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
