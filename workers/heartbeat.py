"""Says that this worker is there, and tells the pace how many it shares with where Redis is gone."""

from typing import Final
from uuid import UUID, uuid4

from service.database import Transactions
from service.notify.heartbeats import beat
from service.notify.pacing import Pace
from workers.repeating import Repeating

EVERY: Final = 5.0
"""Seconds between beats: a third of the time after which a worker is not counted any more."""


class Heartbeat:
    """Beats while its worker lives."""

    def __init__(self, transactions: Transactions, pace: Pace) -> None:
        self._transactions = transactions
        self._pace = pace
        self._worker: UUID = uuid4()
        self._beating = Repeating(self._beat, seconds=EVERY, failed="a heartbeat was lost")

    def start(self) -> None:
        """Begin to beat. Needs a running event loop."""
        self._beating.start()

    async def end(self) -> None:
        await self._beating.end()

    async def _beat(self) -> None:
        async with self._transactions.begin() as tx:
            self._pace.sharers = await beat(tx, self._worker)
