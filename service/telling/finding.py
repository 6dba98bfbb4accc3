"""Finding what waits for staff, and whom to tell of it: set-based sweeps over what is there.

Told are those who can act: of an update that waits, every senior who has no hand in it; of one that halted,
its authors, seniors and operators; of an incident, the data-protection officer and operators. A deputy is
told instead, while they can act, too. Where nobody acted for a while, everybody is told again, those with a
deputy as well; then once a day for a week.
"""

from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import text

from service.database import Transaction

LONDON: Final = ZoneInfo("Europe/London")
ONE_SWEEP: Final = 7_233_174
"""The advisory lock of the sweep: two at once would each find the same incident."""
LAST_STEP: Final = 8
"""After the escalation and seven days of a message a day nobody is told again: it would teach them to look
away. What waits is on the pages all the same."""
AWAY: Final = timedelta(days=90)
"""Whoever has not been here for so long may have left the department."""

OVER: Final = text("""
    UPDATE matters m SET over_at = :now
    WHERE over_at IS NULL AND CASE kind
        WHEN 'update-waits' THEN NOT EXISTS (
            SELECT FROM updates u
            WHERE u.id = m.object_id AND u.state = 'awaiting_approval' AND u.submitted_at = m.since
        )
        WHEN 'update-halted' THEN NOT EXISTS (
            SELECT FROM updates u WHERE u.id = m.object_id AND u.state = 'halted'
        )
        -- Nothing says of an incident that it was dealt with; a newer one is told with those before it.
        ELSE m.incidents < (SELECT count(*) FROM incidents)
            AND m.since < CAST(:now AS timestamptz) - interval '1 hour'
    END
""")

# Incidents may come by the thousand: there is one matter of them at a time, and a new one once an hour.
BEGUN: Final = text("""
    INSERT INTO matters (id, kind, object_id, since, incidents)
    SELECT gen_random_uuid(), 'update-waits', id, submitted_at, CAST(NULL AS integer) FROM updates
        WHERE state = 'awaiting_approval'
    UNION ALL
    SELECT gen_random_uuid(), 'update-halted', id, CAST(:now AS timestamptz), NULL FROM updates
        WHERE state = 'halted'
    UNION ALL
    SELECT gen_random_uuid(), 'incident-opened', newest.id, CAST(:now AS timestamptz), counted.incidents
    FROM (SELECT id, opened_at FROM incidents ORDER BY opened_at DESC, id LIMIT 1) AS newest,
        (SELECT count(*) AS incidents FROM incidents) AS counted
    WHERE newest.opened_at > CAST(:now AS timestamptz) - interval '7 days'
        AND counted.incidents > coalesce(
            (SELECT max(incidents) FROM matters WHERE kind = 'incident-opened'), 0
        )
        AND NOT EXISTS (SELECT FROM matters WHERE kind = 'incident-opened' AND over_at IS NULL)
    ON CONFLICT DO NOTHING
""")

TOLD: Final = text("""
    WITH open AS (
        SELECT id, kind, object_id,
            CASE WHEN since + CAST(:patience AS interval) > CAST(:now AS timestamptz) THEN 0
                ELSE 1 + floor(extract(epoch FROM :now - since - :patience) / 86400) END AS step,
            CASE kind WHEN 'update-waits' THEN ARRAY['senior']
                WHEN 'update-halted' THEN ARRAY['senior', 'operator']
                ELSE ARRAY['dpo', 'operator'] END AS needed
        FROM matters WHERE over_at IS NULL
    ), authors AS (
        SELECT o.id AS matter, v.edited_by AS subject
            FROM open o JOIN update_versions v ON v.update_id = o.object_id
        UNION SELECT o.id, u.created_by FROM open o JOIN updates u ON u.id = o.object_id
        UNION SELECT o.id, unnest(u.submitters) FROM open o JOIN updates u ON u.id = o.object_id
    ), reachable AS (
        SELECT subject, roles FROM staff_members WHERE sealed_email IS NOT NULL
            AND seen_at > CAST(:seen_since AS timestamptz)
    ), may_act AS (
        SELECT o.id AS matter, o.step, r.subject FROM open o CROSS JOIN reachable r
        WHERE o.step <= :last_step AND CASE o.kind
            WHEN 'update-waits' THEN r.roles && o.needed
                AND NOT EXISTS (SELECT FROM authors a WHERE a.matter = o.id AND a.subject = r.subject)
            WHEN 'update-halted' THEN r.roles && o.needed
                OR EXISTS (SELECT FROM authors a WHERE a.matter = o.id AND a.subject = r.subject)
            ELSE r.roles && o.needed
        END
    ), away AS (
        SELECT subject, deputy FROM staff_deputies WHERE CAST(:today AS date) BETWEEN first_day AND last_day
    ), stand_in AS (
        -- One who is away themselves, or may not act in this, does not stand in for anybody.
        SELECT w.matter, w.subject, d.subject AS deputy
        FROM may_act w
        JOIN away ON away.subject = w.subject
        JOIN reachable m ON m.subject = w.subject
        JOIN reachable d ON d.subject = away.deputy AND d.roles && m.roles
        JOIN open o ON o.id = w.matter
        WHERE NOT EXISTS (SELECT FROM away a WHERE a.subject = d.subject)
            AND (o.kind = 'update-halted'
                OR EXISTS (SELECT FROM may_act x WHERE x.matter = w.matter AND x.subject = d.subject))
    )
    INSERT INTO notices (id, matter_id, subject, step, state, attempt, misses, try_at, created_at)
    SELECT gen_random_uuid(), matter, subject, step, 'due', 0, 0, CAST(:now AS timestamptz), :now FROM (
        SELECT matter, step, subject FROM may_act w WHERE step > 0 OR NOT EXISTS (
            SELECT FROM stand_in s WHERE s.matter = w.matter AND s.subject = w.subject
        )
        UNION
        SELECT w.matter, w.step, s.deputy FROM may_act w
            JOIN stand_in s ON s.matter = w.matter AND s.subject = w.subject
    ) AS told
    ON CONFLICT DO NOTHING
""")

# A month after it was dealt with; Notify lists messages for seven days.
FORGET: Final = text("""
    DELETE FROM matters
    WHERE over_at < CAST(:now AS timestamptz) - interval '30 days' AND kind <> 'incident-opened'
        OR over_at < CAST(:now AS timestamptz) - interval '365 days'
""")


async def find_matters(tx: Transaction, *, now: datetime) -> None:
    """See what waits for staff by now, and what does not wait any more."""
    await tx.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": ONE_SWEEP})
    await tx.execute(OVER, {"now": now})
    await tx.execute(BEGUN, {"now": now})


async def call_upon(tx: Transaction, *, patience: timedelta, now: datetime) -> None:
    """Write down whom to tell of it now. `patience`: how long it may wait before everybody is told again."""
    parameters = {
        "now": now,
        "patience": patience,
        "seen_since": now - AWAY,
        "today": now.astimezone(LONDON).date(),
        "last_step": LAST_STEP,
    }
    await tx.execute(TOLD, parameters)
