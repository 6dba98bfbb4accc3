"""Somebody who is told instead of a member of staff while they are away. Everybody names their own."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from service.audit import chain
from service.audit.events import DeputyEnded, DeputyNamed
from service.database import Transaction
from service.errors import Invalid
from service.staff.principal import Staff, require
from service.staff.roles import Act
from service.staff.tables import StaffMember
from service.telling.finding import LONDON
from service.telling.tables import Deputy

LONGEST: Final = timedelta(days=366)


@dataclass(frozen=True)
class StandIn:
    """Who, and from which day to which, both included."""

    deputy: str
    first_day: date
    last_day: date


async def deputy_of(tx: Transaction, staff: Staff) -> StandIn | None:
    """Whom they named; None where nobody is."""
    row = (await tx.exec(select(Deputy).where(Deputy.subject == staff.subject))).one_or_none()
    return StandIn(row.deputy, row.first_day, row.last_day) if row else None


async def could_stand_in(tx: Transaction, staff: Staff) -> list[str]:
    """Everybody else of a role of theirs who has signed in before."""
    others = select(StaffMember.subject).where(
        StaffMember.subject != staff.subject, col(StaffMember.roles).op("&&")(sorted(staff.roles))
    )
    return list(await tx.exec(others.order_by(StaffMember.subject)))


async def name_deputy(tx: Transaction, staff: Staff, wanted: StandIn, *, now: datetime) -> None:
    """Have somebody of the same role told instead. Raises `NotYourRole`, and `Invalid` with the rule."""
    require(staff, Act.NAME_DEPUTY)
    wrong = _wrong_days(wanted, today=now.astimezone(LONDON).date())
    roles = (await tx.exec(select(StaffMember.roles).where(StaffMember.subject == wanted.deputy))).first()
    if wanted.deputy == staff.subject:
        wrong["deputy"] = "It has to be somebody else"
    elif staff.roles.isdisjoint(roles or ()):
        wrong["deputy"] = "It has to be somebody of a role of yours who has signed in before"
    if wrong:
        raise Invalid(wrong)
    row = {"deputy": wanted.deputy, "first_day": wanted.first_day, "last_day": wanted.last_day}
    await tx.execute(
        insert(Deputy)
        .values(subject=staff.subject, **row)
        .on_conflict_do_update(index_elements=[col(Deputy.subject)], set_=row)
    )
    await chain.append(tx, DeputyNamed(actor=staff.subject), now=now)


async def end_deputy(tx: Transaction, staff: Staff, *, now: datetime) -> None:
    """Be told oneself again."""
    require(staff, Act.NAME_DEPUTY)
    ended = await tx.execute(
        delete(Deputy).where(col(Deputy.subject) == staff.subject).returning(col(Deputy.subject))
    )
    if ended.first() is not None:
        await chain.append(tx, DeputyEnded(actor=staff.subject), now=now)


def _wrong_days(wanted: StandIn, *, today: date) -> dict[str, str]:
    if wanted.last_day < wanted.first_day:
        return {"to": "It has to be the first day or a later one"}
    if wanted.last_day < today:
        return {"to": "It is in the past"}
    if wanted.last_day - wanted.first_day > LONGEST:
        return {"to": "It has to be within a year of the first day"}
    return {}
