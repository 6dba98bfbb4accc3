"""Does what staff asked: looks details up, sends an author their own words."""

import asyncio
import json
from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, assert_never
from uuid import UUID

from service.audit import chain
from service.audit.events import RegistrantNamed
from service.database import Transaction
from service.errands import doing
from service.errands.doing import Taken
from service.errands.tables import ErrandKind, errand_place
from service.errors import NotFound
from service.holds.holding import is_held
from service.holds.incidents import open_incidents
from service.holds.tables import IncidentKind, Scope
from service.notify import guard
from service.notify.addresses import EmailAddress
from service.notify.gateway import (
    Accepted,
    AddressRefused,
    FencedToken,
    Outcome,
    ServiceRefused,
    TryLater,
    Unknown,
)
from service.observability import log
from service.registrations.contacts import registered_at
from service.registrations.words import Language
from service.schemes.reading import public_list
from service.updates.history import version_of
from service.updates.reading import get_update
from workers.context import WorkerContext
from workers.handing_over import hand_over, slow_down
from workers.rendering import Approved, email_to_its_author
from workers.unsealing import CannotOpen

BATCH: Final = 20
ACTOR: Final = "worker:errands"
UNUSABLE: Final = (CannotOpen, ValueError, KeyError, NotFound)


class Sent(StrEnum):
    """What became of a test-send, the worst of its messages first."""

    BLOCKED = "blocked"
    """The outgoing guard stopped it."""
    HELD = "held"
    """Everything is held, for the author's own words, too: what holds it may be wrong with Notify itself."""
    NOT_SENT = "not-sent"
    """Notify would not take it now, or refuses us."""
    ADDRESS_REFUSED = "address-refused"
    UNCLEAR = "unclear"
    """Handed over, and no answer came."""
    SENT = "sent"


@dataclass(frozen=True)
class Named:
    """The details of one draft, as blind indexes."""

    errand: Taken
    update: UUID
    indexes: frozenset[bytes] = field(repr=False)


@dataclass(frozen=True)
class Trial:
    """An update's words, on their way to whoever asked for them."""

    errand: Taken
    recipient: EmailAddress
    words: Approved = field(repr=False)


async def look_up_details(context: WorkerContext) -> None:
    """Find out whether somebody is registered at what stood in drafts: that is an incident."""
    while True:
        async with context.transactions.begin() as tx:
            now = context.clock.now()
            taken = await doing.take(tx, ErrandKind.KNOWN_DETAILS, limit=BATCH, now=now)
            named = [each for each in (_named(context, errand) for errand in taken) if each]
            known = await registered_at(
                tx, [(each.errand.scheme_id, index) for each in named for index in each.indexes]
            )
            # The same for all: the staff process, which can read it, is not told who is registered.
            await doing.answer(tx, [each.id for each in taken], {"done": True}, now=now)
            found = Counter(each for each in named for index in each.indexes if _key(each, index) in known)
            updates = {each.update for each in found}
            await open_incidents(tx, IncidentKind.DETAIL_IN_DRAFT, updates, actor=ACTOR, now=now)
            # One by one: a save with a registrant's details in it is rare.
            for each, count in found.items():
                event = RegistrantNamed(actor=each.errand.asked_by, update=each.update, count=count)
                await chain.append(tx, event, now=now)
        if len(taken) < BATCH:
            return


async def send_tests(context: WorkerContext) -> None:
    """Send every test that is asked for, one after the other, while somebody waits for it."""
    while True:
        async with context.transactions.begin() as tx:
            if not await doing.waiting(tx, ErrandKind.TEST_SEND, now=context.clock.now()):
                return
        if await context.permits(len(Language)) == 0:
            await asyncio.sleep(0.1)
            continue
        # The fence: the token is older than the references that go out under it.
        token = context.notify.fence()
        async with context.transactions.begin() as tx:
            taken = await doing.take(tx, ErrandKind.TEST_SEND, limit=1, now=context.clock.now())
            held = await is_held(tx, Scope.EVERYTHING)
            trials = [await _trial(context, tx, errand) for errand in taken]
        for errand, trial in zip(taken, trials, strict=True):
            if held or trial is None:
                sent = Sent.HELD if held else Sent.NOT_SENT
            else:
                sent = await _send(context, trial, token)
            async with context.transactions.begin() as tx:
                await doing.answer(tx, [errand.id], {"status": sent.value}, now=context.clock.now())


async def _trial(context: WorkerContext, tx: Transaction, errand: Taken) -> Trial | None:
    """What one errand asks to be sent; None where it cannot be used."""
    try:
        asked = _opened(context, errand)
        recipient = EmailAddress.stored(asked["email"])
        version = await version_of(tx, await get_update(tx, UUID(asked["update"])), asked["version"])
    except UNUSABLE as error:
        log.error("an errand cannot be used", errand=str(errand.id), error=error)
        return None
    return Trial(errand, recipient, Approved.of(version.content, await public_list(tx, errand.scheme_id)))


async def _send(context: WorkerContext, trial: Trial, token: FencedToken) -> Sent:
    """One message for each language of the words, through the guard as any other."""
    messages = [
        email_to_its_author(
            f"t-{trial.errand.id}-{number}",
            trial.recipient,
            trial.words,
            language,
            context.settings.public_url,
        )
        for number, language in enumerate(Language, start=1)
        if language in trial.words.email
    ]
    if any(guard.read(message, trial.words.allowed) is not None for message in messages):
        log.error("the guard stopped a test-send", errand=str(trial.errand.id))
        return Sent.BLOCKED
    await context.stop.read()
    outcomes = await hand_over(context, messages, token, context.stop.link_may_leave)
    await slow_down(context, outcomes)
    became = {_became(outcome) for outcome in outcomes}
    return next(each for each in Sent if each in became)


def _became(outcome: Outcome) -> Sent:
    match outcome:
        case Accepted():
            return Sent.SENT
        case Unknown():
            return Sent.UNCLEAR
        case AddressRefused():
            return Sent.ADDRESS_REFUSED
        case TryLater() | ServiceRefused():
            return Sent.NOT_SENT
        case _:
            assert_never(outcome)


def _named(context: WorkerContext, errand: Taken) -> Named | None:
    index = context.keys.index
    try:
        asked = _opened(context, errand)
        indexes = {*map(index.email, asked["emails"]), *map(index.phone, asked["phones"])}
        return Named(errand, UUID(asked["update"]), frozenset(indexes))
    except UNUSABLE as error:
        log.error("an errand cannot be used", errand=str(errand.id), error=error)
        return None


def _key(named: Named, index: bytes) -> tuple[UUID, bytes]:
    return (named.errand.scheme_id, index)


def _opened(context: WorkerContext, errand: Taken) -> Any:
    return json.loads(context.keys.open(errand.sealed, errand_place(errand.id)))
