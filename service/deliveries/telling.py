"""What somebody was sent: for the copy of what is held, and for a caseworker who looks at their record."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import text

from service.database import Transaction
from service.deliveries.states import DeliveryState
from service.registrations.words import Channel

TOLD: Final = text("""
    SELECT m.registration_id, array_agg(DISTINCT CAST(a.started_at AT TIME ZONE 'UTC' AS date)) AS days
    FROM audience_members m
    JOIN deliveries d ON d.update_id = m.update_id AND d.contact_id = m.contact_id
    JOIN attempts a ON a.delivery_id = d.id AND a.outcome = 'accepted'
    WHERE m.registration_id = ANY (:ids)
    GROUP BY m.registration_id
""")

# Each update once: by what became of the last message that was for them.
UPDATES: Final = text("""
    SELECT u.id, v.content ->> 'title' AS title, coalesce(later.channel, m.channel) AS channel,
        coalesce(later.state, d.state) AS state, coalesce(later.changed_at, d.changed_at) AS at
    FROM audience_members m
    JOIN updates u ON u.id = m.update_id
    JOIN update_versions v ON v.update_id = u.id AND v.version = u.version
    LEFT JOIN deliveries d ON d.update_id = m.update_id AND d.contact_id = m.contact_id
    LEFT JOIN LATERAL (
        SELECT n.channel, n.state, n.changed_at FROM passed_on p
        JOIN deliveries n ON n.update_id = p.update_id AND n.contact_id = p.contact_id
        WHERE p.update_id = m.update_id AND p.registration_id = m.registration_id
        ORDER BY p.passed_at DESC LIMIT 1
    ) later ON true
    WHERE m.registration_id = :registration AND u.state IN ('sending', 'halted', 'sent')
    ORDER BY u.sending_since DESC NULLS LAST, u.id LIMIT 50
""")


@dataclass(frozen=True, slots=True)
class UpdateTo:
    """One update that they belonged to the audience of, and what became of it for them."""

    id: UUID
    title: str
    channel: Channel
    state: DeliveryState | None
    """None where there was no message: somebody rings, or sends a format."""
    at: datetime | None


async def days_told(tx: Transaction, registrations: Sequence[UUID]) -> dict[UUID, list[date]]:
    """The days, in order, on which each of these was sent an update."""
    rows = await tx.execute(TOLD, {"ids": list(registrations)})
    return {row.registration_id: list(row.days) for row in rows}


async def updates_to(tx: Transaction, registration: UUID) -> list[UpdateTo]:
    """The last fifty updates that were for them, newest first."""
    return [
        UpdateTo(
            row.id,
            row.title,
            Channel(row.channel),
            DeliveryState(row.state) if row.state is not None else None,
            row.at,
        )
        for row in await tx.execute(UPDATES, {"registration": registration})
    ]
