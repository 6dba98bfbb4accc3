"""Messages about registrations that were claimed (`OneByOne`), and what a limit does not count."""

from collections.abc import Sequence
from datetime import timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import text

from service.database import Transaction
from service.notify.one_by_one import OneByOne
from service.registrations.states import CONFIRMATION_MOVES, ConfirmationState
from service.registrations.tables import Confirmation

NOT_ASKED: Final = text("""
    UPDATE contacts SET asked_at = trim_array(asked_at, 1)
    WHERE cardinality(asked_at) > 0
        AND id IN (
            SELECT contact_id FROM confirmations
            WHERE id = ANY (:ids) AND state = :state AND purpose IN ('confirm', 'change')
        )
""")


async def _not_asked(tx: Transaction, ids: Sequence[UUID], state: StrEnum) -> None:
    """Their holders were not asked: else a busy hour would use up a person's three a month."""
    await tx.execute(NOT_ASKED, {"ids": list(ids), "state": state.value})


CONFIRMATIONS: Final = OneByOne(
    Confirmation,
    ConfirmationState,
    CONFIRMATION_MOVES,
    later=timedelta(seconds=2),
    not_handed_over=_not_asked,
)
