"""Holds: nothing may be sent while one is set. Incidents: something that a person must look into."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
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
        CheckConstraint(
            "lifted_at IS NULL OR compared_at IS NOT NULL OR NOT awaits_comparison",
            name="compared_with_notify_before_it_is_lifted",
        ),
        Index("holds_in_force", "scope", postgresql_where=text("lifted_at IS NULL")),
    )

    id: UUID = Field(primary_key=True)
    scope: Scope = Field(sa_type=words(Scope, "hold_scope"))
    reason: str
    set_by: str
    set_at: datetime = Field(sa_type=MOMENT)
    lifted_by: str | None = None
    lifted_at: datetime | None = Field(default=None, sa_type=MOMENT)
    ends_at: datetime | None = Field(default=None, sa_type=MOMENT)
    """When it ends by itself; None where only a person ends it."""
    awaits_comparison: bool = Field(default=False, sa_column_kwargs={"server_default": "false"})
    """Whether the last seven days are to be compared with Notify before anybody may lift it."""
    compared_at: datetime | None = Field(default=None, sa_type=MOMENT)
    about: str | None = None
    """What it was set about, so that it is not set again once it was lifted: a digest."""


class IncidentKind(StrEnum):
    """Why a person must look."""

    DUPLICATE = "duplicate"
    """Notify took one delivery twice."""
    UNOWNED_MESSAGE = "unowned-message"
    """Notify has a message that is not of ours: somebody uploaded a list, or used our key."""
    MISSING_MESSAGE = "missing-message"
    """Notify took a message of ours, and its list does not have it."""
    GUARD = "guard"
    """The outgoing guard stopped a message: somebody's details were about to go to somebody else."""
    DETAIL_IN_DRAFT = "detail-in-draft"
    """A registrant's address or number stood in a draft. It was blacked out, and blocks the draft."""
    TOO_MANY_REVEALS = "too-many-reveals"
    """A caseworker saw as many people's details in a day as they may, and asked for more."""
    CANARY = "canary"
    """Somebody looked for, or wrote to us as, a person who does not exist and stands in one list alone."""


class Incident(SQLModel, table=True):
    """Something that a person must look into. One row for each thing that it is about."""

    __tablename__ = "incidents"
    __table_args__ = (UniqueConstraint("kind", "subject", name="an_incident_is_opened_once"),)

    id: UUID = Field(primary_key=True)
    kind: IncidentKind = Field(sa_type=words(IncidentKind, "incident_kind"))
    subject: UUID
    """What it is about: Notify's id of a message, an attempt, an update, a list, somebody's last reveal."""
    opened_at: datetime = Field(sa_type=MOMENT)
