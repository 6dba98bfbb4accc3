"""Something that a worker does again and again, until it is told to end."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

from service.observability import log

PATIENCE: Final = 5.0
"""Seconds for a step that is under way when the end comes. It is let finish, not cut off in a transaction."""


class Repeating:
    """Does one step every so many seconds. One that fails is logged, and the next comes all the same."""

    def __init__(self, step: Callable[[], Awaitable[None]], *, seconds: float, failed: str) -> None:
        """`failed` is what the log says of a step that raised."""
        self._step = step
        self._seconds = seconds
        self._failed = failed
        self._ending = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin. Needs a running event loop."""
        self._ending.clear()
        self._task = asyncio.create_task(self._repeat())

    async def end(self) -> None:
        """Let the present step finish, and do no other."""
        self._ending.set()
        if self._task is not None:
            with suppress(TimeoutError, asyncio.CancelledError):
                await asyncio.wait_for(self._task, PATIENCE)
            self._task = None

    async def _repeat(self) -> None:
        while not self._ending.is_set():
            try:
                await self._step()
            except Exception as error:
                log.error(self._failed, error=error)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._ending.wait(), self._seconds)
