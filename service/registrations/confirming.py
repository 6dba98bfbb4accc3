"""Confirmations on their way: claiming, handing over, settling. The steps of a delivery, on one row.

Each attempt makes a new link and a new reference, and both are committed before the hand-over. What is
unclear is asked for at Notify before anything is sent again, so that a link that arrived keeps working.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, assert_never
from uuid import UUID

from sqlalchemy import func, text, update
from sqlmodel import col, select

from service.crypto.tokens import Token, new_token, token_hash
from service.database import Transaction
from service.holds.holding import in_force
from service.holds.tables import Scope
from service.notify.gateway import (
    Accepted,
    AddressRefused,
    Found,
    Outcome,
    ServiceRefused,
    TryLater,
    Unknown,
)
from service.registrations.asking import may_be_asked_at
from service.registrations.states import CONFIRMATION_MOVES, ConfirmationState
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
LATER: Final = timedelta(seconds=2)
ASKED: Final = 2
"""How often Notify has to miss an attempt before it is made again."""

NOT_ASKED = text("""
    UPDATE contacts SET asked_at = trim_array(asked_at, 1)
    WHERE cardinality(asked_at) > 0
        AND id IN (
            SELECT contact_id FROM confirmations
            WHERE id = ANY (:ids) AND state = 'claimed' AND purpose IN ('confirm', 'change')
        )
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
        .where(
            Confirmation.state == ConfirmationState.DUE,
            col(Confirmation.try_at) <= now,
            col(Contact.channel).in_(channels),
        )
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
        .where(
            Confirmation.state == ConfirmationState.DUE,
            col(Confirmation.try_at) <= now,
            col(Contact.channel).in_(channels),
            ~in_force(Scope.EVERYTHING),
        )
        .order_by(col(Confirmation.try_at))
        .limit(limit)
        # SKIP LOCKED: a slow worker must not stall the others.
        .with_for_update(of=(Confirmation, Contact), skip_locked=True)
    )
    claimed: list[ClaimedConfirmation] = []
    for confirmation, contact, number in rows:
        if confirmation.purpose in COUNTED and (later := may_be_asked_at(contact.asked_at, now)) > now:
            confirmation.try_at = later
            continue
        token = new_token()
        confirmation.attempt += 1
        confirmation.reference = f"c-{confirmation.id}-{confirmation.attempt}"
        confirmation.token_hash = token_hash(token)
        confirmation.expires_at = _ends_at(confirmation, contact, now)
        confirmation.try_at = now + LEASE
        confirmation.misses = 0
        _move(confirmation, ConfirmationState.CLAIMED)
        if confirmation.purpose in COUNTED:
            # When it may leave, not when it is known to have: limits hold in doubt, too.
            contact.asked_at = [*contact.asked_at, now][-3:]
        claimed.append(
            ClaimedConfirmation(
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
        )
    await tx.flush()
    return claimed


async def settle(
    tx: Transaction, outcomes: Sequence[tuple[UUID, Outcome]], *, ask_after: timedelta, now: datetime
) -> None:
    """Write down what Notify said of each claimed confirmation."""
    # Certainly not handed over is not asked: else a busy hour would use up a person's three a month.
    not_sent = [each for each, outcome in outcomes if isinstance(outcome, TryLater | ServiceRefused)]
    await tx.execute(NOT_ASKED, {"ids": not_sent})
    rows = await _locked(tx, [confirmation_id for confirmation_id, _ in outcomes], ConfirmationState.CLAIMED)
    for confirmation_id, outcome in outcomes:
        confirmation = rows.get(confirmation_id)
        if confirmation is None:
            continue  # A newer registration took its place, or its lease ended.
        match outcome:
            case Accepted():
                _move(confirmation, ConfirmationState.SENT)
                confirmation.notify_id = outcome.notify_id
                confirmation.sent_at = now
            case TryLater():
                _move(confirmation, ConfirmationState.DUE)
                confirmation.try_at = now + LATER
            case AddressRefused():
                _move(confirmation, ConfirmationState.REFUSED)
            case ServiceRefused():
                # Notify's settings are wrong, not this person's address: nobody is given up.
                _move(confirmation, ConfirmationState.DUE)
                confirmation.try_at = now + timedelta(minutes=1)
            case Unknown():
                _move(confirmation, ConfirmationState.UNCERTAIN)
                confirmation.try_at = now + ask_after
            case _:
                assert_never(outcome)
    await tx.flush()


async def set_aside(tx: Transaction, ids: Sequence[UUID]) -> None:
    """Claimed confirmations that cannot be sent as they are: a person must look."""
    for confirmation in (await _locked(tx, ids, ConfirmationState.CLAIMED)).values():
        _move(confirmation, ConfirmationState.SET_ASIDE)
    await tx.flush()


async def abandon(tx: Transaction, *, now: datetime) -> None:
    """A lease that ended: its worker died, perhaps after handing over. Notify is asked."""
    await tx.execute(
        update(Confirmation)
        .where(col(Confirmation.state) == ConfirmationState.CLAIMED, col(Confirmation.try_at) <= now)
        .values(state=ConfirmationState.UNCERTAIN, try_at=now)
    )


async def to_ask_about(tx: Transaction, *, limit: int, now: datetime) -> list[tuple[UUID, str]]:
    """Unclear attempts whose time to be asked about has come: id and reference."""
    rows = await tx.exec(
        select(Confirmation.id, Confirmation.reference)
        .where(Confirmation.state == ConfirmationState.UNCERTAIN, col(Confirmation.try_at) <= now)
        .limit(limit)
    )
    return [(confirmation_id, reference) for confirmation_id, reference in rows if reference is not None]


async def settle_asked(
    tx: Transaction, confirmation_id: UUID, found: list[Found], *, ask_after: timedelta, now: datetime
) -> None:
    """What Notify said when it was asked: sent, or, after two misses, due again."""
    rows = await _locked(tx, [confirmation_id], ConfirmationState.UNCERTAIN)
    confirmation = rows.get(confirmation_id)
    if confirmation is None:
        return
    if any(each.status == "created" for each in found):
        confirmation.try_at = now + ask_after  # It may still be deleted (notify.md, Finding out).
    elif found:
        _move(confirmation, ConfirmationState.SENT)
        confirmation.notify_id = found[0].notify_id
        confirmation.sent_at = now
    else:
        confirmation.misses += 1
        confirmation.try_at = now + ask_after
        if confirmation.misses >= ASKED:
            _move(confirmation, ConfirmationState.DUE)
            confirmation.try_at = now
    await tx.flush()


def _ends_at(confirmation: Confirmation, contact: Contact, now: datetime) -> datetime:
    if confirmation.reminds and confirmation.expires_at is not None:
        return confirmation.expires_at  # When the first message's link ends: a reminder gives no more time.
    return now + (LETTER_LIFE if contact.channel is Channel.LETTER else LINK_LIFE[confirmation.purpose])


async def _locked(tx: Transaction, ids: Sequence[UUID], state: ConfirmationState) -> dict[UUID, Confirmation]:
    rows = await tx.exec(
        select(Confirmation)
        .where(col(Confirmation.id).in_(ids), Confirmation.state == state)
        .order_by(col(Confirmation.id))
        .with_for_update()
    )
    return {row.id: row for row in rows}


def _move(confirmation: Confirmation, to: ConfirmationState) -> None:
    if to not in CONFIRMATION_MOVES[confirmation.state]:
        raise ValueError(f"a confirmation does not move from {confirmation.state} to {to}")
    confirmation.state = to
