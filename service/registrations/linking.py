"""A link to see and change one's choices, for whoever holds an address that is registered. Workers only.

Anybody can ask for any address; only its holder gets anything, and that not too often.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import func, tuple_
from sqlalchemy import select as sa_select
from sqlmodel import col, select

from service.database import Transaction
from service.registrations.messages import manage_message
from service.registrations.reading_forms import ContactKey
from service.registrations.states import RegistrationState
from service.registrations.tables import Confirmation, Contact, Registration, RegistrationContact
from service.registrations.words import Purpose

ONE_EVERY: Final = timedelta(hours=1)
THREE_EVERY: Final = timedelta(days=1)
AT_MOST: Final = 3
REGISTRATIONS: Final = 5
"""How many of those who share an address get a link, those who came first."""


async def send_links(tx: Transaction, asked: Collection[ContactKey], *, now: datetime) -> None:
    """A message for each confirmed registration at these contacts.

    None where the contact is unknown, suppressed, or was sent a link in the last hour or three in a day.
    """
    contacts = (
        await tx.exec(
            select(Contact)
            .where(
                tuple_(col(Contact.scheme_id), col(Contact.channel), col(Contact.blind_index)).in_(
                    list(asked)
                ),
                col(Contact.suppressed_at).is_(None),
            )
            .order_by(col(Contact.id))
            .with_for_update()
        )
    ).all()
    sent = await _sent_to(tx, [contact.id for contact in contacts], now=now)
    may = {contact.id: contact for contact in contacts if _may_be_sent(sent.get(contact.id, []), now)}
    rows = await tx.exec(
        select(Registration, RegistrationContact.contact_id)
        .join(RegistrationContact, col(RegistrationContact.registration_id) == col(Registration.id))
        .where(
            col(RegistrationContact.contact_id).in_(list(may)),
            col(RegistrationContact.confirmed_at).is_not(None),
            Registration.state == RegistrationState.CONFIRMED,
        )
        .order_by(col(Registration.created_at))
    )
    there: dict[UUID, list[Registration]] = {}
    for registration, contact_id in rows:
        there.setdefault(contact_id, []).append(registration)
    tx.add_all(
        manage_message(may[contact_id], registration, now=now)
        for contact_id, registrations in there.items()
        for registration in registrations[:REGISTRATIONS]
    )
    await tx.flush()


async def _sent_to(tx: Transaction, contacts: Sequence[UUID], *, now: datetime) -> dict[UUID, list[datetime]]:
    """When links were made for each contact in the last day. Those for several people are made at once."""
    rows = await tx.execute(
        sa_select(col(Confirmation.contact_id), func.array_agg(func.distinct(col(Confirmation.created_at))))
        .where(
            col(Confirmation.contact_id).in_(contacts),
            col(Confirmation.purpose) == Purpose.MANAGE,
            col(Confirmation.created_at) > now - THREE_EVERY,
        )
        .group_by(col(Confirmation.contact_id))
    )
    return {contact_id: list(moments) for contact_id, moments in rows}


def _may_be_sent(moments: Sequence[datetime], now: datetime) -> bool:
    return len(moments) < AT_MOST and all(moment <= now - ONE_EVERY for moment in moments)
