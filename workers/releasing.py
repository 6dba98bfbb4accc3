"""Hands over the keys of lists, once that is in the record, and destroys those whose time is over."""

import asyncio
import json
from uuid import UUID

from service.crypto.recipients import seal_to
from service.errands import doing
from service.errands.doing import Taken
from service.errands.tables import ErrandKind, errand_place
from service.exports import expiring, releasing
from service.exports.releasing import Released
from service.observability import log
from workers.context import WorkerContext
from workers.unsealing import CannotOpen

BATCH = 20
UNUSABLE = (CannotOpen, ValueError, KeyError)


async def hand_over_keys(context: WorkerContext) -> None:
    """Answer every release that is asked for and in the record: the key, sealed to whose list it is.

    What is not in the record is not answered, and nothing is unwrapped for it.
    """
    async with context.transactions.begin() as tx:
        now = context.clock.now()
        asked = [
            _asked(context, each) for each in await doing.take(tx, ErrandKind.RELEASE, limit=BATCH, now=now)
        ]
        released = [
            (errand, to, await releasing.released(tx, export, now=now))
            for errand, export, to in filter(None, asked)
        ]
    for errand, to, found in released:
        if found is None:
            log.error("a key was asked for without a record of its release", errand=str(errand))
            continue
        # The key service may be far away: no transaction waits for it.
        key = await asyncio.to_thread(_sealed_key, context, found)
        async with context.transactions.begin() as tx:
            said = {"release_key": key}
            await doing.answer_sealed(tx, errand, said, to=to, now=context.clock.now())


async def expire_lists(context: WorkerContext) -> None:
    """Destroy the keys of lists whose time is over, then say so; drop what is left of their files."""
    async with context.transactions.begin() as tx:
        over = await expiring.due(tx, now=context.clock.now())
    kept = await asyncio.to_thread(context.keys.release_keys)
    async with context.transactions.begin() as tx:
        needed = await expiring.keeping_a_key(tx, kept) if kept else set()
    ending = (kept - needed) | over
    await asyncio.to_thread(context.keys.destroy_release_keys, ending)
    async with context.transactions.begin() as tx:
        now = context.clock.now()
        await expiring.expire(tx, over, now=now)


def _asked(context: WorkerContext, errand: Taken) -> tuple[UUID, UUID, str] | None:
    """The errand, the list that it is about, and the key that its answer is sealed to."""
    try:
        asked = json.loads(context.keys.open(errand.sealed, errand_place(errand.id)))
        return errand.id, UUID(asked["export"]), str(asked["answer_to"])
    except UNUSABLE as error:
        log.error("an errand cannot be used", errand=str(errand.id), error=error)
        return None


def _sealed_key(context: WorkerContext, found: Released) -> str | None:
    """None where it is destroyed."""
    try:
        key = context.keys.release_key(found.export)
    except KeyError:
        return None
    return seal_to(found.recipient, key)
