"""Opens what is held of people, for the jobs that show it to one caseworker or seal it into one list."""

import json
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from service.database import Transaction
from service.registrations.copying import Held, held_of
from service.registrations.places import contact_place, profile_place
from service.registrations.states import RegistrationState
from service.registrations.words import Channel, ContactBy, Format, Kind, Language, Relationship
from workers.context import WorkerContext
from workers.unsealing import Keyring


@dataclass(frozen=True, slots=True)
class OpenedContact:
    """One address of theirs, in the clear. Its `repr` does not show it."""

    channel: Channel
    text: str = field(repr=False)
    """An email address, a number in E.164, or the lines of a letter's address, the name first."""
    confirmed: bool
    suppressed: bool


@dataclass(frozen=True, slots=True)
class OpenedPerson:
    """Everything of one registration, in the clear. Its `repr` shows no detail."""

    id: UUID
    number: str
    state: RegistrationState
    kind: Kind
    relationship: Relationship | None
    language: Language
    topics: tuple[str, ...]
    contact_by: tuple[ContactBy, ...]
    formats: tuple[Format, ...]
    registered_at: datetime
    name: str | None = field(repr=False)
    organisation: str | None = field(repr=False)
    contacts: tuple[OpenedContact, ...] = field(repr=False)
    """In the person's own order; one that waits to be confirmed may stand beside the one it would replace."""

    @property
    def email(self) -> str | None:
        """Where emails to them go."""
        return self._first(Channel.EMAIL)

    @property
    def mobile(self) -> str | None:
        """Their number in E.164, for texts or calls."""
        return self._first(Channel.SMS, Channel.PHONE)

    @property
    def postal_address(self) -> str | None:
        """The lines of a letter's address, the name first."""
        return self._first(Channel.LETTER)

    def _first(self, *channels: Channel) -> str | None:
        """The confirmed one, else one that waits."""
        of_these = [each for each in self.contacts if each.channel in channels]
        return next((each.text for each in sorted(of_these, key=lambda each: not each.confirmed)), None)


async def open_people(
    context: WorkerContext, tx: Transaction, ids: Collection[UUID]
) -> dict[UUID, OpenedPerson]:
    """Everything that is held of these registrations, by id and in their order: one query.

    Whoever is gone is not in it. Raises `CannotOpen`.
    """
    held = await held_of(tx, list(ids), now=context.clock.now())
    return {each: _opened(held[each], context.keys) for each in ids if each in held}


def _opened(held: Held, keys: Keyring) -> OpenedPerson:
    profile = json.loads(keys.open(held.sealed_profile, profile_place(held.id)))
    return OpenedPerson(
        id=held.id,
        number=held.number,
        state=held.state,
        kind=held.kind,
        relationship=held.relationship,
        language=held.language,
        topics=held.topics,
        contact_by=held.contact_by,
        formats=held.formats,
        registered_at=held.created_at,
        name=profile["name"],
        organisation=profile["organisation"],
        contacts=tuple(
            OpenedContact(
                each.channel,
                keys.open(each.sealed, contact_place(each.id)).decode(),
                each.confirmed,
                each.suppressed,
            )
            for each in held.contacts
        ),
    )
