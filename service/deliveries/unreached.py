"""People whom an update did not reach, for caseworkers: nobody is lost in silence.

Their address does not exist, refused the message, or nobody can know whether it came. An update goes to
the first confirmed channel of a person that it has words for; where that fails and there is no other,
somebody has to write or ring.
"""

from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from service.database import Transaction
from service.deliveries.states import DeliveryState
from service.deliveries.tables import Delivery
from service.updates.tables import AudienceMember

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


class Unreached(NamedTuple):
    """One person, by the bare id of their registration, and what became of their delivery."""

    registration: UUID
    state: DeliveryState


async def unreached(tx: Transaction, update_id: UUID, *, after: UUID | None = None) -> list[Unreached]:
    """Up to 500 people whom an update did not reach, in the order of their ids, after one of them."""
    rows = await tx.execute(
        select(col(AudienceMember.registration_id), col(Delivery.state))
        .join(
            Delivery,
            (col(Delivery.update_id) == col(AudienceMember.update_id))
            & (col(Delivery.contact_id) == col(AudienceMember.contact_id)),
        )
        .where(
            col(AudienceMember.update_id) == update_id,
            col(Delivery.state).in_(UNREACHED),
            col(AudienceMember.registration_id) > (after or FIRST),
        )
        .order_by(col(AudienceMember.registration_id))
        .limit(PAGE)
    )
    return [Unreached(registration, state) for registration, state in rows]
