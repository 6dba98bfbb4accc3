"""Freezing the people of an update: one `INSERT … SELECT` each for its members, deliveries, fulfilments.

Done by a worker when the update is submitted, so that the approver sees the real count and sending
starts at once at any size. Two people who share an address are two members and one delivery; whoever
wants a call is a member and has none.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Uuid, delete, insert, literal, text
from sqlmodel import col

from service.database import Transaction
from service.deliveries.reaching import people_reached
from service.deliveries.tables import Delivery, Fulfilment
from service.registrations.recipients import AudienceRule, reachable_people
from service.registrations.words import Channel
from service.updates.tables import AudienceMember

ONE_DELIVERY_A_CONTACT = text("""
    INSERT INTO deliveries (id, update_id, contact_id, channel, state, attempts, changed_at)
    SELECT gen_random_uuid(), update_id, contact_id, min(channel), 'planned', 0, :now
    FROM audience_members WHERE update_id = :update AND channel <> 'phone'
    GROUP BY update_id, contact_id
""")

# Text relay belongs to a call, and is no need of its own.
WHAT_NOTIFY_CANNOT_DO = text("""
    INSERT INTO fulfilments (update_id, registration_id, need)
    SELECT update_id, registration_id, 'phone' FROM audience_members
    WHERE update_id = :update AND channel = 'phone'
    UNION
    SELECT m.update_id, m.registration_id, format
    FROM audience_members m JOIN registrations r ON r.id = m.registration_id
    CROSS JOIN LATERAL unnest(r.formats) AS format
    WHERE m.update_id = :update AND format <> 'text-relay'
""")

COUNTS = text("""
    SELECT count(*), count(DISTINCT contact_id) FILTER (WHERE channel <> 'phone')
    FROM audience_members WHERE update_id = :update
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
    """Make the members, deliveries and fulfilments of an update that is preparing.

    `channels` are those that it has words for.
    """
    await tx.execute(delete(Fulfilment).where(col(Fulfilment.update_id) == update_id))
    await tx.execute(delete(Delivery).where(col(Delivery.update_id) == update_id))
    await tx.execute(delete(AudienceMember).where(col(AudienceMember.update_id) == update_id))
    reached = people_reached(rule.reached_by) if rule.reached_by else None
    people = reachable_people(scheme_id, rule, [*channels, Channel.PHONE], reached=reached, now=now)
    await tx.execute(
        insert(AudienceMember).from_select(
            ["update_id", "registration_id", "contact_id", "channel", "language"],
            people.with_only_columns(literal(update_id, Uuid), *people.selected_columns),
        )
    )
    await tx.execute(ONE_DELIVERY_A_CONTACT, {"update": update_id, "now": now})
    await tx.execute(WHAT_NOTIFY_CANNOT_DO, {"update": update_id})
    people, deliveries = (await tx.execute(COUNTS, {"update": update_id})).one()
    return Frozen(people, deliveries)
