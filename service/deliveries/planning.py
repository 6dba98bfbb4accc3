"""Freezing the people of an update: one `INSERT … SELECT` for its members, one for its deliveries.

Done by a worker when the update is submitted, so that the approver sees the real count and sending
starts at once at any size. Two people who share an address are two members and one delivery.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Uuid, delete, insert, literal, text
from sqlmodel import col

from service.database import Transaction
from service.deliveries.tables import Delivery
from service.registrations.recipients import AudienceRule, reachable_people
from service.registrations.words import Channel
from service.updates.tables import AudienceMember

ONE_DELIVERY_A_CONTACT = text("""
    INSERT INTO deliveries (id, update_id, contact_id, channel, state, attempts, changed_at)
    SELECT gen_random_uuid(), update_id, contact_id, min(channel), 'planned', 0, :now
    FROM audience_members WHERE update_id = :update
    GROUP BY update_id, contact_id
""")

COUNTS = text("""
    SELECT count(*), count(DISTINCT contact_id) FROM audience_members WHERE update_id = :update
""")


@dataclass(frozen=True)
class Frozen:
    """How many people an update is for, and how many contacts they are reached at."""

    people: int
    deliveries: int


async def freeze(
    tx: Transaction,
    update_id: UUID,
    *,
    scheme_id: UUID,
    rule: AudienceRule,
    channels: Sequence[Channel],
    now: datetime,
) -> Frozen:
    """Make the members and deliveries of an update that is preparing."""
    await tx.execute(delete(Delivery).where(col(Delivery.update_id) == update_id))
    await tx.execute(delete(AudienceMember).where(col(AudienceMember.update_id) == update_id))
    people = reachable_people(scheme_id, rule, channels, now=now)
    await tx.execute(
        insert(AudienceMember).from_select(
            ["update_id", "registration_id", "contact_id", "channel", "language"],
            people.with_only_columns(literal(update_id, Uuid), *people.selected_columns),
        )
    )
    await tx.execute(ONE_DELIVERY_A_CONTACT, {"update": update_id, "now": now})
    people, deliveries = (await tx.execute(COUNTS, {"update": update_id})).one()
    return Frozen(people, deliveries)
