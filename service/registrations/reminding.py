"""One reminder for each contact that has not been confirmed; then it is forgotten."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import and_, or_
from sqlmodel import col, select

from service.crypto.tokens import TokenKey
from service.database import Transaction
from service.registrations.messages import confirming_message
from service.registrations.states import ConfirmationState
from service.registrations.tables import Confirmation, Contact, Registration, RegistrationContact
from service.registrations.words import Channel, Purpose

AFTER: Final = timedelta(days=3)
AFTER_A_LETTER: Final = timedelta(days=28)
AT_LEAST: Final = timedelta(days=1)
"""How long a link has to work still: else a reminder would only annoy."""
BATCH: Final = 200


async def remind(tx: Transaction, *, tokens: TokenKey, now: datetime) -> int:
    """Make the reminders whose time has come, up to a batch; how many.

    Each is a message with a link of its own, so that the first one goes on working. It ends when the first
    one ends: nobody who does not answer is kept longer for having been reminded.
    """
    silent = (
        await tx.exec(
            select(Confirmation, Contact, Registration)
            .join(Contact, col(Contact.id) == col(Confirmation.contact_id))
            .join(Registration, col(Registration.id) == col(Confirmation.registration_id))
            .join(
                RegistrationContact,
                and_(
                    col(RegistrationContact.registration_id) == col(Registration.id),
                    col(RegistrationContact.contact_id) == col(Contact.id),
                ),
            )
            .where(
                Confirmation.state == ConfirmationState.SENT,
                col(Confirmation.reminded).is_(False),
                Confirmation.purpose == Purpose.CONFIRM,
                col(Confirmation.used_at).is_(None),
                col(Confirmation.expires_at) > now + AT_LEAST,
                or_(
                    col(Confirmation.sent_at) <= now - AFTER_A_LETTER,
                    and_(col(Confirmation.sent_at) <= now - AFTER, col(Contact.channel) != Channel.LETTER),
                ),
                col(RegistrationContact.confirmed_at).is_(None),
                col(Contact.suppressed_at).is_(None),
            )
            .order_by(col(Confirmation.sent_at))
            .limit(BATCH)
            .with_for_update(of=Confirmation, skip_locked=True)
        )
    ).all()
    for first, contact, registration in silent:
        first.reminded = True
        reminder = confirming_message(contact, registration, tokens=tokens, when=now, now=now)
        reminder.reminded = reminder.reminds = True
        reminder.becomes = first.becomes
        reminder.expires_at = first.expires_at
        tx.add(first)
        tx.add(reminder)
    await tx.flush()
    return len(silent)
