"""The rows of a new registration."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from uuid6 import uuid7

from service.crypto.canonical import canonical_json
from service.crypto.sealing import seal
from service.crypto.tokens import SAYABLE, TokenKey, token_hash
from service.database import Transaction
from service.registrations.places import profile_place
from service.registrations.reading_forms import ContactKey, Opened
from service.registrations.states import RegistrationState
from service.registrations.tables import Contact, Registration, RegistrationContact, RegistrationTopic


@dataclass(frozen=True)
class RegistrationRows:
    registration: Registration
    topics: list[RegistrationTopic]
    contacts: list[RegistrationContact]


async def add_registrations(tx: Transaction, rows: Sequence[RegistrationRows]) -> None:
    """Store new registrations: three statements, however many there are."""
    # Registrations first, by hand: without relationships SQLAlchemy does not know what has to precede.
    tx.add_all(each.registration for each in rows)
    await tx.flush()
    tx.add_all(topic for each in rows for topic in each.topics)
    tx.add_all(contact for each in rows for contact in each.contacts)
    await tx.flush()


def registration_rows(
    opened: Opened,
    *,
    contacts: Mapping[ContactKey, Contact],
    tokens: TokenKey,
    now: datetime,
    confirmed_at: UUID | None = None,
    imported_in: UUID | None = None,
) -> RegistrationRows:
    """A registration as `opened` asks for it: pending, or confirmed at the contact with this id.

    One that a list brings in is confirmed at each of its contacts, and awaits its notice.
    """
    registration_id = uuid7()
    form, scheme = opened.form, opened.scheme
    registration = Registration(
        id=registration_id,
        scheme_id=scheme.id,
        number=new_number(),
        kind=form.kind,
        relationship=form.relationship,
        language=form.language,
        contact_by=[way.value for way in form.contact_by],
        formats=[need.value for need in form.formats],
        state=RegistrationState.CONFIRMED if confirmed_at or imported_in else RegistrationState.PENDING,
        sealed_profile=sealed_profile(opened, registration_id),
        unsubscribe_hash=token_hash(tokens.unsubscribe_token(registration_id, 0)),
        unsubscribe_generation=0,
        lawful_basis=scheme.lawful_basis,
        privacy_notice_version=scheme.privacy_notice_version,
        created_at=now,
        given_by=opened.given_by,
        confirmed_at=now if confirmed_at or imported_in else None,
        imported_in=imported_in,
        awaits_notice=imported_in is not None,
    )
    links = [
        RegistrationContact(
            registration_id=registration_id,
            contact_id=contact.id,
            channel=address.channel,
            position=position,
            confirmed_at=now if imported_in or contact.id == confirmed_at else None,
        )
        for position, address in enumerate(opened.addresses)
        for contact in [contacts[opened.key(address)]]
    ]
    topics = [RegistrationTopic(registration_id=registration_id, code=code) for code in form.topics]
    return RegistrationRows(registration, topics, links)


def sealed_profile(opened: Opened, registration_id: UUID) -> bytes:
    """Name and organisation, sealed apart from the addresses: sending opens one of them only."""
    form = opened.form
    profile = {"name": form.name, "organisation": form.organisation}
    return seal(canonical_json(profile), key=opened.sealing_key, place=profile_place(registration_id))


def new_number() -> str:
    """A registration number that can be said on the telephone: `KI-7F3K-9QXM`. It gives no access."""
    letters = [secrets.choice(SAYABLE) for _ in range(8)]
    return f"KI-{''.join(letters[:4])}-{''.join(letters[4:])}"
