"""What became of an update, over time: for the chart of whoever watches it, and the table below it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import text

from service.database import Transaction
from service.updates.tables import Update

POINTS: Final = 60
"""At most so many: as many as an hour has minutes, each of which is one."""

# A step is whole minutes, so many that all of it fits. Another machine's clock may be a little behind.
COUNT: Final = text("""
    WITH happened AS (
        SELECT a.started_at AS at, 'accepted' AS what
        FROM deliveries d JOIN attempts a ON a.delivery_id = d.id AND a.outcome = 'accepted'
        WHERE d.update_id = :update
        UNION ALL
        SELECT changed_at, CASE state WHEN 'delivered' THEN 'delivered' ELSE 'failed' END
        FROM deliveries WHERE update_id = :update AND state IN ('delivered', 'bounced', 'failed', 'refused')
    ), seconds AS (
        SELECT greatest(extract(epoch FROM at - :since), 0) AS after, what FROM happened
    ), step AS (
        SELECT CAST(60 * (floor(max(after) / (60 * :points)) + 1) AS integer) AS width FROM seconds
    )
    SELECT width, CAST(floor(after / width) AS integer) AS number,
        count(*) FILTER (WHERE what = 'accepted') AS accepted,
        count(*) FILTER (WHERE what = 'delivered') AS delivered,
        count(*) FILTER (WHERE what = 'failed') AS failed
    FROM seconds, step GROUP BY width, number ORDER BY number
""")


@dataclass(frozen=True)
class Point:
    """What happened within one step. Somebody who was accepted is delivered, or failed, in a later one."""

    begins: datetime
    accepted: int
    """Handed over then, and taken by Notify."""
    delivered: int
    failed: int
    """Bounced, failed or refused."""


@dataclass(frozen=True)
class OverTime:
    step: timedelta
    points: tuple[Point, ...]
    """In order, from its first message to the last that is known of it; none before."""

    def as_json(self) -> dict[str, Any]:
        return {
            "step_seconds": int(self.step.total_seconds()),
            "points": [
                {
                    "begins": each.begins.isoformat(),
                    "accepted": each.accepted,
                    "delivered": each.delivered,
                    "failed": each.failed,
                }
                for each in self.points
            ],
        }


async def over_time(tx: Transaction, update: Update) -> OverTime:
    """How many were accepted, delivered and failed, minute by minute, or in at most sixty longer steps."""
    since = update.sending_since
    if since is None:
        return OverTime(timedelta(minutes=1), ())
    rows = (await tx.execute(COUNT, {"update": update.id, "since": since, "points": POINTS})).all()
    if not rows:
        return OverTime(timedelta(minutes=1), ())
    step = timedelta(seconds=rows[0].width)
    counted = {row.number: row for row in rows}
    points = (
        Point(
            since + number * step,
            *((row.accepted, row.delivered, row.failed) if (row := counted.get(number)) else (0, 0, 0)),
        )
        for number in range(rows[-1].number + 1)
    )
    return OverTime(step, tuple(points))
