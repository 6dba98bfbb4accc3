"""What is known of a contact when somebody registers it, and whether its holder may be asked."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from service.database import Transaction
from service.registrations.asking import may_be_asked_at
from service.registrations.states import ConfirmationState, RegistrationState
from service.registrations.tables import Confirmation, Contact, Registration, RegistrationContact
from service.registrations.words import Language, Purpose

AFTER_A_BOUNCE: Final = timedelta(days=30)
"""How long an address that bounced is left alone, whoever registers it."""
DO_NOT_CONTACT: Final = "do-not-contact"
"""Why an address is never written to, until the person asks staff."""


@dataclass
class Standing:
    """What is known of one contact, under its lock."""

    contact: Contact
    confirmed_language: Language | None = None
    """The language of a registration that is confirmed here; None where there is none."""
    pending: list[UUID] = field(default_factory=list)
    """Registrations that nobody has confirmed, of which this is the first contact."""
    waiting: list[UUID] = field(default_factory=list)
    """Messages that have not been sent."""
    link_in_hand: bool = False
    """A message was sent, or may have been, and its link still works."""

    def is_suppressed(self, now: datetime) -> bool:
        since = self.contact.suppressed_at
        if since is None:
            return False
        return self.contact.suppressed_why == DO_NOT_CONTACT or now - since < AFTER_A_BOUNCE

    def ask_at(self, now: datetime) -> datetime | None:
        """When to ask its holder; None where nothing is to be sent.

        Whoever has a link that works gets no second one within the limits; whoever has none waits for
        them, and is not lost.
        """
        if self.is_suppressed(now):
            return None
        when = may_be_asked_at(self.contact.asked_at, now)
        return None if self.link_in_hand and when > now else when


async def standings_of(
    tx: Transaction, contacts: Sequence[Contact], *, now: datetime
) -> dict[UUID, Standing]:
    """The standing of each contact, by its id: two queries, however many there are."""
    standings = {contact.id: Standing(contact) for contact in contacts}
    people = await tx.execute(
        select(
            col(RegistrationContact.contact_id),
            col(RegistrationContact.position),
            col(RegistrationContact.confirmed_at),
            col(Registration.id),
            col(Registration.state),
            col(Registration.language),
        )
        .join(Registration, col(Registration.id) == col(RegistrationContact.registration_id))
        .where(
            col(RegistrationContact.contact_id).in_(list(standings)),
            col(Registration.state).in_([RegistrationState.PENDING, RegistrationState.CONFIRMED]),
        )
        .order_by(col(Registration.created_at).desc())
    )
    for contact_id, position, confirmed_at, registration_id, state, language in people:
        if state is RegistrationState.PENDING and position == 0:
            standings[contact_id].pending.append(registration_id)
        elif confirmed_at is not None:
            standings[contact_id].confirmed_language = language
    unanswered = await tx.execute(
        select(
            col(Confirmation.contact_id),
            col(Confirmation.id),
            col(Confirmation.state),
            col(Confirmation.expires_at),
        ).where(
            col(Confirmation.contact_id).in_(list(standings)),
            col(Confirmation.purpose).in_([Purpose.CONFIRM, Purpose.CHANGE]),
            col(Confirmation.used_at).is_(None),
        )
    )
    for contact_id, confirmation_id, stands, expires_at in unanswered:
        if stands in {ConfirmationState.DUE, ConfirmationState.TO_RING}:
            standings[contact_id].waiting.append(confirmation_id)
        elif stands in {ConfirmationState.CLAIMED, ConfirmationState.UNCERTAIN} or (
            stands is ConfirmationState.SENT and expires_at is not None and expires_at > now
        ):
            standings[contact_id].link_in_hand = True
    return standings
