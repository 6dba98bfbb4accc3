"""People whom an update did not reach, for caseworkers: nobody is lost in silence.

Their address does not exist, refused the message, or nobody can know whether it came, and there is no
other channel of theirs that it could be passed on to: somebody has to write or ring.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import Select, Uuid, column, text
from sqlalchemy import select as sa_select

from service.database import Transaction
from service.deliveries.states import DeliveryState

UNREACHED: Final = (
    DeliveryState.BOUNCED,
    DeliveryState.REFUSED,
    DeliveryState.FAILED,
    DeliveryState.SUPPRESSED,
    DeliveryState.SET_ASIDE,
)
PAGE: Final = 500
FIRST: Final = UUID(int=0)
"""Before every id."""

# Of somebody who was passed on, what became of the best of their later deliveries.
FIND = text("""
    SELECT m.registration_id, coalesce(later.state, d.state) AS state
    FROM audience_members m
    JOIN deliveries d ON d.update_id = m.update_id AND d.contact_id = m.contact_id
    LEFT JOIN LATERAL (
        SELECT n.state FROM passed_on p
        JOIN deliveries n ON n.update_id = p.update_id AND n.contact_id = p.contact_id
        WHERE p.update_id = m.update_id AND p.registration_id = m.registration_id
        ORDER BY n.state = ANY (:unreached), p.passed_at DESC LIMIT 1
    ) later ON true
    WHERE m.update_id = :update AND m.registration_id > :after
        AND d.state = ANY (:unreached) AND coalesce(later.state, d.state) = ANY (:unreached)
    ORDER BY m.registration_id LIMIT :page
""")

COUNT = text("""
    SELECT d.update_id, count(*) AS addresses FROM deliveries d
    WHERE d.update_id = ANY (:updates) AND d.state = ANY (:unreached)
        AND NOT EXISTS (SELECT FROM passed_on p WHERE p.from_delivery = d.id)
    GROUP BY d.update_id
""")


class Unreached(NamedTuple):
    """One person, by the bare id of their registration, and what became of their last delivery."""

    registration: UUID
    state: DeliveryState


async def unreached(tx: Transaction, update_id: UUID, *, after: UUID | None = None) -> list[Unreached]:
    """Up to 500 people whom an update did not reach, in the order of their ids, after one of them."""
    rows = await tx.execute(
        FIND,
        {
            "update": update_id,
            "after": after or FIRST,
            "unreached": [state.value for state in UNREACHED],
            "page": PAGE,
        },
    )
    return [Unreached(row.registration_id, DeliveryState(row.state)) for row in rows]


def people_unreached(update_id: UUID) -> Select[UUID]:
    """SQL: the registrations of everybody whom an update did not reach."""
    found = FIND.bindparams(
        update=update_id, after=FIRST, unreached=[state.value for state in UNREACHED], page=None
    )
    return sa_select(found.columns(column("registration_id", Uuid)).subquery().c.registration_id)


async def unreached_addresses(tx: Transaction, updates: Iterable[UUID]) -> dict[UUID, int]:
    """At how many addresses nobody was reached, by update: those of which nobody was passed on. One query."""
    rows = await tx.execute(
        COUNT, {"updates": list(updates), "unreached": [state.value for state in UNREACHED]}
    )
    return {row.update_id: row.addresses for row in rows}
