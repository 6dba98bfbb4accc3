"""Work sessions: who may be opened one by one, by whom that was approved, and who opened whom.

People are here by the bare ids of their registrations. Nothing that anybody said on the telephone is.
"""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from service.casework.work.words import ItemState, Outcome, SessionState, WorkKind, WorkPurpose
from service.database import MOMENT, words

MOST_PEOPLE: Final = 300
"""In one session."""


class WorkSession(SQLModel, table=True):
    """Up to 300 people whom caseworkers may open one after the other, once another person approved it."""

    __tablename__ = "work_sessions"
    __table_args__ = (
        CheckConstraint("(kind = 'no-way-left') = (update_id IS NULL)", name="some_work_is_of_an_update"),
        CheckConstraint(f"people BETWEEN 1 AND {MOST_PEOPLE}", name="work_for_a_few_hundred"),
        CheckConstraint(
            "(decided_by IS NULL) = (decided_at IS NULL) AND (state = 'requested') <= (decided_by IS NULL) "
            "AND (state IN ('approved', 'working', 'finished', 'refused')) <= (decided_by IS NOT NULL)",
            name="work_is_decided_whole",
        ),
        CheckConstraint(
            "approved_sha256 IS NULL OR decided_by <> requested_by", name="another_person_approves_work"
        ),
        CheckConstraint(
            "(state NOT IN ('approved', 'working', 'finished') OR (approved_sha256 IS NOT NULL "
            "AND approved_sha256 = request_sha256)) AND (state = 'refused') <= (approved_sha256 IS NULL)",
            name="what_is_worked_on_was_approved",
        ),
        CheckConstraint(
            "ends_at <= coalesce(decided_at, requested_at) + interval '7 days'",
            name="work_ends_after_seven_days",
        ),
        Index(
            "work_sessions_to_end",
            "ends_at",
            postgresql_where=text("state IN ('requested', 'approved', 'working')"),
        ),
        Index("work_sessions_in_order", "requested_at"),
    )

    id: UUID = Field(primary_key=True)
    scheme_id: UUID = Field(foreign_key="schemes.id")
    kind: WorkKind = Field(sa_type=words(WorkKind, "work_kind"))
    update_id: UUID | None = Field(default=None, foreign_key="updates.id")
    purpose: WorkPurpose = Field(sa_type=words(WorkPurpose, "work_purpose"))
    reference: str = Field(max_length=40)
    """The department's own: a case, a list. It names nobody (`service.staff.references`)."""
    people: int
    request_sha256: str = Field(max_length=64)
    """Over all of the above and the ids of the people (`service.casework.work.requesting`)."""
    requested_by: str
    requested_at: datetime = Field(sa_type=MOMENT)
    state: SessionState = Field(sa_type=words(SessionState, "work_session_state"))
    decided_by: str | None = None
    decided_at: datetime | None = Field(default=None, sa_type=MOMENT)
    approved_sha256: str | None = Field(default=None, max_length=64)
    """What the approver had read. Workers compare it with what is there before they open anybody."""
    ends_at: datetime = Field(sa_type=MOMENT)


class WorkItem(SQLModel, table=True):
    """One person of one session."""

    __tablename__ = "work_items"
    __table_args__ = (
        UniqueConstraint("session_id", "registration_id", name="a_person_is_in_a_session_once"),
        CheckConstraint(
            "(state = 'waiting') = (opened_by IS NULL) AND (opened_by IS NULL) = (opened_at IS NULL) "
            "AND (state = 'open') = (lease_until IS NOT NULL)",
            name="whoever_is_opened_is_somebodys",
        ),
        CheckConstraint(
            "(state IN ('waiting', 'open')) = (outcome IS NULL) "
            "AND num_nonnulls(outcome, settled_by, settled_at) IN (0, 3) "
            "AND (settled_by IS NULL OR settled_by = opened_by)",
            name="whoever_opened_says_what_came_of_it",
        ),
        CheckConstraint(
            "(state = 'called_again') = (call_back_at IS NOT NULL)",
            name="whoever_is_called_again_has_a_time",
        ),
        Index("work_items_of_a_person", "registration_id", "settled_at"),
        Index(
            "one_person_open_a_caseworker",
            "opened_by",
            unique=True,
            postgresql_where=text("state = 'open'"),
        ),
    )

    id: UUID = Field(primary_key=True)
    session_id: UUID = Field(foreign_key="work_sessions.id")
    registration_id: UUID
    """A bare id: it outlives an erasure."""
    state: ItemState = Field(sa_type=words(ItemState, "work_item_state"))
    opened_by: str | None = None
    """Whoever opened them last."""
    opened_at: datetime | None = Field(default=None, sa_type=MOMENT)
    lease_until: datetime | None = Field(default=None, sa_type=MOMENT)
    """Until when nobody else gets them."""
    outcome: Outcome | None = Field(default=None, sa_type=words(Outcome, "work_outcome"))
    settled_by: str | None = None
    settled_at: datetime | None = Field(default=None, sa_type=MOMENT)
    call_back_at: datetime | None = Field(default=None, sa_type=MOMENT)
    no_message: bool = Field(default=False, sa_column_kwargs={"server_default": "false"})
    """Whether whoever rings them may not leave a message: as was last said of this person, in any session."""


class WorkOpening(SQLModel, table=True):
    """One time that one caseworker had somebody's details opened. It is never changed."""

    __tablename__ = "work_openings"
    __table_args__ = (Index("work_openings_of_an_item", "item_id"),)

    id: UUID = Field(primary_key=True)
    item_id: UUID = Field(foreign_key="work_items.id")
    opened_by: str
    opened_at: datetime = Field(sa_type=MOMENT)
