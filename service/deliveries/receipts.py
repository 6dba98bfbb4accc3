"""Receipts: what Notify says became of a message. In sets, idempotent, never backwards.

A receipt can be here before our own 201: it then waits until its delivery is settled. One for a
reference that is not ours is answered with 200 all the same.
"""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import func, select, text

from service.database import Transaction
from service.deliveries import duplicates, passing_on

BATCH: Final = 2000
ACTOR: Final = "worker:receipts"

TAKE = text("""
    SELECT id FROM receipts WHERE applied_at IS NULL ORDER BY received_at LIMIT :limit
    FOR UPDATE SKIP LOCKED
""")

# A receipt is proof that Notify took the message, whatever we knew until now: also of one that Notify
# did not have when it was asked twice, as long as it was not sent again.
ADOPT = text("""
    WITH proven AS (
        SELECT DISTINCT ON (a.id) a.id, a.delivery_id, a.number, r.notify_id
        FROM receipts r
        JOIN attempts a ON a.reference = r.reference
        JOIN deliveries d ON d.id = a.delivery_id
        WHERE r.id = ANY (:ids) AND (
            a.outcome = 'unknown'
            OR (a.outcome = 'missed' AND d.state = 'planned' AND d.attempts = a.number)
        )
        ORDER BY a.id
    ), known AS (
        UPDATE attempts a SET outcome = 'accepted', notify_id = p.notify_id, ask_at = NULL
        FROM proven p WHERE a.id = p.id
    )
    UPDATE deliveries d SET state = 'accepted', changed_at = :now
    FROM proven p
    WHERE d.id = p.delivery_id AND d.attempts = p.number AND d.state IN ('uncertain', 'planned')
""")

SETTLE = text("""
    WITH final AS (
        SELECT DISTINCT ON (a.delivery_id) a.delivery_id,
            CASE r.status WHEN 'delivered' THEN 'delivered' WHEN 'permanent-failure' THEN 'bounced'
                ELSE 'failed' END AS state
        FROM receipts r JOIN attempts a ON a.reference = r.reference AND a.notify_id = r.notify_id
        WHERE r.id = ANY (:ids)
            AND r.status IN ('delivered', 'permanent-failure', 'temporary-failure', 'technical-failure')
        ORDER BY a.delivery_id, r.received_at
    ), moved AS (
        UPDATE deliveries d SET state = f.state, changed_at = :now
        FROM final f WHERE d.id = f.delivery_id AND d.state = 'accepted'
        RETURNING d.id, d.state
    )
    SELECT id FROM moved WHERE state = 'bounced'
""")

# A message that Notify has under one of our references, and that is not the one we counted.
DUPLICATES = text("""
    INSERT INTO duplicates (notify_id, delivery_id, found_at)
    SELECT DISTINCT r.notify_id, a.delivery_id, CAST(:now AS timestamptz)
    FROM receipts r JOIN attempts a ON a.reference = r.reference
    WHERE r.id = ANY (:ids) AND (a.notify_id <> r.notify_id OR a.outcome IN ('missed', 'not-sent'))
    ON CONFLICT DO NOTHING
    RETURNING delivery_id, notify_id
""")

# The address does not exist: nothing more goes to it in its scheme.
SUPPRESS = text("""
    UPDATE contacts c SET suppressed_at = :now, suppressed_why = 'permanent-failure'
    FROM (
        SELECT d.contact_id FROM receipts r
            JOIN attempts a ON a.reference = r.reference JOIN deliveries d ON d.id = a.delivery_id
            WHERE r.id = ANY (:ids) AND r.status = 'permanent-failure'
        UNION
        SELECT n.contact_id FROM receipts r JOIN confirmations n ON n.reference = r.reference
            WHERE r.id = ANY (:ids) AND r.status = 'permanent-failure'
    ) gone
    WHERE c.id = gone.contact_id AND c.suppressed_at IS NULL
""")

# One that came before its own 201 was written down waits. Looked for first, and left alone by all the
# rest: the next statement may already see the 201.
EARLY = text("""
    SELECT r.id FROM receipts r
    JOIN attempts a ON a.reference = r.reference
    JOIN deliveries d ON d.id = a.delivery_id
    WHERE r.id = ANY (:ids) AND d.state = 'claimed' AND d.attempts = a.number
""")

APPLIED = text("UPDATE receipts SET applied_at = :now WHERE id = ANY (:ids)")


async def record(tx: Transaction, *, receipt: UUID, reference: str, notify_id: UUID, status: str) -> None:
    """Keep a receipt, as the process that hears from Notify may. One that is not of ours is dropped."""
    await tx.execute(select(func.record_receipt(receipt, reference, notify_id, status)))


async def apply(tx: Transaction, *, now: datetime) -> int:
    """Apply the receipts that are there, up to a batch; how many of them are done with."""
    taken = list((await tx.execute(TAKE, {"limit": BATCH})).scalars())
    if not taken:
        return 0
    early = set((await tx.execute(EARLY, {"ids": taken})).scalars())
    ids = [each for each in taken if each not in early]
    parameters = {"ids": ids, "now": now}
    await tx.execute(ADOPT, parameters)
    bounced = list((await tx.execute(SETTLE, parameters)).scalars())
    for statement in (SUPPRESS, APPLIED):
        await tx.execute(statement, parameters)
    await passing_on.pass_on(tx, bounced, actor=ACTOR, now=now)
    twice = (await tx.execute(DUPLICATES, parameters)).all()
    await duplicates.found(tx, twice, actor=ACTOR, now=now)
    return len(ids)
