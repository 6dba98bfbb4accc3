"""Waiting for a worker: put, ring, and look until it is done, or say when to come again (contract.md)."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, TypeVar
from uuid import UUID

from service.crypto.one_answer import OneAnswer
from service.database import Transaction
from service.doorbell import Job
from service.errands.asking import answer_to, sealed_answer_to
from service.errands.tables import answer_place
from service.errors import Unavailable
from service.web.staff.process import StaffProcess

WAIT_SECONDS: Final = 10.0
"""How long a call that needs a worker waits for it (contract.md, Staff JSON API)."""
LOOK_EVERY: Final = 0.1

Found = TypeVar("Found")


async def ring_and_wait(
    here: StaffProcess, job: Job, look: Callable[[Transaction], Awaitable[Found | None]]
) -> Found:
    """What a worker makes of what was put and committed, as soon as `look` finds it.

    Raises `Unavailable` (503 with Retry-After) after ten seconds.
    """
    await here.doorbell.ring(job)
    until = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < until:
        async with here.transactions.begin() as tx:
            found = await look(tx)
        if found is not None:
            return found
        await asyncio.sleep(LOOK_EVERY)
    raise Unavailable


async def answer(here: StaffProcess, job: Job, errand: UUID) -> Mapping[str, Any]:
    """What a worker answers to an errand that was put and committed. Raises `Unavailable`."""
    return await ring_and_wait(here, job, lambda tx: answer_to(tx, errand))


async def opened_answer(here: StaffProcess, job: Job, errand: UUID, key: OneAnswer) -> Mapping[str, Any]:
    """What a worker answers with a person's details, sealed to `key`. Raises `Unavailable`."""
    sealed = await ring_and_wait(here, job, lambda tx: sealed_answer_to(tx, errand))
    opened: Mapping[str, Any] = json.loads(key.open(sealed, answer_place(errand)))
    return opened
