"""The stop flag: every hand-over looks at it, and a reading older than a second counts as stop.

It is read from PostgreSQL, so that a halt or a hold set on any machine stops this one at once, also
where Redis is gone (promise 6). A database that is not the one that was read before says stop until it
was compared with the witness.
"""

import time
from collections.abc import Awaitable, Callable
from typing import Final
from uuid import UUID

from service.database import Transactions
from service.deliveries.stopping import DatabaseIdentity, Standing, read_standing
from workers.repeating import Repeating

EVERY: Final = 0.25
"""Seconds between readings."""
TOO_OLD: Final = 1.0
"""Seconds after which a reading counts as stop."""


class StopFlag:
    """What may be handed over now, as it was read less than a second ago."""

    def __init__(self, transactions: Transactions, agrees: Callable[[], Awaitable[bool]]) -> None:
        """`agrees` compares the database with the witness."""
        self._transactions = transactions
        self._agrees = agrees
        self._trusted: DatabaseIdentity | None = None
        self._standing: Standing | None = None
        self._read_at = 0.0
        # Not read is stop: after a second nothing leaves any more.
        self._reading = Repeating(self.read, seconds=EVERY, failed="the stop flag could not be read")

    def start(self) -> None:
        """Begin to read. Needs a running event loop."""
        self._reading.start()

    async def end(self) -> None:
        await self._reading.end()

    def update_may_leave(self, update_id: UUID) -> bool:
        """Whether a message of this update may be handed over. Called from threads."""
        standing = self._fresh()
        return standing is not None and not standing.bulk_held and update_id in standing.sending

    def link_may_leave(self) -> bool:
        """Whether a confirmation may be handed over. Called from threads."""
        standing = self._fresh()
        return standing is not None and not standing.everything_held

    def notice_may_leave(self) -> bool:
        """Whether staff may be told something. Called from threads.

        Also while everything is held: a hold stops what goes to the public, and only staff who know what
        waits can end it. A database that is not known to be the right one tells nobody anything.
        """
        return self._fresh() is not None

    def is_ramping(self, update_id: UUID) -> bool:
        """Whether not everyone of an update may be told yet. A ramp that is over never begins again."""
        return self._standing is None or update_id in self._standing.ramping

    def _fresh(self) -> Standing | None:
        return self._standing if time.monotonic() - self._read_at < TOO_OLD else None

    async def read(self) -> None:
        """Take one reading. It is as old as its beginning."""
        began = time.monotonic()
        async with self._transactions.begin() as tx:
            standing = await read_standing(tx)
        if standing.identity != self._trusted:
            self._standing = None
            if not await self._agrees():
                return
            self._trusted = standing.identity
        self._standing, self._read_at = standing, began
