"""Updates, their versions, the approvals over them, and the frozen audience."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, ForeignKeyConstraint, Index, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field, SQLModel

from service.database import MOMENT, words
from service.registrations.words import Channel, Language
from service.updates.states import UpdateState


class Update(SQLModel, table=True):
    """What comms publish. Its words and rule are in `update_versions`; the current one counts."""

    __tablename__ = "updates"
    __table_args__ = (
        CheckConstraint("planned >= 0", name="planned_is_a_count"),
        CheckConstraint(
            "state IN ('draft', 'preparing') OR audience_sha256 IS NOT NULL", name="frozen_after_preparing"
        ),
        CheckConstraint("(state = 'halted') = (halted_why IS NOT NULL)", name="a_halt_says_why"),
        # Without its time no approval could be told to have come after it.
        CheckConstraint(
            "state = 'draft' OR submitted_at IS NOT NULL", name="what_leaves_a_draft_was_submitted"
        ),
        CheckConstraint("ramp_percent BETWEEN 0 AND 100", name="the_ramp_is_a_percentage"),
        ForeignKeyConstraint(
            ["id", "version"],
            ["update_versions.update_id", "update_versions.version"],
            name="current_version_exists",
            deferrable=True,
            initially="DEFERRED",
            use_alter=True,
        ),
        Index("updates_of_a_scheme", "scheme_id", "id"),
    )

    id: UUID = Field(primary_key=True)
    scheme_id: UUID = Field(foreign_key="schemes.id")
    state: UpdateState = Field(sa_type=words(UpdateState, "update_state"), index=True)
    version: int
    created_by: str
    created_at: datetime = Field(sa_type=MOMENT)
    submitted_by: str | None = None
    submitted_at: datetime | None = Field(default=None, sa_type=MOMENT)
    submitters: list[str] = Field(
        default_factory=list, sa_column=Column(ARRAY(Text), nullable=False, server_default="{}")
    )
    """Everybody who ever submitted it, kept by the database itself."""
    audience_sha256: str | None = None
    planned: int = 0
    approved_at: datetime | None = Field(default=None, sa_type=MOMENT)
    not_before: datetime | None = Field(default=None, sa_type=MOMENT)
    """The end of the hold window, or `send_at` where that is later."""
    sending_since: datetime | None = Field(default=None, sa_type=MOMENT)
    resumed_at: datetime | None = Field(default=None, sa_type=MOMENT)
    """When a senior last let it go on: what bounced before then does not halt it again."""
    ramp_percent: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    """How much of it may be handed over by now (`service.deliveries.ramping`)."""
    ramp_since: datetime | None = Field(default=None, sa_type=MOMENT)
    """When the present step of the ramp was handed over whole; None while it is not."""
    sent_at: datetime | None = Field(default=None, sa_type=MOMENT)
    halted_why: str | None = None
    sent_back_why: str | None = None
    """Why preparing, or an approver, gave it back to its author."""


class UpdateVersion(SQLModel, table=True):
    """One state of an update's words, rule and window. Never changed: an edit adds the next one."""

    __tablename__ = "update_versions"
    __table_args__ = (CheckConstraint("content_sha256 ~ '^[0-9a-f]{64}$'", name="a_content_hash_is_hex"),)

    update_id: UUID = Field(primary_key=True, foreign_key="updates.id")
    version: int = Field(primary_key=True)
    content: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    """As hashed: see `service.updates.content`."""
    content_sha256: str
    edited_by: str
    edited_at: datetime = Field(sa_type=MOMENT)


class Submission(SQLModel, table=True):
    """One handing in of one version, with what was said to its findings. Never changed.

    The database keeps only the row of the submission that an update is in at that moment.
    """

    __tablename__ = "submissions"
    __table_args__ = (
        ForeignKeyConstraint(
            ["update_id", "version"], ["update_versions.update_id", "update_versions.version"]
        ),
        CheckConstraint("jsonb_typeof(reasons) = 'object'", name="reasons_are_by_finding"),
    )

    update_id: UUID = Field(primary_key=True)
    submitted_at: datetime = Field(primary_key=True, sa_type=MOMENT)
    version: int
    submitted_by: str
    reasons: dict[str, str] = Field(sa_column=Column(JSONB, nullable=False))
    """By the key of a finding (`service.updates.checking.finding`): why it may stay."""


class Approval(SQLModel, table=True):
    """A senior person's decision on exact words and exact people. Never changed."""

    __tablename__ = "approvals"
    __table_args__ = (
        ForeignKeyConstraint(
            ["update_id", "version"], ["update_versions.update_id", "update_versions.version"]
        ),
        CheckConstraint("decision IN ('approve', 'send_back')", name="approvals_decide"),
        CheckConstraint("decided_as = 'senior'", name="only_seniors_decide"),
    )

    id: UUID = Field(primary_key=True)
    update_id: UUID = Field(index=True)
    version: int
    content_sha256: str
    audience_sha256: str
    decision: str
    decided_by: str
    decided_as: str
    comment: str | None = None
    decided_at: datetime = Field(sa_type=MOMENT)


class AudienceMember(SQLModel, table=True):
    """One frozen person of an update, with the one contact that the update reaches them by."""

    __tablename__ = "audience_members"
    __table_args__ = (Index("audience_at_a_contact", "update_id", "contact_id"),)

    update_id: UUID = Field(primary_key=True, foreign_key="updates.id")
    registration_id: UUID = Field(primary_key=True)
    """A bare id: it outlives an erasure."""
    contact_id: UUID
    channel: Channel = Field(sa_type=words(Channel, "audience_channel"))
    language: Language = Field(sa_type=words(Language, "audience_language"))


class NotifyTemplate(SQLModel, table=True):
    """Notify's template as the workers last saw it. An update is approved for one version of it."""

    __tablename__ = "notify_templates"

    channel: Channel = Field(primary_key=True, sa_type=words(Channel, "template_channel"))
    template_id: UUID
    version: int
    seen_at: datetime = Field(sa_type=MOMENT)
