"""How many confirmations may leave in an hour, of all people together (`KEPT_CONFIRMATIONS_PER_HOUR`).

It is the last of the limits on abuse: whoever registers ten thousand strangers from ten thousand
addresses is stopped by no other. Nobody is lost: what is above the ceiling stays due.
"""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func
from sqlmodel import col, or_, select

from service.database import Transaction
from service.registrations.states import ConfirmationState
from service.registrations.tables import Confirmation

HOUR: Final = timedelta(hours=1)


async def within_ceiling(tx: Transaction, wanted: int, *, per_hour: int, now: datetime) -> int:
    """How many of `wanted` confirmations may be claimed now; `per_hour` 0 is no ceiling.

    Counted are those of the last hour, and those on their way. Workers that ask at the same moment do
    not see one another's: the ceiling may be passed by a batch.
    """
    if per_hour == 0:
        return wanted
    counted = (
        select(Confirmation.id)
        .where(
            or_(
                col(Confirmation.sent_at) > now - HOUR,
                col(Confirmation.state).in_([ConfirmationState.CLAIMED, ConfirmationState.UNCERTAIN]),
            )
        )
        .limit(per_hour)
    )
    left = int(await tx.scalar(select(per_hour - func.count()).select_from(counted.subquery())) or 0)
    return min(wanted, left)
