"""What is being sent, and what is held: one small query that every worker repeats."""

from dataclasses import dataclass
from uuid import UUID

from sqlmodel import select

from service.database import Transaction
from service.holds.holding import in_force
from service.holds.tables import Scope
from service.updates.states import UpdateState
from service.updates.tables import Update


@dataclass(frozen=True)
class Standing:
    """Which updates may be sent now, and what is held."""

    sending: frozenset[UUID]
    everything_held: bool
    bulk_held: bool


async def read_standing(tx: Transaction) -> Standing:
    """The state that a hand-over depends on, as committed now."""
    held = (await tx.exec(select(in_force(Scope.EVERYTHING), in_force(Scope.EVERYTHING, Scope.BULK)))).one()
    sending = (await tx.exec(select(Update.id).where(Update.state == UpdateState.SENDING))).all()
    return Standing(frozenset(sending), everything_held=bool(held[0]), bulk_held=bool(held[1]))
