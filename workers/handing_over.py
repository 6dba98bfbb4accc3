"""The one place where a message leaves: look at the stop flag, then at the token's age, then call Notify.

No transaction is open here (rule 2 of ARCHITECTURE.md). A batch is shared out among threads, each with a
client of its own, that take the next message as soon as they are done with one: the event loop is asked
once a batch and not once a message.
"""

import asyncio
import itertools
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from typing import Final

from service.holds.holding import hold_by_service
from service.notify.gateway import (
    Busy,
    FencedToken,
    Message,
    NotifyGateway,
    Outcome,
    ServiceRefused,
    TryLater,
    Unknown,
)
from service.notify.govuk import FRESH
from service.observability import log
from workers.context import THREADS, WorkerContext

DEADLINE: Final = 65.0
"""Seconds for a whole batch, beyond any read timeout: an answer that is trickled byte by byte would
outlive those. Longer than a token is fresh, so that nothing of the batch can leave after it."""

AFTER_MIDNIGHT: Final = timedelta(seconds=5)
"""Notify's clock is not ours."""


async def hand_over(
    context: WorkerContext,
    messages: Sequence[Message],
    token: FencedToken,
    may_leave: Callable[[], bool],
    is_wrong: Callable[[Message, Outcome], bool] = lambda message, outcome: False,
) -> list[Outcome]:
    """Hand messages to Notify; for each, in their order, what became of it. Never raises.

    After an outcome that `is_wrong`, no more of these leave; nor after Notify has refused one of us.
    """
    batch = _Batch(context.notify, messages, token, may_leave, is_wrong)
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
        messages: Sequence[Message],
        token: FencedToken,
        may_leave: Callable[[], bool],
        is_wrong: Callable[[Message, Outcome], bool],
    ) -> None:
        self._notify = notify
        self._messages = messages
        self._token = token
        self._may_leave = may_leave
        self._is_wrong = is_wrong
        self._turns = itertools.count()
        self._begun = [False] * len(messages)
        self._outcomes: list[Outcome | None] = [None] * len(messages)
        self._over = False

    def work(self) -> None:
        """Hand over until nothing is left. Runs in several threads at once; each turn is one thread's."""
        while (turn := next(self._turns)) < len(self._messages):
            outcome = self._outcomes[turn] = self._one(turn)
            # The rest of the batch would be told the same, and each denied request costs refill.
            if isinstance(outcome, TryLater | ServiceRefused) or self._is_wrong(
                self._messages[turn], outcome
            ):
                self._over = True

    def close(self) -> list[Outcome]:
        """Every outcome. What has none yet may have left if it was begun, and else never will."""
        self._over = True
        return [
            outcome or (Unknown(by_notify=False) if begun else TryLater(Busy.STALE_TOKEN))
            for outcome, begun in zip(self._outcomes, self._begun, strict=True)
        ]

    def _one(self, turn: int) -> Outcome:
        message = self._messages[turn]
        if self._over or not self._may_leave():
            return TryLater(Busy.STOPPED)
        if time.time() - self._token.made_at > FRESH:
            return TryLater(Busy.STALE_TOKEN)
        self._begun[turn] = True
        try:
            return self._notify.send(message, self._token)
        except Exception as error:
            # Whatever it was, it may have happened after the message left.
            log.error("a hand-over failed", reference=message.reference, error=error)
            return Unknown(by_notify=False)


async def slow_down(context: WorkerContext, outcomes: Iterable[Outcome]) -> bool:
    """After a batch: where Notify was busy or refused us, everyone waits. Whether to pause now."""
    told = list(outcomes)
    busy = {outcome.why for outcome in told if isinstance(outcome, TryLater)}
    refused = {outcome.why for outcome in told if isinstance(outcome, ServiceRefused)}
    if Busy.RATE in busy:
        await context.pace.silence()
    if Busy.DAILY_LIMIT in busy:
        await _park(context)
    if Busy.STALE_TOKEN in busy:
        log.warning("messages were written down too slowly to leave under their token")
    if refused:
        log.error("Notify refuses us", why=sorted(refused))
    return bool(busy or refused)


async def _park(context: WorkerContext) -> None:
    """Hold everything until Notify counts anew, at midnight UTC (notify.md, Rate limit)."""
    now = context.clock.now()
    midnight = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    async with context.transactions.begin() as tx:
        parked = await hold_by_service(
            tx,
            "worker:daily-limit",
            reason="Notify's daily limit is reached. What is left goes out after midnight UTC, by itself. "
            "Lift this hold only where Notify has raised the limit.",
            ends_at=midnight + AFTER_MIDNIGHT,
            now=now,
        )
    if parked:
        log.warning("Notify's daily limit is reached: parked until midnight UTC")
