"""Holds: nothing may be sent while one is set."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field, SQLModel

from service.database import MOMENT, words


class Scope(StrEnum):
    """What a hold stops."""

    EVERYTHING = "everything"
    BULK = "bulk"
    """Updates. People's links and confirmations may go."""


class Hold(SQLModel, table=True):
    __tablename__ = "holds"
    __table_args__ = (
        CheckConstraint("(lifted_by IS NULL) = (lifted_at IS NULL)", name="lifted_by_somebody"),
        Index("holds_in_force", "scope", postgresql_where=text("lifted_at IS NULL")),
    )

    id: UUID = Field(primary_key=True)
    scope: Scope = Field(sa_type=words(Scope, "hold_scope"))
    reason: str
    set_by: str
    set_at: datetime = Field(sa_type=MOMENT)
    lifted_by: str | None = None
    lifted_at: datetime | None = Field(default=None, sa_type=MOMENT)
