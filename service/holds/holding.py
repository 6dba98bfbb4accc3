"""Setting and lifting holds, and asking whether one is in force."""

from datetime import datetime
from typing import NewType
from uuid import UUID

from sqlalchemy import ColumnElement, exists, update
from sqlmodel import col, select
from uuid6 import uuid7

from service.audit import chain
from service.audit.events import HoldLifted, HoldSet
from service.database import Transaction
from service.errors import NotFound
from service.holds.tables import Hold, Scope
from service.staff.principal import Staff, require
from service.staff.roles import Act

HoldId = NewType("HoldId", UUID)


class NoSuchHold(NotFound):
    """There is no hold of this id in force."""

    code = "no-such-hold"


async def set_hold(tx: Transaction, staff: Staff, *, scope: Scope, reason: str, now: datetime) -> HoldId:
    """Stop sending, at once and everywhere, until somebody lifts it. Anybody of staff may."""
    require(staff, Act.SET_HOLD)
    hold = Hold(id=uuid7(), scope=scope, reason=reason, set_by=staff.subject, set_at=now)
    tx.add(hold)
    await tx.flush()
    await chain.append(tx, HoldSet(actor=staff.subject, hold=hold.id, scope=scope.value), now=now)
    return HoldId(hold.id)


async def lift_hold(tx: Transaction, staff: Staff, hold_id: UUID, *, now: datetime) -> None:
    """Let sending go on. Raises `NoSuchHold`; only an operator or a senior may."""
    require(staff, Act.LIFT_HOLD)
    lifted = await tx.execute(
        update(Hold)
        .where(col(Hold.id) == hold_id, col(Hold.lifted_at).is_(None))
        .values(lifted_by=staff.subject, lifted_at=now)
        .returning(col(Hold.id))
    )
    if lifted.first() is None:
        raise NoSuchHold
    await chain.append(tx, HoldLifted(actor=staff.subject, hold=hold_id), now=now)


async def holds_in_force(tx: Transaction) -> list[Hold]:
    """The holds that are set and not lifted, oldest first."""
    found = await tx.exec(select(Hold).where(col(Hold.lifted_at).is_(None)).order_by(col(Hold.set_at)))
    return list(found.all())


def in_force(*scopes: Scope) -> ColumnElement[bool]:
    """SQL: a hold of one of these scopes is set."""
    return exists().where(col(Hold.lifted_at).is_(None), col(Hold.scope).in_(scopes))
