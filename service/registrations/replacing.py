"""Other addresses for a registration, and further inboxes. Workers only: what was asked for lay sealed.

Nothing here changes what is sent: an address joins unconfirmed, and only its own holder lets it take the
place of another (`confirm_contact` in migrations/sql).
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import delete, func, update
from sqlmodel import col, select

from service.crypto.tokens import TokenHash, TokenKey, token_hash
from service.database import Transaction
from service.registrations.contacts import contacts_of
from service.registrations.joining import ask_holders
from service.registrations.reading_forms import Addressed
from service.registrations.rows import RegistrationRows, add_registrations, new_number
from service.registrations.standings import standings_of
from service.registrations.states import ConfirmationState, RegistrationState
from service.registrations.tables import (
    Confirmation,
    Contact,
    Registration,
    RegistrationContact,
    RegistrationTopic,
)
from service.registrations.words import Channel, Purpose, Relationship

INBOXES: Final = 20
"""How many further inboxes an organisation has at most."""


async def registration_of(tx: Transaction, link: TokenHash, *, asked_at: datetime) -> Registration | None:
    """Whose the manage link was when something was asked by it, locked; None where it was nobody's."""
    found = await tx.exec(
        select(Registration)
        .join(Confirmation, col(Confirmation.registration_id) == col(Registration.id))
        .where(
            Confirmation.token_hash == link,
            Confirmation.purpose == Purpose.MANAGE,
            col(Confirmation.expires_at) > asked_at,
            Registration.state != RegistrationState.PENDING,
        )
        .with_for_update(of=Registration)
    )
    return found.one_or_none()


async def registration_with(tx: Transaction, scheme_id: UUID, registration_id: UUID) -> Registration | None:
    """A registration of this scheme by its id, locked; None where it is gone, or nobody has confirmed it."""
    found = await tx.exec(
        select(Registration)
        .where(
            Registration.id == registration_id,
            Registration.scheme_id == scheme_id,
            Registration.state != RegistrationState.PENDING,
        )
        .with_for_update()
    )
    return found.one_or_none()


async def replace(
    tx: Transaction,
    registration: Registration,
    said: Addressed,
    *,
    becomes: Relationship | None,
    tokens: TokenKey,
    now: datetime,
) -> None:
    """Let each address of `said` wait beside the one that it may take the place of, and ask its holder."""
    contacts = await contacts_of(tx, [said], now=now)
    standings = await standings_of(tx, list(contacts.values()), now=now)
    wanted = [
        contact
        for address in said.addresses
        for contact in [contacts[said.key(address)]]
        if not standings[contact.id].is_suppressed(now)
    ]
    await _forget_earlier(tx, registration, wanted)
    have = (
        await tx.exec(
            select(RegistrationContact.contact_id).where(
                RegistrationContact.registration_id == registration.id
            )
        )
    ).all()
    tx.add_all(
        RegistrationContact(
            registration_id=registration.id,
            contact_id=contact.id,
            channel=contact.channel,
            position=_position(registration, contact.channel),
        )
        for contact in wanted
        if contact.id not in have
    )
    await tx.flush()
    await ask_holders(tx, registration, tokens=tokens, now=now)
    # The last that was asked counts, also for a link that its holder has already.
    await tx.execute(
        update(Confirmation)
        .where(
            col(Confirmation.registration_id) == registration.id,
            col(Confirmation.contact_id).in_([contact.id for contact in wanted]),
            col(Confirmation.purpose) == Purpose.CONFIRM,
            col(Confirmation.used_at).is_(None),
        )
        .values(becomes=becomes)
    )


async def add_inbox(
    tx: Transaction,
    first: Registration,
    said: Addressed,
    sealed_profile: bytes,
    *,
    row: UUID,
    tokens: TokenKey,
    now: datetime,
) -> None:
    """Register a further inbox as `row`, with the choices of `first`, and ask its holder.

    `sealed_profile` lies at `row`. Nothing where the address has one of theirs, or they have enough.
    """
    head = first.belongs_to or first.id
    belonging = await tx.scalar(
        select(func.count()).select_from(Registration).where(Registration.belongs_to == head)
    )
    [contact] = (await contacts_of(tx, [said], now=now)).values()
    if (belonging or 0) >= INBOXES or await _is_theirs(tx, contact, head):
        return
    registration = Registration(
        id=row,
        scheme_id=first.scheme_id,
        number=new_number(),
        kind=first.kind,
        relationship=first.relationship,
        language=first.language,
        contact_by=[contact.channel.value],
        formats=first.formats,
        state=RegistrationState.PENDING,
        sealed_profile=sealed_profile,
        unsubscribe_hash=token_hash(tokens.unsubscribe_token(row, 0)),
        unsubscribe_generation=0,
        lawful_basis=said.scheme.lawful_basis,
        privacy_notice_version=said.scheme.privacy_notice_version,
        created_at=now,
        belongs_to=head,
    )
    topics = await tx.exec(
        select(RegistrationTopic.code).where(RegistrationTopic.registration_id == first.id)
    )
    rows = RegistrationRows(
        registration,
        [RegistrationTopic(registration_id=row, code=code) for code in topics],
        [
            RegistrationContact(
                registration_id=row, contact_id=contact.id, channel=contact.channel, position=0
            )
        ],
    )
    await add_registrations(tx, [rows])
    await ask_holders(tx, registration, tokens=tokens, now=now)


async def _forget_earlier(tx: Transaction, registration: Registration, wanted: Sequence[Contact]) -> None:
    """Of several addresses that wait for one way the last counts; the links to the others are dead."""
    dropped = await tx.execute(
        delete(RegistrationContact)
        .where(
            col(RegistrationContact.registration_id) == registration.id,
            col(RegistrationContact.channel).in_([contact.channel for contact in wanted]),
            col(RegistrationContact.contact_id).not_in([contact.id for contact in wanted]),
            col(RegistrationContact.confirmed_at).is_(None),
        )
        .returning(col(RegistrationContact.contact_id))
    )
    await tx.execute(
        delete(Confirmation).where(
            col(Confirmation.registration_id) == registration.id,
            col(Confirmation.contact_id).in_(list(dropped.scalars())),
            col(Confirmation.purpose) == Purpose.CONFIRM,
            col(Confirmation.state).not_in([ConfirmationState.CLAIMED, ConfirmationState.UNCERTAIN]),
        )
    )


async def _is_theirs(tx: Transaction, contact: Contact, head: UUID) -> bool:
    found = await tx.exec(
        select(Registration.id)
        .join(RegistrationContact, col(RegistrationContact.registration_id) == col(Registration.id))
        .where(
            RegistrationContact.contact_id == contact.id,
            Registration.state != RegistrationState.LEFT,
            (col(Registration.id) == head) | (col(Registration.belongs_to) == head),
        )
    )
    return found.first() is not None


def _position(registration: Registration, channel: Channel) -> int:
    """Its place in the person's own order; behind them all where it is none of their ways yet."""
    ways = registration.contact_by
    return ways.index(channel.value) if channel.value in ways else len(ways)
