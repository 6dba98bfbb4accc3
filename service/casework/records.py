"""Registrations as caseworkers see them before a reveal: everything but who it is.

The staff process reads no row of a person's: the owner's function gives just this
(`migrations/sql/0015_one_person.sql`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text

from service.casework.tables import RevealPurpose
from service.database import Transaction
from service.errors import NotFound
from service.registrations.preferences import Preferences
from service.registrations.states import RegistrationState
from service.registrations.words import Channel, ContactBy, Format, GivenBy, Kind, Language, Relationship

RECORDS: Final = text("SELECT * FROM records_of(CAST(:ids AS uuid[]))")

REVEALS: Final = text("""
    SELECT revealed_to, purpose, reference, revealed_at FROM reveals
    WHERE registration_id = :registration ORDER BY revealed_at DESC, id DESC LIMIT 50
""")


class NoSuchRegistration(NotFound):
    """There is no such registration. It may have been erased."""

    code = "no-such-registration"


@dataclass(frozen=True, slots=True)
class Way:
    """One way of reaching them, without the address."""

    channel: Channel
    confirmed: bool
    stopped: str | None
    """`permanent-failure` or `do-not-contact`: nothing is sent there."""


@dataclass(frozen=True, slots=True)
class Record:
    """One registration, without a detail."""

    id: UUID
    preferences: Preferences
    relationship: Relationship | None
    given_by: GivenBy | None
    registered_at: datetime
    confirmed_at: datetime | None
    left_at: datetime | None
    belongs: bool
    """To an organisation's first registration, as a further inbox."""
    ways: tuple[Way, ...]


@dataclass(frozen=True, slots=True)
class Seen:
    """That somebody saw their details."""

    by: str
    purpose: RevealPurpose
    reference: str
    at: datetime


async def records_of(tx: Transaction, ids: Sequence[UUID]) -> list[Record]:
    """The records of up to a hundred registrations, oldest first. Whoever is gone is left out."""
    return [_record(row) for row in await tx.execute(RECORDS, {"ids": list(ids)})] if ids else []


async def record_of(tx: Transaction, registration: UUID) -> Record:
    """One record. Raises `NoSuchRegistration`."""
    found = await records_of(tx, [registration])
    if not found:
        raise NoSuchRegistration
    return found[0]


async def reveals_of(tx: Transaction, registration: UUID) -> list[Seen]:
    """Who saw their details: the last fifty times, newest first."""
    rows = await tx.execute(REVEALS, {"registration": registration})
    return [Seen(row.revealed_to, RevealPurpose(row.purpose), row.reference, row.revealed_at) for row in rows]


def _record(row: Any) -> Record:
    ways = tuple(Way(Channel(each["channel"]), each["confirmed"], each["stopped"]) for each in row.ways)
    return Record(
        id=row.id,
        preferences=Preferences(
            scheme=row.scheme,
            number=row.number,
            status=RegistrationState(row.state),
            kind=Kind(row.kind),
            language=Language(row.language),
            topics=tuple(row.topics),
            contact_by=tuple(ContactBy(way) for way in row.contact_by),
            formats=tuple(Format(need) for need in row.formats),
            paused_until=row.paused_until,
            confirmed_ways=frozenset(ContactBy(way.channel) for way in ways if way.confirmed),
            waiting_ways=frozenset(ContactBy(way.channel) for way in ways if not way.confirmed),
        ),
        relationship=Relationship(row.relationship) if row.relationship else None,
        given_by=GivenBy(row.given_by) if row.given_by else None,
        registered_at=row.registered_at,
        confirmed_at=row.confirmed_at,
        left_at=row.left_at,
        belongs=row.belongs,
        ways=ways,
    )
