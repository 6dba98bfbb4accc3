"""The notice that each person gets who was brought in with a list: what follows from its having been sent."""

from typing import Final
from uuid import UUID

from service.database import Transaction
from service.deliveries.reaching import people_reached
from service.registrations.importing import told
from service.updates.reading import notices_of
from service.updates.states import UpdateState
from service.updates.tables import Update

ON_ITS_WAY: Final = frozenset(
    {UpdateState.AWAITING_APPROVAL, UpdateState.APPROVED, UpdateState.SENDING, UpdateState.HALTED}
)


async def let_go(tx: Transaction, import_id: UUID) -> int:
    """Whom a notice reached that was sent is a registration like any other; how many became one.

    Whom it never reached goes on waiting: nothing else is sent to them.
    """
    sent = [each for each in await notices_of(tx, import_id) if each.state is UpdateState.SENT]
    return sum([await told(tx, import_id, people_reached(each.id)) for each in sent])


async def another_is_on_its_way(tx: Transaction, update: Update, import_id: UUID) -> bool:
    """Whether another notice of the same list would tell the same people."""
    others = [each for each in await notices_of(tx, import_id) if each.id != update.id]
    return any(each.state in ON_ITS_WAY for each in others)
