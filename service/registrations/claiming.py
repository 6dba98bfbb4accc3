"""Taking messages about registrations to hand them over: the limits of each address, a link, a reference.

Each attempt makes a new link and a new reference, and both are committed before the hand-over.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, text
from sqlmodel import col, select

from service.crypto.tokens import Token, new_token, token_hash
from service.database import Transaction
from service.holds.holding import in_force
from service.holds.tables import Scope
from service.notify.one_by_one import MessageState
from service.registrations.asking import ONE_EVERY, may_be_asked_at
from service.registrations.confirming import CONFIRMATIONS
from service.registrations.states import ConfirmationState, RegistrationState
from service.registrations.tables import Confirmation, Contact, Registration
from service.registrations.words import Channel, Language, Purpose

LINK_LIFE: Final[Mapping[Purpose, timedelta]] = {
    Purpose.CONFIRM: timedelta(days=7),
    Purpose.CHANGE: timedelta(days=7),
    Purpose.MANAGE: timedelta(hours=72),
    Purpose.COPY: timedelta(days=7),
    Purpose.MOVED: timedelta(days=7),
}
"""How long a link works (contract.md, Settings). What has none is forgotten as if it had."""
LETTER_LIFE: Final = timedelta(days=60)
"""The same in a letter, which has to be printed, carried and found."""
COUNTED: Final = (Purpose.CONFIRM, Purpose.CHANGE)
"""What strangers can cause: it is limited for each address."""
LEASE: Final = timedelta(seconds=100)
"""Longer than a token's life (30 s) and the deadline of a whole call (65 s) together."""
LETTERS_A_PLACE: Final = 5
"""Letters a day to one place, whatever the names on them: a home has many people, and a joker many names."""

LETTERS_OF_THE_DAY = text("""
    SELECT place_index, count(*) FROM contacts, unnest(asked_at) AS asked
    WHERE place_index = ANY (:places) AND asked > :since
    GROUP BY place_index
""")


@dataclass(frozen=True, slots=True)
class ClaimedConfirmation:
    """A confirmation that this worker may hand over until its lease ends."""

    id: UUID
    contact_id: UUID
    scheme_id: UUID
    sealed_contact: bytes = field(repr=False)
    channel: Channel
    purpose: Purpose
    registration_id: UUID | None
    number: str | None
    """The registration's, for those who ring or type it."""
    language: Language
    reference: str
    token: Token = field(repr=False)
    """Only its SHA-256 is stored."""
    has_code: bool
    reminds: bool
    expires_at: datetime


async def due(tx: Transaction, channels: Sequence[Channel], *, now: datetime) -> int:
    """How many messages wait to be sent now by these channels, up to a thousand."""
    waiting = (
        select(Confirmation.id)
        .join(Contact, col(Contact.id) == col(Confirmation.contact_id))
        .join(Registration, col(Registration.id) == col(Confirmation.registration_id), isouter=True)
        .where(*_may_leave(channels, now))
        .limit(1000)
    )
    return int(await tx.scalar(select(func.count()).select_from(waiting.subquery())) or 0)


async def claim(
    tx: Transaction, channels: Sequence[Channel], *, limit: int, now: datetime
) -> list[ClaimedConfirmation]:
    """Take up to `limit` messages that are due, oldest first; none while everything is held."""
    rows = await tx.exec(
        select(Confirmation, Contact, Registration.number)
        .join(Contact, col(Contact.id) == col(Confirmation.contact_id))
        .join(Registration, col(Registration.id) == col(Confirmation.registration_id), isouter=True)
        .where(*_may_leave(channels, now), ~in_force(Scope.EVERYTHING))
        .order_by(col(Confirmation.try_at))
        .limit(limit)
        # SKIP LOCKED: a slow worker must not stall the others.
        .with_for_update(of=(Confirmation, Contact), skip_locked=True)
    )
    found = rows.all()
    at_places = await _letters_of_the_day(tx, [contact for _, contact, _ in found], now=now)
    claimed: list[ClaimedConfirmation] = []
    for confirmation, contact, number in found:
        when = _not_before(confirmation, contact, at_places, now)
        if when > now:
            confirmation.try_at = when
        else:
            claimed.append(_take(confirmation, contact, number, now))
    await tx.flush()
    return claimed


def _may_leave(channels: Sequence[Channel], now: datetime) -> list[ColumnElement[bool]]:
    """Nobody who has left meanwhile is asked to confirm anything; but for taking over from the dead."""
    return [
        col(Confirmation.state) == ConfirmationState.DUE,
        col(Confirmation.try_at) <= now,
        col(Contact.channel).in_(channels),
        or_(
            col(Registration.id).is_(None),
            col(Registration.state) != RegistrationState.LEFT,
            col(Confirmation.purpose) != Purpose.CONFIRM,
            col(Confirmation.becomes).is_not(None),
        ),
    ]


def _not_before(
    confirmation: Confirmation, contact: Contact, at_places: Counter[bytes], now: datetime
) -> datetime:
    """When the limits of its address, and of its place, let it leave."""
    if confirmation.purpose not in COUNTED:
        return now
    if contact.place_index is not None:
        at_places[contact.place_index] += 1
        if at_places[contact.place_index] > LETTERS_A_PLACE:
            return now + ONE_EVERY
    return may_be_asked_at(contact.asked_at, now)


def _take(
    confirmation: Confirmation, contact: Contact, number: str | None, now: datetime
) -> ClaimedConfirmation:
    token = new_token()
    confirmation.attempt += 1
    confirmation.reference = f"c-{confirmation.id}-{confirmation.attempt}"
    confirmation.token_hash = token_hash(token)
    confirmation.expires_at = _ends_at(confirmation, contact, now)
    confirmation.try_at = now + LEASE
    confirmation.misses = 0
    CONFIRMATIONS.move(confirmation, MessageState.CLAIMED)
    if confirmation.purpose in COUNTED:
        # When it may leave, not when it is known to have: limits hold in doubt, too.
        contact.asked_at = [*contact.asked_at, now][-3:]
    return ClaimedConfirmation(
        id=confirmation.id,
        contact_id=contact.id,
        scheme_id=confirmation.scheme_id,
        sealed_contact=contact.sealed,
        channel=contact.channel,
        purpose=confirmation.purpose,
        registration_id=confirmation.registration_id,
        number=number,
        language=confirmation.language,
        reference=confirmation.reference,
        token=token,
        has_code=confirmation.find_hash is not None,
        reminds=confirmation.reminds,
        expires_at=confirmation.expires_at,
    )


async def _letters_of_the_day(
    tx: Transaction, contacts: Sequence[Contact], *, now: datetime
) -> Counter[bytes]:
    """How many letters went to each of these contacts' places since yesterday, whatever the name on them."""
    places = {contact.place_index for contact in contacts if contact.place_index is not None}
    if not places:
        return Counter()
    rows = await tx.execute(LETTERS_OF_THE_DAY, {"places": list(places), "since": now - ONE_EVERY})
    return Counter({bytes(place): int(count) for place, count in rows})


def _ends_at(confirmation: Confirmation, contact: Contact, now: datetime) -> datetime:
    if confirmation.reminds and confirmation.expires_at is not None:
        return confirmation.expires_at  # When the first message's link ends: a reminder gives no more time.
    return now + (LETTER_LIFE if contact.channel is Channel.LETTER else LINK_LIFE[confirmation.purpose])
