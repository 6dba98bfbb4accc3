"""The rows of a new registration."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from uuid6 import uuid7

from service.crypto.canonical import canonical_json
from service.crypto.sealing import seal
from service.crypto.tokens import TokenKey, token_hash
from service.database import Transaction
from service.registrations.places import profile_place
from service.registrations.reading_forms import Opened
from service.registrations.states import RegistrationState
from service.registrations.tables import Contact, Registration, RegistrationContact, RegistrationTopic
from service.registrations.words import Channel, ContactBy

SAYABLE: Final = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Without the letters and digits that are taken for one another on the telephone."""


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
    contacts: Mapping[tuple[UUID, str, bytes], Contact],
    tokens: TokenKey,
    now: datetime,
    confirmed: bool = False,
) -> RegistrationRows:
    """A registration as `opened` asks for it: pending, or confirmed at its email address."""
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
        state=RegistrationState.CONFIRMED if confirmed else RegistrationState.PENDING,
        sealed_profile=sealed_profile(opened, registration_id),
        unsubscribe_hash=token_hash(tokens.unsubscribe_token(registration_id, 0)),
        unsubscribe_generation=0,
        lawful_basis=scheme.lawful_basis,
        privacy_notice_version=scheme.privacy_notice_version,
        created_at=now,
        confirmed_at=now if confirmed else None,
    )
    order = {way: position for position, way in enumerate(form.contact_by)}
    links = [
        RegistrationContact(
            registration_id=registration_id,
            contact_id=contacts[(scheme.id, address.channel.value, address.index)].id,
            channel=address.channel,
            position=order[ContactBy(address.channel.value)],
            confirmed_at=now if confirmed and address.channel is Channel.EMAIL else None,
        )
        for address in opened.addresses
    ]
    topics = [RegistrationTopic(registration_id=registration_id, code=code) for code in form.topics]
    return RegistrationRows(registration, topics, links)


def sealed_profile(opened: Opened, registration_id: UUID) -> bytes:
    """Name, organisation and a number for calls, sealed apart from the address: sending opens one only."""
    form = opened.form
    profile = {"name": form.name, "organisation": form.organisation, "mobile": form.mobile}
    return seal(canonical_json(profile), key=opened.sealing_key, place=profile_place(registration_id))


def new_number() -> str:
    """A registration number that can be said on the telephone: `KI-7F3K-9QXM`. It gives no access."""
    letters = [secrets.choice(SAYABLE) for _ in range(8)]
    return f"KI-{''.join(letters[:4])}-{''.join(letters[4:])}"
