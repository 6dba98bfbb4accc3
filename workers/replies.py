"""Reads the texts that people send: STOP at once, the rest for a person."""

import json
from typing import Final

from service.crypto.blind_index import BlindIndex
from service.notify.addresses import NotAnAddress, phone_number
from service.observability import log
from service.replies.reading import Read, settle, unread
from service.replies.receiving import received_text_place
from service.replies.stopping import says_stop
from service.replies.tables import ReceivedText
from workers.context import WorkerContext
from workers.unsealing import CannotOpen

BATCH: Final = 100


async def read_texts(context: WorkerContext) -> None:
    """Read every text that came, a batch a transaction. None is lost: what cannot be read is kept as well."""
    while True:
        async with context.transactions.begin() as tx:
            texts = await unread(tx, limit=BATCH)
            await settle(tx, [_read(context, each) for each in texts], now=context.clock.now())
        if len(texts) < BATCH:
            return


def _read(context: WorkerContext, received: ReceivedText) -> Read:
    try:
        said = json.loads(context.keys.open(received.sealed, received_text_place(received.id)))
    except (CannotOpen, ValueError) as error:
        log.error("a text cannot be opened", text=str(received.id), error=error)
        return Read(received.id, None, stops=False)
    return Read(received.id, _index(context, said["number"]), stops=says_stop(said["message"]))


def _index(context: WorkerContext, number: str) -> BlindIndex | None:
    # Notify gives the number with its country and without a plus: 447700900123.
    written = number if number.startswith(("+", "0")) else f"+{number}"
    try:
        return context.keys.index.phone(phone_number(written).e164)
    except NotAnAddress:
        return None
