"""Whom an update reached, or may have: those whom its correction is for."""

from uuid import UUID

from sqlalchemy import Select, Uuid, func
from sqlalchemy import select as sa_select
from sqlmodel import select

from service.database import Transaction
from service.updates.states import UpdateState
from service.updates.tables import Update


def people_reached(update_id: UUID) -> Select[UUID]:
    """SQL: the registrations of everybody whom an update reached, or may have.

    Notify has taken the message, or it is not known whether it has; or somebody rang. Not those at whose
    address it bounced, or failed (`people_reached` in migrations/sql/0010_window.sql).
    """
    return sa_select(func.people_reached(update_id, type_=Uuid).column_valued("registration_id"))


async def may_reach_more(tx: Transaction, update_id: UUID) -> bool:
    """Whether an update may reach more people at any moment."""
    state = await tx.exec(select(Update.state).where(Update.id == update_id))
    return state.one_or_none() in {UpdateState.APPROVED, UpdateState.SENDING}
