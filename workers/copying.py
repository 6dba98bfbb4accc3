"""Makes the copy of what is held of a person, as it is when it leaves."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from service.database import Transaction
from service.deliveries.telling import days_told
from service.notify.details import Details, find_details, redact
from service.notify.guard import Allowed
from service.registrations.claiming import ClaimedConfirmation
from service.registrations.copying import Held, Opened, copy_words, held_of
from service.registrations.places import contact_place, profile_place
from service.registrations.wording import Written
from service.registrations.words import Channel, Purpose
from service.schemes.reading import SchemeView
from workers.unsealing import Keyring


@dataclass(frozen=True)
class Copied:
    """What is held of one person, and when they were sent updates."""

    held: Held
    told: Sequence[date]


@dataclass(frozen=True)
class Copy:
    """A copy in words, and the details in it, which are all the person's own."""

    written: Written
    own_details: frozenset[str]


async def read(
    tx: Transaction, claimed: Sequence[ClaimedConfirmation], *, now: datetime
) -> dict[UUID, Copied]:
    """What the copies among these messages are of, by registration."""
    asked = [
        each.registration_id for each in claimed if each.purpose is Purpose.COPY and each.registration_id
    ]
    if not asked:
        return {}
    held, told = await held_of(tx, asked, now=now), await days_told(tx, asked)
    return {each: Copied(held[each], told.get(each, [])) for each in asked if each in held}


def write_copy(
    copied: Copied, claimed: ClaimedConfirmation, scheme: SchemeView, allowed: Allowed, keys: Keyring
) -> Copy:
    """One copy, in the language of the message. Raises `CannotOpen`.

    A detail that is in what they typed and is none of their contacts is blacked out: who wrote a
    stranger's number where a name is asked for does not get a message with it from us.
    """
    held = copied.held
    contacts = tuple(
        (contact, keys.open(contact.sealed, contact_place(contact.id)).decode()) for contact in held.contacts
    )
    own = find_details(
        "\n".join(plain for contact, plain in contacts if contact.channel is not Channel.LETTER)
    )
    profile = json.loads(keys.open(held.sealed_profile, profile_place(held.id)))

    def theirs(typed: str | None) -> str | None:
        return typed and redact(typed, emails=own.emails | allowed.emails, phones=own.phones | allowed.phones)

    written = copy_words(
        held,
        Opened(
            name=theirs(profile["name"]),
            organisation=theirs(profile["organisation"]),
            contacts=tuple(
                (contact, theirs(plain) or "" if contact.channel is Channel.LETTER else plain)
                for contact, plain in contacts
            ),
        ),
        copied.told,
        language=claimed.language,
        channel=claimed.channel,
        scheme=scheme.name[claimed.language.value],
        topics={
            topic.code: topic.en if claimed.language.value == "en" else topic.cy for topic in scheme.topics
        },
    )
    return Copy(written, own_details=_index_forms(own))


def _index_forms(own: Details) -> frozenset[str]:
    return own.emails | own.phones
