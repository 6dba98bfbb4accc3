"""Throws away what nobody needs any more: answers on their way, and people who never confirmed."""

from sqlalchemy import text

from service.casework.work.ending import end_overdue
from service.doorbell import Job
from service.errands import doing
from service.registrations.reminding import remind
from service.telling import finding
from workers.context import WorkerContext
from workers.releasing import expire_lists

OLD_ANSWERS = text("DELETE FROM journey_answers WHERE expires_at <= :now")

# After seven days without a word, or sixty where a letter or a call is the way, nothing of them is kept
# but the address's index, for a month, so that the limits on how often it may be written to hold.
NEVER_CONFIRMED = text("""
    DELETE FROM registrations r
    WHERE r.state = 'pending' AND r.created_at < CAST(:now AS timestamptz) - interval '7 days'
        AND NOT EXISTS (
            SELECT FROM confirmations c
            WHERE c.registration_id = r.id AND c.used_at IS NULL AND (
                c.state IN ('due', 'claimed', 'uncertain') OR c.expires_at > :now
                OR (c.state = 'to_ring' AND c.created_at > CAST(:now AS timestamptz) - interval '60 days')
            )
        )
""")

# A further contact whose holder did not answer, and no message to whom is on its way or can be used.
NEVER_JOINED = text("""
    DELETE FROM registration_contacts rc USING registrations r
    WHERE r.id = rc.registration_id AND r.state <> 'pending' AND rc.confirmed_at IS NULL
        AND EXISTS (
            SELECT FROM confirmations c WHERE c.registration_id = r.id AND c.contact_id = rc.contact_id
                AND c.purpose = 'confirm' AND c.created_at < CAST(:now AS timestamptz) - interval '7 days'
        )
        AND NOT EXISTS (
            SELECT FROM confirmations c
            WHERE c.registration_id = r.id AND c.contact_id = rc.contact_id AND c.used_at IS NULL AND (
                c.state IN ('due', 'claimed', 'uncertain') OR c.expires_at > :now
                OR (c.state = 'to_ring' AND c.created_at > CAST(:now AS timestamptz) - interval '60 days')
            )
        )
""")

# What has said what it had to say, and can do nothing any more.
OLD_MESSAGES = text("""
    DELETE FROM confirmations
    WHERE purpose IN ('manage', 'copy', 'moved')
        AND expires_at < CAST(:now AS timestamptz) - interval '8 days'
        AND state IN ('sent', 'refused', 'set_aside')
""")

# A change that was not chosen in time, or was: what was typed goes.
OLD_CHANGES = text("""
    DELETE FROM confirmations
    WHERE registration_id IS NULL AND (applied_at < CAST(:now AS timestamptz) - interval '30 days'
        OR (used_at IS NULL AND state = 'sent' AND expires_at <= :now))
""")

# Notify lists messages for seven days.
LONG_ENDED = text("""
    DELETE FROM ended_confirmations WHERE ended_at < CAST(:now AS timestamptz) - interval '8 days'
""")

UNUSED_CONTACTS = text("""
    DELETE FROM contacts c
    WHERE c.suppressed_at IS NULL AND c.created_at < CAST(:now AS timestamptz) - interval '30 days'
        AND NOT EXISTS (SELECT FROM registration_contacts rc WHERE rc.contact_id = c.id)
        AND NOT EXISTS (SELECT FROM confirmations f WHERE f.contact_id = c.id)
        AND NOT EXISTS (
            SELECT FROM unnest(c.asked_at) AS asked
            WHERE asked > CAST(:now AS timestamptz) - interval '30 days'
        )
""")

STATEMENTS = (
    OLD_ANSWERS,
    NEVER_CONFIRMED,
    NEVER_JOINED,
    OLD_CHANGES,
    OLD_MESSAGES,
    LONG_ENDED,
    UNUSED_CONTACTS,
    doing.FORGET,
    finding.FORGET,
)


async def tidy(context: WorkerContext) -> None:
    """Delete what has had its time, and remind those who have some left."""
    while True:
        async with context.transactions.begin() as tx:
            if await remind(tx, tokens=context.keys.tokens, now=context.clock.now()) == 0:
                break
        await context.doorbell.ring(Job.CONFIRM)
    async with context.transactions.begin() as tx:
        for statement in STATEMENTS:
            await tx.execute(statement, {"now": context.clock.now()})
        await end_overdue(tx, now=context.clock.now())
    await expire_lists(context)
