"""Builds approved lists: reads everybody meant, opens what the columns need, and encrypts it as it goes.

One thread turns rows into lines and, through both layers of age, into pieces of a file; the event loop reads
the rows and keeps the pieces. Nothing is ever plain outside this process's memory, and of a list there is
never more in it than a page of rows and a piece of the file.
"""

import asyncio
import json
import secrets
from collections import defaultdict
from collections.abc import Coroutine, Iterator
from concurrent.futures import CancelledError, Future
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit
from uuid import UUID

from service.exports import building, canaries, csv_lines
from service.exports.building import Abandoned, Order
from service.exports.canaries import IN_EACH_LIST, MadeUp
from service.exports.columns import Column
from service.exports.words import Refusal
from service.observability import log
from service.registrations.listing import Entry, Reach, Wanted, count_listed, entries
from service.registrations.places import contact_place, profile_place
from service.settings import WorkerSettings
from workers.age_layers import write_nested
from workers.context import WorkerContext
from workers.unsealing import CannotOpen, Keyring

PAGE: Final = 1000
"""Rows that are read at a time."""
PIECE: Final = 256 * 1024
"""Bytes of the file that are kept at a time."""
NOTHING_SEALED: Final = Wanted(profile=False, contacts=(), suppressed_too=False)

Result = TypeVar("Result")


class TooMany(Exception):
    """More people are meant by now than were approved."""


class Loop:
    """The event loop, for a thread that needs something done there and waits for it."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._waiting: set[Future[Any]] = set()
        self._ended = False

    def begin(self, work: Coroutine[Any, Any, Result]) -> Future[Result]:
        """Begin with `work`; it is cancelled once the job that began the thread is over."""
        if self._ended:
            work.close()
            raise CancelledError
        asked = asyncio.run_coroutine_threadsafe(work, self._loop)
        self._waiting.add(asked)
        asked.add_done_callback(self._waiting.discard)
        # The end may have come before it was seen to be waiting.
        if self._ended:
            asked.cancel()
        return asked

    def wait(self, work: Coroutine[Any, Any, Result]) -> Result:
        """What `work` gives. Raises `CancelledError` once the job is over."""
        return self.begin(work).result()

    def end(self) -> None:
        """Let go of the thread, whatever it waits for."""
        self._ended = True
        for asked in list(self._waiting):
            asked.cancel()


class Lines:
    """A list in lines, page by page, with its canaries beside the people whom they are like."""

    def __init__(
        self, context: WorkerContext, order: Order, made_up: list[tuple[UUID, MadeUp]], loop: Loop
    ) -> None:
        self._context = context
        self._order = order
        self._loop = loop
        self._beside: dict[UUID, list[MadeUp]] = defaultdict(list)
        for beside, made in made_up:
            self._beside[beside].append(made)
        self.people = 0
        self.rows = 0

    def __iter__(self) -> Iterator[bytes]:
        """Raises `TooMany`, `CannotOpen`."""
        order = self._order
        yield csv_lines.header(order.columns)
        coming = self._loop.begin(self._page(None))
        while page := coming.result():
            # The next page is read while this one is opened.
            coming = self._loop.begin(self._page(page[-1].id))
            self.people += len(page)
            if self.people > order.export.row_cap:
                raise TooMany
            yield b"".join(self._of_page(page))
        # Whoever they were put beside has left meanwhile.
        for made in [each for left in self._beside.values() for each in left]:
            yield self._line(made.values)

    def _of_page(self, page: list[Entry]) -> Iterator[bytes]:
        for entry in page:
            yield self._line(values(entry, self._context.keys))
            for made in self._beside.pop(entry.id, ()):
                yield self._line(made.values)

    def _line(self, of: Any) -> bytes:
        self.rows += 1
        return csv_lines.line(self._order.columns, of, self._order.export.id)

    async def _page(self, after: UUID | None) -> list[Entry]:
        order = self._order
        async with self._context.transactions.begin() as tx:
            return await entries(
                tx, order.export.scheme_id, order.rule, order.wanted, after=after, limit=PAGE
            )


class Pieces:
    """The encrypted file on its way into the database, where it is kept piece by piece."""

    def __init__(self, context: WorkerContext, order: Order, loop: Loop) -> None:
        self._context = context
        self._order = order
        self._loop = loop
        self._left = bytearray()
        self._n = 0

    def put(self, data: bytes) -> None:
        """Raises `Abandoned`."""
        self._left += data
        while len(self._left) >= PIECE:
            self._keep(bytes(self._left[:PIECE]))
            del self._left[:PIECE]

    def end(self) -> None:
        """Keep what is left. Raises `Abandoned`."""
        if self._left:
            self._keep(bytes(self._left))

    def _keep(self, data: bytes) -> None:
        self._loop.wait(self._store(self._n, data))
        self._n += 1

    async def _store(self, n: int, data: bytes) -> None:
        async with self._context.transactions.begin() as tx:
            await building.store(tx, self._order, [(n, data)], now=self._context.clock.now())


async def build_lists(context: WorkerContext) -> None:
    """Build every list that was approved, one after the other."""
    while True:
        async with context.transactions.begin() as tx:
            now = context.clock.now()
            await building.refuse_changed_keys(tx, now=now)
            order = await building.take(tx, now=now)
        if order is None:
            return
        try:
            await _build(context, order)
        except Abandoned:
            log.warning("a list was given up", export=str(order.export.id))


async def _build(context: WorkerContext, order: Order) -> None:
    export = order.export
    async with context.transactions.begin() as tx:
        people = await count_listed(tx, export.scheme_id, order.rule)
    if people > export.row_cap:
        await _refuse(context, order, Refusal.TOO_MANY)
        return
    release = await asyncio.to_thread(context.keys.make_release_key, export.id)
    made_up = await _make_up(context, order, people)
    loop = Loop()
    lines, pieces = Lines(context, order, made_up, loop), Pieces(context, order, loop)

    def write() -> str:
        sha256, _ = write_nested(iter(lines), inner=release, outer=order.recipient, put=pieces.put)
        pieces.end()
        return sha256

    try:
        sha256 = await asyncio.to_thread(write)
    except TooMany:
        await _refuse(context, order, Refusal.TOO_MANY)
        return
    except CannotOpen as error:
        log.error("a list cannot be built", export=str(export.id), error=error)
        await _refuse(context, order, Refusal.CANNOT_OPEN)
        return
    finally:
        loop.end()
    async with context.transactions.begin() as tx:
        now = context.clock.now()
        signing = context.keys.signing_key()
        await building.finish(tx, order, signing, rows=lines.rows, sha256=sha256, now=now)
    log.info("a list is ready", export=str(export.id), rows=lines.rows)


async def _make_up(context: WorkerContext, order: Order, people: int) -> list[tuple[UUID, MadeUp]]:
    """The canaries, each beside somebody anywhere in the list whose like they are."""
    if people == 0:
        return []
    export, domain = order.export, canary_domain(context.settings)
    async with context.transactions.begin() as tx:
        likes = [
            like
            for _ in range(IN_EACH_LIST)
            for like in await entries(
                tx,
                export.scheme_id,
                order.rule,
                NOTHING_SEALED,
                after=None,
                limit=1,
                offset=secrets.randbelow(people),
            )
        ]
        made = await canaries.plant(
            tx, export.id, export.scheme_id, likes, domain=domain, keys=context.keys.index
        )
    return [(like.id, each) for like, each in zip(likes, made, strict=True)]


async def _refuse(context: WorkerContext, order: Order, why: Refusal) -> None:
    async with context.transactions.begin() as tx:
        await building.refuse(tx, order, why, now=context.clock.now())


def values(entry: Entry, keys: Keyring) -> dict[Column, str]:
    """What a list may show of somebody, as far as it was read. Raises `CannotOpen`."""
    profile: dict[str, str | None] = {}
    if entry.sealed_profile is not None:
        profile = json.loads(keys.open(entry.sealed_profile, profile_place(entry.id)))
    opened = {
        reach: keys.open(sealed, contact_place(contact)).decode()
        for reach, (contact, sealed) in entry.contacts.items()
    }
    return {
        Column.NUMBER: entry.number,
        Column.KIND: entry.kind,
        Column.NAME: profile.get("name") or "",
        Column.ORGANISATION: profile.get("organisation") or "",
        Column.EMAIL: opened.get(Reach.EMAIL, ""),
        Column.MOBILE: opened.get(Reach.MOBILE, ""),
        Column.POSTAL_ADDRESS: opened.get(Reach.POST, ""),
        Column.LANGUAGE: entry.language,
        Column.TOPICS: entry.topics,
        Column.REGISTERED_ON: entry.registered_on.isoformat(),
    }


def canary_domain(settings: WorkerSettings) -> str:
    """Where canaries' addresses are: as set, else the public host's own name, else a domain of nobody's."""
    host = urlsplit(settings.public_url).hostname or ""
    its_own = host if "." in host and host.rpartition(".")[2].isalpha() else canaries.NOBODYS_DOMAIN
    return settings.canary_domain or its_own
