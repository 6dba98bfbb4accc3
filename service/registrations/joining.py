"""Further contacts of a registration: each joins once its own holder has confirmed it."""

from datetime import datetime

from sqlalchemy import delete
from sqlmodel import col, select

from service.crypto.tokens import TokenKey
from service.database import Transaction
from service.registrations.messages import confirming_message
from service.registrations.standings import standings_of
from service.registrations.tables import Confirmation, Contact, Registration, RegistrationContact


async def ask_holders(
    tx: Transaction,
    registration: Registration,
    *,
    tokens: TokenKey,
    challenge: str | None = None,
    now: datetime,
) -> None:
    """Ask the holder of each contact that has not confirmed, within the limits of each address."""
    contacts = (
        await tx.exec(
            select(Contact)
            .join(RegistrationContact, col(RegistrationContact.contact_id) == col(Contact.id))
            .where(
                RegistrationContact.registration_id == registration.id,
                col(RegistrationContact.confirmed_at).is_(None),
            )
            .order_by(col(Contact.id))
            .with_for_update(of=Contact)
        )
    ).all()
    standings = await standings_of(tx, contacts, now=now)
    asked = [(standing, standing.ask_at(now)) for standing in standings.values()]
    waiting = [each for standing, when in asked if when is not None for each in standing.waiting]
    if waiting:
        await tx.execute(delete(Confirmation).where(col(Confirmation.id).in_(waiting)))
    tx.add_all(
        confirming_message(
            standing.contact, registration, tokens=tokens, challenge=challenge, when=when, now=now
        )
        for standing, when in asked
        if when is not None
    )
    await tx.flush()
