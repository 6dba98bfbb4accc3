"""Setting and lifting holds, and asking whether one is in force."""

from datetime import datetime
from typing import NewType
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, func, or_, update
from sqlmodel import col, select
from uuid6 import uuid7

from service.audit import chain
from service.audit.events import HoldLifted, HoldSet
from service.database import Transaction
from service.errors import Conflict, NotFound
from service.holds.tables import Hold, Scope
from service.staff.principal import Staff, require
from service.staff.roles import Act

HoldId = NewType("HoldId", UUID)


class NoSuchHold(NotFound):
    """There is no hold of this id in force."""

    code = "no-such-hold"


class NotComparedYet(Conflict):
    """The last seven days are being compared with Notify. Lift the hold when that is done."""

    code = "not-compared-yet"


async def set_hold(tx: Transaction, staff: Staff, *, scope: Scope, reason: str, now: datetime) -> HoldId:
    """Stop sending, at once and everywhere, until somebody lifts it. Anybody of staff may."""
    require(staff, Act.SET_HOLD)
    hold = Hold(id=uuid7(), scope=scope, reason=reason, set_by=staff.subject, set_at=now)
    return await _set(tx, hold, now=now)


async def hold_by_service(
    tx: Transaction,
    actor: str,
    *,
    reason: str,
    now: datetime,
    about: str | None = None,
    ends_at: datetime | None = None,
    awaits_comparison: bool = False,
) -> bool:
    """Hold everything because of what a worker found; whether it was not held by this actor before.

    `about` is what it found, as a digest, for `lifted_about`.
    """
    # One at a time: every worker finds the same thing at the same moment.
    await tx.execute(select(func.pg_advisory_xact_lock(func.hashtext(actor))))
    held = select(Hold.id).where(Hold.set_by == actor, _unlifted()).limit(1)
    if (await tx.exec(held)).first() is not None:
        return False
    hold = Hold(
        id=uuid7(),
        scope=Scope.EVERYTHING,
        reason=reason,
        set_by=actor,
        set_at=now,
        ends_at=ends_at,
        awaits_comparison=awaits_comparison,
        about=about,
    )
    await _set(tx, hold, now=now)
    return True


async def lift_hold(tx: Transaction, staff: Staff, hold_id: UUID, *, now: datetime) -> None:
    """Let sending go on. Raises `NoSuchHold`, `NotComparedYet`; only an operator or a senior may."""
    require(staff, Act.LIFT_HOLD)
    hold = (
        await tx.exec(select(Hold).where(Hold.id == hold_id, _unlifted()).with_for_update())
    ).one_or_none()
    if hold is None:
        raise NoSuchHold
    if hold.awaits_comparison and hold.compared_at is None:
        raise NotComparedYet
    hold.lifted_by, hold.lifted_at = staff.subject, now
    tx.add(hold)
    await tx.flush()
    await chain.append(tx, HoldLifted(actor=staff.subject, hold=hold_id), now=now)


async def holds_in_force(tx: Transaction) -> list[Hold]:
    """The holds that are set, not lifted and not over, oldest first."""
    return list((await tx.exec(select(Hold).where(_unlifted()).order_by(col(Hold.set_at)))).all())


async def awaits_comparison(tx: Transaction) -> bool:
    """Whether a hold waits until the last seven days were compared with Notify."""
    waiting = select(Hold.id).where(_unlifted(), _uncompared()).limit(1)
    return (await tx.exec(waiting)).first() is not None


async def compared(tx: Transaction, *, began: datetime, now: datetime) -> None:
    """Say of the holds that were set before `began` that Notify was compared: they may be lifted."""
    await tx.execute(
        update(Hold).where(_unlifted(), _uncompared(), col(Hold.set_at) <= began).values(compared_at=now)
    )


async def lifted_about(tx: Transaction, about: str) -> datetime | None:
    """When a person last lifted a hold that was set about this; None where nobody did."""
    lifted = select(func.max(Hold.lifted_at)).where(col(Hold.about) == about)
    return (await tx.exec(lifted)).one()


async def is_held(tx: Transaction, *scopes: Scope) -> bool:
    """Whether a hold of one of these scopes is set."""
    return bool(await tx.scalar(select(in_force(*scopes))))


def in_force(*scopes: Scope) -> ColumnElement[bool]:
    """SQL: a hold of one of these scopes is set."""
    return exists().where(_unlifted(), col(Hold.scope).in_(scopes))


def _unlifted() -> ColumnElement[bool]:
    return and_(
        col(Hold.lifted_at).is_(None), or_(col(Hold.ends_at).is_(None), col(Hold.ends_at) > func.now())
    )


def _uncompared() -> ColumnElement[bool]:
    return and_(col(Hold.awaits_comparison), col(Hold.compared_at).is_(None))


async def _set(tx: Transaction, hold: Hold, *, now: datetime) -> HoldId:
    tx.add(hold)
    await tx.flush()
    await chain.append(tx, HoldSet(actor=hold.set_by, hold=hold.id, scope=hold.scope.value), now=now)
    return HoldId(hold.id)
