"""Messages to the holder of one contact, as rows that wait to be sent (`workers.confirm`)."""

from datetime import datetime

from uuid6 import uuid7

from service.crypto.canonical import canonical_json
from service.crypto.sealing import seal
from service.crypto.tokens import TokenKey, find_hash, prove_hash
from service.registrations.places import change_place
from service.registrations.reading_forms import Opened
from service.registrations.states import ConfirmationState
from service.registrations.tables import Confirmation, Contact, Registration
from service.registrations.words import Channel, Language, Purpose


def change_message(
    opened: Opened, contact: Contact, language: Language, *, when: datetime, now: datetime
) -> Confirmation:
    """The message to the holder of a known contact, with what somebody asked for, sealed."""
    made = Confirmation(
        id=uuid7(),
        scheme_id=contact.scheme_id,
        contact_id=contact.id,
        purpose=Purpose.CHANGE,
        language=language,
        state=_first_state(contact),
        try_at=when,
        created_at=now,
    )
    made.sealed_change = seal(
        canonical_json(opened.form.model_dump(mode="json")),
        key=opened.sealing_key,
        place=change_place(made.id),
    )
    return made


def confirming_message(
    contact: Contact,
    registration: Registration,
    *,
    tokens: TokenKey,
    when: datetime,
    now: datetime,
    challenge: str | None = None,
) -> Confirmation:
    """The message that asks the holder of `contact` whether it is theirs.

    `challenge`: for a text, what the caller will send its code with. A letter's is the registration's number.
    """
    made = Confirmation(
        id=uuid7(),
        scheme_id=contact.scheme_id,
        contact_id=contact.id,
        registration_id=registration.id,
        purpose=Purpose.CONFIRM,
        language=registration.language,
        state=_first_state(contact),
        try_at=when,
        created_at=now,
    )
    if contact.channel is Channel.SMS and challenge is not None:
        made.find_hash = find_hash(challenge)
        made.prove_hash = prove_hash(challenge, tokens.digits(made.id))
    if contact.channel is Channel.LETTER:
        made.find_hash = find_hash(registration.number)
        made.prove_hash = prove_hash(registration.number, tokens.letters(made.id))
    return made


def manage_message(contact: Contact, registration: Registration, *, now: datetime) -> Confirmation:
    """The message with a link to see and change what `registration` gets."""
    return Confirmation(
        id=uuid7(),
        scheme_id=contact.scheme_id,
        contact_id=contact.id,
        registration_id=registration.id,
        purpose=Purpose.MANAGE,
        language=registration.language,
        state=ConfirmationState.DUE,
        try_at=now,
        created_at=now,
    )


def _first_state(contact: Contact) -> ConfirmationState:
    return ConfirmationState.TO_RING if contact.channel is Channel.PHONE else ConfirmationState.DUE
