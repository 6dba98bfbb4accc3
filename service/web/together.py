"""Doing once, for everybody who waits, what would cost each of them a round trip."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class Together(Generic[Item, Result]):
    """Turns of a piece of work. Whoever comes while one is under way shares the next one.

    A quiet process does each at once, as if this were not here; a busy one, many in one go. What a
    turn raises, everybody in it gets.
    """

    def __init__(self, work: Callable[[list[Item]], Awaitable[Sequence[Result]]]) -> None:
        """`work` gives one result for each item, in their order."""
        self._work = work
        self._waiting: list[tuple[Item, asyncio.Future[Result]]] = []
        self._turns: asyncio.Task[None] | None = None

    async def do(self, item: Item) -> Result:
        """The result for `item`, when its turn is over."""
        result: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, result))
        if self._turns is None:
            self._turns = asyncio.create_task(self._take_turns())
        return await result

    async def _take_turns(self) -> None:
        try:
            while self._waiting:
                turn, self._waiting = self._waiting, []
                await self._take(turn)
        finally:
            self._turns = None

    async def _take(self, turn: list[tuple[Item, asyncio.Future[Result]]]) -> None:
        try:
            results = await self._work([item for item, _ in turn])
        except Exception as error:
            for _, waiting in turn:
                if not waiting.done():
                    waiting.set_exception(error)
            return
        for (_, waiting), result in zip(turn, results, strict=True):
            # Somebody who went away has cancelled theirs.
            if not waiting.done():
                waiting.set_result(result)
