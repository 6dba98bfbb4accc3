"""Notify's own list against the ledger: nothing that we did not send, nothing lost, nothing twice.

Every hour, page by page, uploads by hand included. A message that is not ours, or one of ours that
Notify does not list, is an incident. After a restore, one of ours that the ledger does not know is
adopted: without that its person would be told again.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import func, text
from sqlmodel import select
from uuid6 import uuid7

from service.database import Transaction
from service.deliveries import duplicates
from service.deliveries.tables import Comparison
from service.holds.holding import awaits_comparison, compared
from service.holds.incidents import open_incidents
from service.holds.tables import IncidentKind
from service.notify.gateway import Found

ACTOR: Final = "worker:compare"
EVERY: Final = timedelta(hours=1)
MARGIN: Final = timedelta(minutes=10)
"""Between our clock and Notify's, and between a hand-over's beginning and its row at Notify."""

OURS: Final = re.compile(
    r"(?P<kind>[cdnt])-(?P<id>[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})-(?P<number>[0-9]{1,9})"
)
"""A reference of ours: of a confirmation, delivery, notice to staff or test, and which attempt it was."""

ADOPT = text("""
    WITH lost AS (
        INSERT INTO attempts
            (id, delivery_id, number, reference, started_at, outcome, notify_id, misses, seen_at)
        SELECT DISTINCT ON (l.reference)
            gen_random_uuid(), l.delivery, l.number, l.reference, l.created_at, 'accepted', l.notify_id, 0,
            :now
        FROM unnest(
            CAST(:deliveries AS uuid[]), CAST(:numbers AS int[]), CAST(:references AS text[]),
            CAST(:created AS timestamptz[]), CAST(:ids AS uuid[])
        ) AS l (delivery, number, reference, created_at, notify_id)
        JOIN deliveries d ON d.id = l.delivery
        JOIN updates u ON u.id = d.update_id AND u.state NOT IN ('draft', 'preparing')
        WHERE NOT EXISTS (SELECT FROM attempts a WHERE a.reference = l.reference)
        ON CONFLICT DO NOTHING
        RETURNING delivery_id, number
    ), last AS (
        SELECT delivery_id, max(number) AS number FROM lost GROUP BY delivery_id
    )
    UPDATE deliveries d SET state = 'accepted', attempts = l.number, lease_until = NULL, changed_at = :now
    FROM last l
    WHERE d.id = l.delivery_id AND d.attempts < l.number AND d.state IN ('planned', 'claimed', 'uncertain')
    RETURNING d.id
""")

SEEN = text("""
    UPDATE attempts a SET seen_at = :now
    FROM unnest(CAST(:references AS text[]), CAST(:ids AS uuid[])) AS l (reference, notify_id)
    WHERE a.reference = l.reference AND a.notify_id = l.notify_id AND a.seen_at IS NULL
""")

# Under one of our references, and not the one that we counted.
TWICE = text("""
    INSERT INTO duplicates (notify_id, delivery_id, found_at)
    SELECT l.notify_id, a.delivery_id, CAST(:now AS timestamptz)
    FROM unnest(CAST(:references AS text[]), CAST(:ids AS uuid[])) AS l (reference, notify_id)
    JOIN attempts a ON a.reference = l.reference
    JOIN deliveries d ON d.id = a.delivery_id
    WHERE (a.outcome = 'accepted' AND (a.notify_id <> l.notify_id OR a.number <> d.attempts))
        OR a.outcome IN ('missed', 'not-sent')
    ON CONFLICT DO NOTHING
    RETURNING delivery_id, notify_id
""")

OWNED = text("""
    SELECT reference FROM attempts WHERE reference = ANY (:references)
    UNION ALL SELECT CAST(id AS text) FROM confirmations WHERE id = ANY (:others)
    UNION ALL SELECT CAST(id AS text) FROM ended_confirmations WHERE id = ANY (:others)
    UNION ALL SELECT CAST(id AS text) FROM notices WHERE id = ANY (:others)
    UNION ALL SELECT CAST(id AS text) FROM errands WHERE id = ANY (:others)
""")

MISSING = text("""
    SELECT id FROM attempts
    WHERE outcome = 'accepted' AND seen_at IS NULL AND started_at >= :since AND started_at < :until
""")


@dataclass
class Counts:
    """What a comparison has found so far."""

    listed: int = 0
    adopted: int = 0
    unowned: int = 0


@dataclass(frozen=True)
class Span:
    """The time that a comparison covers."""

    since: datetime
    until: datetime
    adopts: bool = False
    """Whether what the ledger does not know is adopted. Only where a hold waits for it: at other times a
    message under a reference that we did not make is somebody else's."""


async def due(tx: Transaction, *, remembered: timedelta, now: datetime) -> Span | None:
    """What is to be compared now: since the last time, or, where a hold waits for it, all that Notify has."""
    if await awaits_comparison(tx):
        return Span(now - remembered, now, adopts=True)
    last = (await tx.exec(select(func.max(Comparison.until)))).one()
    since = max(last or now - EVERY, now - remembered)
    return Span(since, now) if last is None or now - last >= EVERY + MARGIN else None


class Reference(NamedTuple):
    """What a reference of ours says."""

    text: str
    of_delivery: bool
    id: UUID
    number: int

    @property
    def owned_as(self) -> str:
        """What `OWNED` gives for it: every attempt at a delivery is kept, and of all else its id."""
        return self.text if self.of_delivery else str(self.id)


async def take(tx: Transaction, page: Sequence[Found], span: Span, counts: Counts, *, now: datetime) -> None:
    """Compare one page of Notify's list."""
    read = [(each, _read(each.reference)) for each in page]
    deliveries = [(each, ours) for each, ours in read if ours is not None and ours.of_delivery]
    parameters: dict[str, Any] = {
        "ids": [each.notify_id for each, _ in deliveries],
        "references": [each.reference for each, _ in deliveries],
        "created": [each.created_at for each, _ in deliveries],
        "deliveries": [ours.id for _, ours in deliveries],
        "numbers": [ours.number for _, ours in deliveries],
        "others": [ours.id for _, ours in read if ours is not None and not ours.of_delivery],
        "now": now,
    }
    counts.listed += len(page)
    if span.adopts:
        counts.adopted += len((await tx.execute(ADOPT, parameters)).all())
    await tx.execute(SEEN, parameters)
    twice = (await tx.execute(TWICE, parameters)).all()
    owned = set((await tx.execute(OWNED, parameters)).scalars())
    unowned = [each.notify_id for each, ours in read if ours is None or ours.owned_as not in owned]
    counts.unowned += len(unowned)
    await duplicates.found(tx, twice, actor=ACTOR, now=now)
    await open_incidents(tx, IncidentKind.UNOWNED_MESSAGE, unowned, actor=ACTOR, now=now)


async def finish(tx: Transaction, span: Span, counts: Counts, *, now: datetime) -> None:
    """Say that a span was compared, once every page of it was taken."""
    missing: list[UUID] = list(
        (await tx.execute(MISSING, {"since": span.since, "until": span.until - MARGIN})).scalars()
    )
    tx.add(
        Comparison(
            id=uuid7(),
            since=span.since,
            until=span.until - MARGIN,
            listed=counts.listed,
            adopted=counts.adopted,
            unowned=counts.unowned,
            missing=len(missing),
            done_at=now,
        )
    )
    await tx.flush()
    await compared(tx, began=span.until, now=now)
    await open_incidents(tx, IncidentKind.MISSING_MESSAGE, missing, actor=ACTOR, now=now)


def _read(reference: str | None) -> Reference | None:
    """None for one that we never made."""
    found = OURS.fullmatch(reference or "")
    if found is None:
        return None
    return Reference(found.group(), found["kind"] == "d", UUID(found["id"]), int(found["number"]))
