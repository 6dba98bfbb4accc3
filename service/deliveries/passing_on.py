"""The next channel: an update that can never arrive at a contact goes to the next one of each person there.

Only after a permanent failure: the address does not exist (bounced), or Notify takes none like it
(refused). Of the person's own order the next contact counts that is confirmed, not suppressed, and has
words. Where the update goes there anyhow, because somebody shares it, that one message is for both. Who
has no other contact is among those whom the update did not reach (`service.deliveries.unreached`).

In the transaction that says that it failed, so that nobody is lost between the two. The database lets in
no delivery but such a one once people are frozen (`migrations/sql/0005_channels.sql`).
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlmodel import col, select

from service.audit import chain
from service.audit.events import UpdatePassedOn
from service.database import Transaction
from service.deliveries.tables import Delivery
from service.updates.states import UpdateState
from service.updates.tables import Update

PASS_ON = text("""
    WITH failed AS (
        SELECT id, update_id, contact_id FROM deliveries
        WHERE id = ANY (:deliveries) AND state IN ('bounced', 'refused')
    ), told AS (
        SELECT f.id AS delivery_id, m.update_id, m.registration_id
        FROM failed f JOIN audience_members m USING (update_id, contact_id)
        UNION
        SELECT f.id, p.update_id, p.registration_id
        FROM failed f JOIN passed_on p USING (update_id, contact_id)
    )
    INSERT INTO passed_on (update_id, registration_id, from_delivery, contact_id, channel, passed_at)
    SELECT DISTINCT ON (t.delivery_id, t.registration_id)
        t.update_id, t.registration_id, t.delivery_id, rc.contact_id, rc.channel, :now
    FROM told t
    JOIN updates u ON u.id = t.update_id
    JOIN update_versions v ON v.update_id = u.id AND v.version = u.version
    JOIN registrations r ON r.id = t.registration_id AND r.state = 'confirmed'
        AND (r.paused_until IS NULL OR r.paused_until <= :now)
    JOIN registration_contacts rc ON rc.registration_id = r.id AND rc.confirmed_at IS NOT NULL
        AND v.content -> 'channels' ? rc.channel
    JOIN contacts k ON k.id = rc.contact_id AND k.suppressed_at IS NULL
    WHERE NOT EXISTS (
        SELECT FROM deliveries d
        WHERE d.update_id = t.update_id AND d.contact_id = rc.contact_id
            AND d.state IN ('bounced', 'refused', 'failed', 'suppressed', 'set_aside')
    )
    ORDER BY t.delivery_id, t.registration_id, rc.position
    ON CONFLICT DO NOTHING
""")

# Two who are passed on to one contact get one message there; so does whoever it goes to anyhow.
DELIVER = text("""
    INSERT INTO deliveries (id, update_id, contact_id, channel, state, attempts, changed_at, instead_of)
    SELECT DISTINCT ON (update_id, contact_id)
        gen_random_uuid(), update_id, contact_id, channel, 'planned', 0, CAST(:now AS timestamptz),
        from_delivery
    FROM passed_on WHERE from_delivery = ANY (:deliveries)
    ORDER BY update_id, contact_id, from_delivery
    ON CONFLICT (update_id, contact_id) DO NOTHING
    RETURNING update_id
""")


async def pass_on(tx: Transaction, deliveries: Sequence[UUID], *, actor: str, now: datetime) -> None:
    """Plan the next channel of everybody who was to be told by these deliveries, which failed for good.

    An update that was sent is being sent again until that is settled. One that is halted stays so.
    """
    if not deliveries:
        return
    updates = await _locked(tx, deliveries)
    await tx.execute(PASS_ON, {"deliveries": deliveries, "now": now})
    made = Counter((await tx.execute(DELIVER, {"deliveries": deliveries, "now": now})).scalars())
    changed = [update for update in updates if made[update.id]]
    for update in changed:
        update.planned += made[update.id]
        if update.state is UpdateState.SENT:
            update.state = UpdateState.SENDING
        tx.add(update)
    await tx.flush()
    for update in changed:
        event = UpdatePassedOn(actor=actor, update=update.id, count=made[update.id])
        await chain.append(tx, event, now=now)


async def _locked(tx: Transaction, deliveries: Sequence[UUID]) -> Sequence[Update]:
    """Their updates, one worker at a time: two bounces at once would each count without the other."""
    of_these = select(Delivery.update_id).where(col(Delivery.id).in_(deliveries))
    found = await tx.exec(
        select(Update)
        .where(col(Update.id).in_(of_these))
        .order_by(col(Update.id))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return found.all()
