"""When somebody was sent an update: for the copy of what is held."""

from collections.abc import Sequence
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import text

from service.database import Transaction

TOLD: Final = text("""
    SELECT m.registration_id, array_agg(DISTINCT CAST(a.started_at AT TIME ZONE 'UTC' AS date)) AS days
    FROM audience_members m
    JOIN deliveries d ON d.update_id = m.update_id AND d.contact_id = m.contact_id
    JOIN attempts a ON a.delivery_id = d.id AND a.outcome = 'accepted'
    WHERE m.registration_id = ANY (:ids)
    GROUP BY m.registration_id
""")


async def days_told(tx: Transaction, registrations: Sequence[UUID]) -> dict[UUID, list[date]]:
    """The days, in order, on which each of these was sent an update."""
    rows = await tx.execute(TOLD, {"ids": list(registrations)})
    return {row.registration_id: list(row.days) for row in rows}
