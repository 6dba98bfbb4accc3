"""What is being sent, and what is held: one small query that every worker repeats."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, func, literal_column
from sqlalchemy import select as sa_select
from sqlmodel import col, select

from service.database import MOMENT, Transaction
from service.deliveries.ramping import EVERYONE
from service.holds.holding import in_force
from service.holds.tables import Scope
from service.updates.states import UpdateState
from service.updates.tables import Update


@dataclass(frozen=True)
class DatabaseIdentity:
    """Which database this is. Another one, a restart, or a table put back from a copy changes it."""

    server_started: datetime
    database: int
    ledger: int


@dataclass(frozen=True)
class Standing:
    """Which updates may be sent now, and what is held."""

    sending: frozenset[UUID]
    ramping: frozenset[UUID]
    """Those of which not everyone may be told yet."""
    everything_held: bool
    bulk_held: bool
    identity: DatabaseIdentity


async def read_standing(tx: Transaction) -> Standing:
    """The state that a hand-over depends on, as committed now."""
    everything, bulk, started, database, ledger = (
        await tx.execute(
            sa_select(
                in_force(Scope.EVERYTHING),
                in_force(Scope.EVERYTHING, Scope.BULK),
                func.pg_postmaster_start_time(type_=MOMENT),
                literal_column(
                    "(SELECT oid FROM pg_database WHERE datname = current_database())", BigInteger
                ),
                literal_column("'attempts'::regclass::oid", BigInteger),
            )
        )
    ).one()
    sending = (
        await tx.exec(select(Update.id, Update.ramp_percent).where(col(Update.state) == UpdateState.SENDING))
    ).all()
    return Standing(
        sending=frozenset(update for update, _ in sending),
        ramping=frozenset(update for update, percent in sending if percent < EVERYONE),
        everything_held=bool(everything),
        bulk_held=bool(bulk),
        identity=DatabaseIdentity(started, int(database), int(ledger)),
    )
