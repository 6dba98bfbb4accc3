"""Ending in order when told to: by Ctrl-C, or by a signal."""

import asyncio
import signal
from collections.abc import Coroutine
from typing import Any, Final, NoReturn, TypeVar

SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

Result = TypeVar("Result")


async def until_told_to_stop(work: Coroutine[Any, Any, Result]) -> Result:
    """Do `work`; a signal cancels it, once: whoever asks again gets no faster end, only a worse one."""
    task = asyncio.ensure_future(work)
    loop = asyncio.get_running_loop()
    told = False

    def stop() -> None:
        nonlocal told
        if not told:
            told = True
            task.cancel()

    for number in SIGNALS:
        loop.add_signal_handler(number, stop)
    return await task


async def either(work: Coroutine[Any, Any, Result], failure: Coroutine[Any, Any, NoReturn]) -> Result:
    """The result of `work`, unless `failure` comes first."""
    tasks = asyncio.ensure_future(work), asyncio.ensure_future(failure)
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        if not tasks[0].done():
            await tasks[1]
        return await tasks[0]
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
