"""Says that this worker is there, and tells the pace how many it shares with where Redis is gone."""

import asyncio
from contextlib import suppress
from typing import Final
from uuid import UUID, uuid4

from service.database import Transactions
from service.notify.heartbeats import beat
from service.notify.pacing import Pace
from service.observability import log

EVERY: Final = 5.0
"""Seconds between beats: a third of the time after which a worker is not counted any more."""


class Heartbeat:
    """Beats while its worker lives."""

    def __init__(self, transactions: Transactions, pace: Pace) -> None:
        self._transactions = transactions
        self._pace = pace
        self._worker: UUID = uuid4()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to beat. Needs a running event loop."""
        self._task = asyncio.create_task(self._keep_beating())

    async def end(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _keep_beating(self) -> None:
        while True:
            try:
                async with self._transactions.begin() as tx:
                    self._pace.sharers = await beat(tx, self._worker)
            except Exception as error:
                log.error("a heartbeat was lost", error=error)
            await asyncio.sleep(EVERY)
