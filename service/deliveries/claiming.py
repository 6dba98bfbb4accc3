"""Claiming: a worker takes deliveries, with their attempts written down, before it hands anything over."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import text

from service.database import Transaction
from service.registrations.words import Channel, Language

LEASE: Final = timedelta(seconds=100)
"""Longer than a token's life (30 s) and the deadline of a whole call (65 s) together."""

# One statement: the rows, their attempts, and what is needed to send them. Nothing is claimed while a
# hold is set, before its time, or where the approval is not of these very words and people.
CLAIM = text("""
    WITH due AS (
        SELECT d.id FROM deliveries d
        WHERE d.update_id = :update AND d.state = 'planned'
            AND NOT EXISTS (
                SELECT FROM holds WHERE lifted_at IS NULL AND (ends_at IS NULL OR ends_at > now())
            )
            AND EXISTS (
                SELECT FROM updates u
                JOIN update_versions v ON v.update_id = u.id AND v.version = u.version
                WHERE u.id = :update AND u.state = 'sending' AND u.not_before <= :now
                    AND (u.word_at IS NOT NULL OR NOT v.content -> 'window' @> '{"on_word": true}') AND (
                    -- One recipient needs no senior, by however many of their channels they are told.
                    (SELECT count(*) FROM (
                        SELECT FROM audience_members WHERE update_id = :update LIMIT 2
                    ) AS first_two) = 1
                    OR EXISTS (
                        SELECT FROM approvals a
                        WHERE a.update_id = u.id AND a.version = u.version AND a.decision = 'approve'
                            AND a.content_sha256 = v.content_sha256
                            AND a.audience_sha256 = u.audience_sha256
                    )
                )
            )
        ORDER BY d.id LIMIT :limit
        FOR UPDATE OF d SKIP LOCKED
    ), claimed AS (
        UPDATE deliveries d
        SET state = 'claimed', attempts = d.attempts + 1, lease_until = :lease_until, changed_at = :now
        WHERE d.id = ANY (ARRAY(SELECT id FROM due))
        RETURNING d.id, d.channel, d.contact_id, d.attempts
    ), tried AS (
        INSERT INTO attempts (id, delivery_id, number, reference, started_at, misses)
        SELECT gen_random_uuid(), id, attempts, 'd-' || id || '-' || attempts, :now, 0 FROM claimed
    )
    SELECT c.id, c.attempts, 'd-' || c.id || '-' || c.attempts AS reference, c.channel, c.contact_id,
        k.sealed, k.suppressed_at IS NOT NULL AS suppressed,
        (
            SELECT array_agg(r.id || '/' || r.unsubscribe_generation || '/' || r.language)
            FROM (
                SELECT registration_id FROM audience_members
                    WHERE update_id = :update AND contact_id = c.contact_id
                UNION
                SELECT registration_id FROM passed_on
                    WHERE update_id = :update AND contact_id = c.contact_id
            ) m
            JOIN registrations r ON r.id = m.registration_id
            JOIN registration_contacts rc ON rc.registration_id = r.id AND rc.contact_id = c.contact_id
            WHERE r.state = 'confirmed' AND rc.confirmed_at IS NOT NULL
                AND (r.paused_until IS NULL OR r.paused_until <= :now)
        ) AS people
    FROM claimed c
    LEFT JOIN contacts k ON k.id = c.contact_id
""")

# For a while after an update was frozen PostgreSQL has no statistics of it. It would read and sort all that
# is planned, for every claim, where the index has it in order (docs/performance.md).
IN_THE_ORDER_OF_THE_INDEX = text("SET LOCAL enable_sort = off")

SENT_LATELY = text("""
    SELECT EXISTS (SELECT FROM attempts WHERE started_at > :since)
        OR EXISTS (SELECT FROM confirmations WHERE sent_at > :since)
""")


class Person(NamedTuple):
    """One of those who are told at a contact: what their unsubscribe link is made of, and their language."""

    registration: UUID
    generation: int
    language: Language


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery that this worker may hand over until its lease ends."""

    delivery: UUID
    number: int
    reference: str
    channel: Channel
    contact: UUID
    sealed: bytes | None = field(repr=False)
    """None where the contact is gone."""
    suppressed: bool
    people: tuple[Person, ...]
    """Those who are still to be told; none where everybody has left."""


async def claim(tx: Transaction, update_id: UUID, *, limit: int, now: datetime) -> list[Claimed]:
    """Take up to `limit` deliveries of one update, oldest first. Concurrent callers never share a row."""
    await tx.execute(IN_THE_ORDER_OF_THE_INDEX)
    rows = await tx.execute(
        CLAIM, {"update": update_id, "limit": limit, "now": now, "lease_until": now + LEASE}
    )
    return [
        Claimed(
            delivery=row.id,
            number=row.attempts,
            reference=row.reference,
            channel=Channel(row.channel),
            contact=row.contact_id,
            sealed=bytes(row.sealed) if row.sealed is not None else None,
            suppressed=bool(row.suppressed),
            people=_people(row.people or ()),
        )
        for row in rows
    ]


async def sent_lately(tx: Transaction, *, now: datetime) -> bool:
    """Whether anything was handed over in the last minute."""
    return bool(await tx.scalar(SENT_LATELY, {"since": now - timedelta(minutes=1)}))


def _people(texts: Sequence[str]) -> tuple[Person, ...]:
    parts = (text.split("/") for text in sorted(texts))
    return tuple(Person(UUID(each[0]), int(each[1]), Language(each[2])) for each in parts)
