"""People put straight into their tables, for tests in which nothing of theirs is opened."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import psycopg
from psycopg import sql

from tests.harness.people import now


@dataclass
class Directory:
    """One scheme's people, as the owner of the database can make them."""

    connection: psycopg.Connection[tuple[Any, ...]]
    scheme: UUID

    def contact(self, *, channel: str = "email", suppressed: bool = False) -> UUID:
        contact = uuid4()
        self.connection.execute(
            """INSERT INTO contacts (id, scheme_id, channel, blind_index, place_index, sealed, created_at,
                asked_at, suppressed_at)
            SELECT %s, %s, channel, index, CASE channel WHEN 'letter' THEN index END, 'x', now(), '{}',
                CASE WHEN %s THEN now() END FROM (SELECT %s AS channel, %s::bytea AS index) AS made""",
            (contact, self.scheme, suppressed, channel, secrets.token_bytes(32)),
        )
        return contact

    def person(
        self,
        *,
        kind: str = "individual",
        language: str = "en",
        topics: Sequence[str] = ("eligibility",),
        formats: Sequence[str] = (),
        state: str = "confirmed",
        contact_confirmed: bool = True,
        paused_until: datetime | None = None,
        at: UUID | None = None,
    ) -> UUID:
        """A registration, at a contact of its own or the one given; its id."""
        person, contact = uuid4(), at or self.contact()
        row = {
            "id": person,
            "scheme_id": self.scheme,
            "number": str(person),
            "kind": kind,
            "relationship": "family" if kind == "representative" else None,
            "language": language,
            "contact_by": ["email"],
            "formats": list(formats),
            "state": state,
            "sealed_profile": b"x",
            "unsubscribe_hash": secrets.token_bytes(32),
            "unsubscribe_generation": 0,
            "lawful_basis": "public task",
            "privacy_notice_version": "1",
            "created_at": now(),
            "confirmed_at": now() if state == "confirmed" else None,
            "left_at": now() if state == "left" else None,
            "paused_until": paused_until,
        }
        self.connection.execute(
            sql.SQL("INSERT INTO registrations ({}) VALUES ({})").format(
                sql.SQL(", ").join(map(sql.Identifier, row)), sql.SQL(", ").join(map(sql.Placeholder, row))
            ),
            row,
        )
        for topic in topics:
            self.connection.execute("INSERT INTO registration_topics VALUES (%s, %s)", (person, topic))
        self.reach(person, contact, position=0, confirmed=contact_confirmed)
        return person

    def reach(self, person: UUID, contact: UUID, *, position: int, confirmed: bool = True) -> None:
        """Let a person be reached at a contact, as the first or a later one of their own order."""
        self.connection.execute(
            """INSERT INTO registration_contacts (registration_id, contact_id, channel, position,
                confirmed_at)
            SELECT %s, id, channel, %s, CASE WHEN %s THEN now() END FROM contacts WHERE id = %s""",
            (person, position, confirmed, contact),
        )

    def people(self, count: int) -> list[UUID]:
        return [self.person() for _ in range(count)]

    def members(self, update: UUID) -> set[UUID]:
        """The registrations that an update is frozen to."""
        rows = self.connection.execute(
            "SELECT registration_id FROM audience_members WHERE update_id = %s", (update,)
        )
        return {row[0] for row in rows}

    def deliveries(self, update: UUID) -> int:
        row = self.connection.execute(
            "SELECT count(*) FROM deliveries WHERE update_id = %s", (update,)
        ).fetchone()
        assert row is not None
        return int(row[0])
