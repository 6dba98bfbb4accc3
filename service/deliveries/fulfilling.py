"""What Notify cannot do for an update: calls, and formats. A list that caseworkers work through.

Frozen with the people (`service.deliveries.planning`), so that an approver sees how much work it is. What
was done is said of each person and recorded.
"""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import Select, func
from sqlalchemy import select as sa_select
from sqlalchemy import update as sa_update
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlmodel import col, select

from service.audit import chain
from service.audit.events import NeedMet
from service.database import Transaction
from service.deliveries.tables import Fulfilment, Need
from service.errors import NotFound
from service.staff.principal import Staff, require
from service.staff.roles import Act
from service.updates.tables import Update

PAGE: Final = 500
FIRST: Final = UUID(int=0)
"""Before every id."""
ALL_NEEDS: Final = frozenset(Need)
A_CALL: Final = frozenset({Need.PHONE})
A_FORMAT: Final = ALL_NEEDS - A_CALL


class NoSuchNeed(NotFound):
    """This person needs nothing like it for this update."""

    code = "no-such-need"


class Needing(NamedTuple):
    """One person, by the bare id of their registration, and what they need."""

    registration: UUID
    needs: list[Need]


async def needed(tx: Transaction, update: Update) -> dict[str, int]:
    """How many people of an update need each thing. A draft has none: its people are not frozen."""
    counted: dict[str, int] = {}
    if update.audience_sha256 is not None:
        statement = select(Fulfilment.need, func.count()).where(Fulfilment.update_id == update.id)
        counted = dict((await tx.exec(statement.group_by(col(Fulfilment.need)))).all())
    return {need.value: counted.get(need, 0) for need in Need}


async def still_needing(
    tx: Transaction, updates: Iterable[UUID], needs: Collection[Need] = ALL_NEEDS
) -> dict[UUID, int]:
    """How many people of each of these updates still need one of `needs`. One query."""
    statement = (
        select(Fulfilment.update_id, func.count(col(Fulfilment.registration_id).distinct()))
        .where(
            col(Fulfilment.update_id).in_(list(updates)),
            col(Fulfilment.need).in_(needs),
            col(Fulfilment.done_at).is_(None),
        )
        .group_by(col(Fulfilment.update_id))
    )
    return dict((await tx.exec(statement)).all())


async def needing(tx: Transaction, update: Update, *, after: UUID | None = None) -> list[Needing]:
    """Up to 500 people who still need something, in the order of their ids, after one of them."""
    if update.audience_sha256 is None:
        return []
    need = col(Fulfilment.need)
    rows = await tx.execute(
        sa_select(col(Fulfilment.registration_id), func.array_agg(aggregate_order_by(need, need)))
        .where(
            col(Fulfilment.update_id) == update.id,
            col(Fulfilment.registration_id) > (after or FIRST),
            col(Fulfilment.done_at).is_(None),
        )
        .group_by(col(Fulfilment.registration_id))
        .order_by(col(Fulfilment.registration_id))
        .limit(PAGE)
    )
    return [Needing(registration, [Need(each) for each in needs]) for registration, needs in rows]


def people_needing(update_id: UUID, needs: Collection[Need]) -> Select[UUID]:
    """SQL: the registrations of everybody who still needs one of `needs` for an update."""
    return (
        sa_select(col(Fulfilment.registration_id))
        .where(
            col(Fulfilment.update_id) == update_id,
            col(Fulfilment.need).in_(needs),
            col(Fulfilment.done_at).is_(None),
        )
        .distinct()
    )


async def needs_of(tx: Transaction, update_id: UUID, registration: UUID) -> list[Need]:
    """What one person still needs for an update."""
    statement = select(Fulfilment.need).where(
        Fulfilment.update_id == update_id,
        Fulfilment.registration_id == registration,
        col(Fulfilment.done_at).is_(None),
    )
    return [Need(each) for each in await tx.exec(statement.order_by(col(Fulfilment.need)))]


async def meet(
    tx: Transaction, staff: Staff, update_id: UUID, registration: UUID, need: Need, *, now: datetime
) -> None:
    """Say that a person was rung, or got their format. Raises `NoSuchNeed`; said twice it is the same."""
    require(staff, Act.SEARCH)
    needs = select(Fulfilment.need).where(
        Fulfilment.update_id == update_id, Fulfilment.registration_id == registration, Fulfilment.need == need
    )
    if (await tx.exec(needs)).one_or_none() is None:
        raise NoSuchNeed
    await meet_all(tx, staff, update_id, registration, [need], now=now)


async def meet_all(
    tx: Transaction,
    staff: Staff,
    update_id: UUID,
    registration: UUID,
    needs: Collection[Need],
    *,
    now: datetime,
) -> None:
    """Say of each of these needs that it was met, where this person has it and nobody has said so yet."""
    require(staff, Act.SEARCH)
    met = await tx.execute(
        sa_update(Fulfilment)
        .where(
            col(Fulfilment.update_id) == update_id,
            col(Fulfilment.registration_id) == registration,
            col(Fulfilment.need).in_(needs),
            col(Fulfilment.done_at).is_(None),
        )
        .values(done_at=now, done_by=staff.subject)
        .returning(col(Fulfilment.need))
    )
    for need in sorted(met.scalars()):
        event = NeedMet(actor=staff.subject, update=update_id, registration=registration, need=need.value)
        await chain.append(tx, event, now=now)
