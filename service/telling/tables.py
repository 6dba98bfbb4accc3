"""What waits for staff, who was told of it, who stands in for whom. No words, no address in the clear."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from service.database import MOMENT, words
from service.notify.one_by_one import OneMessage
from service.telling.states import NoticeState


class MatterKind(StrEnum):
    """Why somebody of staff has to act."""

    UPDATE_WAITS = "update-waits"
    """An update awaits its approval."""
    UPDATE_HALTED = "update-halted"
    INCIDENT_OPENED = "incident-opened"


class Matter(SQLModel, table=True):
    """One thing that waits for staff, from when it was found until it was dealt with."""

    __tablename__ = "matters"
    __table_args__ = (
        CheckConstraint(
            "(kind = 'incident-opened') = (incidents IS NOT NULL)", name="matters_of_incidents_count_them"
        ),
        Index(
            "a_matter_is_open_once",
            "kind",
            "object_id",
            unique=True,
            postgresql_where=text("over_at IS NULL"),
        ),
    )

    id: UUID = Field(primary_key=True)
    kind: MatterKind = Field(sa_type=words(MatterKind, "matter_kind"))
    object_id: UUID
    """The update, or the newest incident."""
    since: datetime = Field(sa_type=MOMENT)
    incidents: int | None = None
    """How many incidents there were when this was found: more than that is a new matter."""
    over_at: datetime | None = Field(default=None, sa_type=MOMENT)


class Notice(OneMessage, table=True):
    """One message to one member of staff about one matter."""

    __tablename__ = "notices"
    __table_args__ = (
        UniqueConstraint("matter_id", "subject", "step", name="nobody_is_told_twice"),
        Index(
            "notices_to_do",
            "try_at",
            postgresql_where=text("state IN ('due', 'claimed', 'uncertain')"),
        ),
    )

    matter_id: UUID = Field(foreign_key="matters.id", ondelete="CASCADE")
    subject: str
    step: int
    """0: as soon as it was found. 1: nobody acted. Then one a day."""
    state: NoticeState = Field(sa_type=words(NoticeState, "notice_state"))


class Deputy(SQLModel, table=True):
    """Who is told instead of a member of staff, on certain days of London's calendar, both ends included."""

    __tablename__ = "staff_deputies"
    __table_args__ = (
        CheckConstraint("subject <> deputy", name="nobody_is_their_own_deputy"),
        CheckConstraint("first_day <= last_day", name="a_deputy_begins_before_the_end"),
    )

    subject: str = Field(primary_key=True)
    deputy: str
    first_day: date
    last_day: date
