"""The stop flag: every hand-over looks at it, and a reading older than a second counts as stop.

It is read from PostgreSQL, so that a halt or a hold set on any machine stops this one at once, also
where Redis is gone (promise 6).
"""

import asyncio
import time
from contextlib import suppress
from typing import Final
from uuid import UUID

from service.database import Transactions
from service.deliveries.stopping import Standing, read_standing
from service.observability import log

EVERY: Final = 0.25
"""Seconds between readings."""
TOO_OLD: Final = 1.0
"""Seconds after which a reading counts as stop."""


class StopFlag:
    """What may be handed over now, as it was read less than a second ago."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions
        self._standing: Standing | None = None
        self._read_at = 0.0
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to read. Needs a running event loop."""
        self._task = asyncio.create_task(self._keep_reading())

    async def end(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    def update_may_leave(self, update_id: UUID) -> bool:
        """Whether a message of this update may be handed over. Called from threads."""
        standing = self._fresh()
        return standing is not None and not standing.bulk_held and update_id in standing.sending

    def link_may_leave(self) -> bool:
        """Whether a confirmation may be handed over. Called from threads."""
        standing = self._fresh()
        return standing is not None and not standing.everything_held

    def _fresh(self) -> Standing | None:
        return self._standing if time.monotonic() - self._read_at < TOO_OLD else None

    async def read(self) -> None:
        """Take one reading. It is as old as its beginning."""
        began = time.monotonic()
        async with self._transactions.begin() as tx:
            standing = await read_standing(tx)
        self._standing, self._read_at = standing, began

    async def _keep_reading(self) -> None:
        while True:
            try:
                await self.read()
            except Exception as error:
                # Not read is stop: after a second nothing leaves any more.
                log.error("the stop flag could not be read", error=error)
            await asyncio.sleep(EVERY)
