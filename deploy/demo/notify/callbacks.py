"""Calling the service back: receipts and received texts.

Source: notify.md "Delivery": 5 s timeout; retried 5 times, 300 s apart, on connection errors, timeouts, 429
and 5xx only; any other answer ends it, so a 4xx drops the call for ever. The 300 s are the stand-in's own.
"""

import asyncio
import sqlite3
from typing import Final

from deploy.demo.notify.calling import Line, NoAnswer
from deploy.demo.notify.clock import MICROSECONDS
from deploy.demo.notify.config import Callback
from deploy.demo.notify.standin import StandIn

TIMEOUT_SECONDS: Final = 5.0
RETRIES: Final = 5
RETRY_AFTER_US: Final = 300 * MICROSECONDS
AT_ONCE: Final = 16


class Caller:
    """Makes the calls that are written down, a few at once, over connections that are kept."""

    def __init__(self, standin: StandIn) -> None:
        self._standin = standin
        self._under_way: dict[int, asyncio.Task[None]] = {}
        self._free_lines: dict[str, list[Line]] = {"receipt": [], "received text": []}

    def start_due(self) -> int:
        """Start as many of the due calls as there is room for; how many were started."""
        room = AT_ONCE - len(self._under_way)
        if self._standin.paused_callbacks or room <= 0:
            return 0
        due = self._standin.store.rows(
            "SELECT * FROM callbacks WHERE due_at <= ? ORDER BY due_at, number LIMIT ?",
            self._standin.clock.now_us(),
            AT_ONCE,
        )
        started = [row for row in due if row["number"] not in self._under_way][:room]
        for row in started:
            self._under_way[row["number"]] = asyncio.create_task(self._call(row))
        return len(started)

    async def close(self) -> None:
        tasks = list(self._under_way.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for line in (line for lines in self._free_lines.values() for line in lines):
            line.close()

    async def _call(self, row: sqlite3.Row) -> None:
        try:
            target = self._target(row["kind"])
            again = target is not None and await self._wants_another_try(target, row)
            self._settle(row, again=again and row["attempts"] < RETRIES)
        finally:
            self._under_way.pop(row["number"], None)

    def _settle(self, row: sqlite3.Row, *, again: bool) -> None:
        with self._standin.store.transaction() as tx:
            if again:
                tx.execute(
                    "UPDATE callbacks SET attempts = attempts + 1, due_at = ? WHERE number = ?",
                    (self._standin.clock.now_us() + RETRY_AFTER_US, row["number"]),
                )
            else:
                tx.execute("DELETE FROM callbacks WHERE number = ?", (row["number"],))

    def _target(self, kind: str) -> Callback | None:
        config = self._standin.config
        return config.callback if kind == "receipt" else config.received_texts_callback

    async def _wants_another_try(self, target: Callback, row: sqlite3.Row) -> bool:
        free = self._free_lines[row["kind"]]
        line = free.pop() if free else Line(target.url, _headers(target))
        try:
            status = await line.post(row["payload"].encode(), TIMEOUT_SECONDS)
        except NoAnswer:
            return True
        finally:
            free.append(line)
        return status == 429 or status >= 500


def _headers(target: Callback) -> dict[str, str]:
    return {"Content-Type": "application/json", "Authorization": f"Bearer {target.token}"}
