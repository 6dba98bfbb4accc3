"""Schemes: what people register with, its topics, its public addresses and its public keys."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from service.database import BYTES, MOMENT, words


class DetailKind(StrEnum):
    """What the outgoing guard looks for, and what else is looked for before an approval."""

    EMAIL = "email"
    PHONE = "phone"
    HOST = "host"
    """Where links may lead, beside GOV.UK."""
    POSTCODE = "postcode"
    REFERENCE = "reference"
    """A number that looks like somebody's case, and is everybody's."""


class Scheme(SQLModel, table=True):
    __tablename__ = "schemes"
    __table_args__ = (
        CheckConstraint("slug ~ '^[a-z][a-z0-9-]{1,39}$'", name="slug_is_a_word_of_a_url"),
        CheckConstraint("open = (closed_on IS NULL)", name="closed_schemes_have_a_date"),
    )

    id: UUID = Field(primary_key=True)
    slug: str = Field(unique=True)
    name_en: str
    name_cy: str
    open: bool
    closed_on: date | None = None
    privacy_notice: str
    """Where the notice can be read."""
    privacy_notice_version: str
    lawful_basis: str
    reply_to_id: str | None = None
    """Notify's id of the address that answers go to; somebody reads it."""
    about: dict[str, Any] = Field(
        default_factory=dict, sa_column=Column(JSONB, nullable=False, server_default="{}")
    )
    """`service.schemes.about.About`, as JSON."""
    created_at: datetime = Field(sa_type=MOMENT)


class SchemeTopic(SQLModel, table=True):
    __tablename__ = "scheme_topics"

    scheme_id: UUID = Field(primary_key=True, foreign_key="schemes.id")
    code: str = Field(primary_key=True)
    en: str
    cy: str
    position: int


class PublicDetail(SQLModel, table=True):
    """What the scheme publishes of itself: the outgoing guard and the checks let it pass."""

    __tablename__ = "scheme_public_details"

    scheme_id: UUID = Field(primary_key=True, foreign_key="schemes.id")
    kind: DetailKind = Field(primary_key=True, sa_type=words(DetailKind, "public_detail_kind"))
    value: str = Field(primary_key=True)
    """In index form: lower-cased address or host, E.164, upper case without spaces or hyphens."""


class PublicListChange(SQLModel, table=True):
    """A change to a scheme's public list: proposed by one person, answered by another."""

    __tablename__ = "public_list_changes"
    __table_args__ = (
        CheckConstraint(
            "(decision IS NULL) = (decided_by IS NULL) AND (decision IS NULL) = (decided_at IS NULL)",
            name="a_decision_is_whole",
        ),
        CheckConstraint("decision IN ('agree', 'refuse')", name="a_change_is_agreed_or_refused"),
        CheckConstraint(
            "decision IS DISTINCT FROM 'agree' OR decided_by <> proposed_by", name="two_people_agree"
        ),
        CheckConstraint(
            "(value IS NULL) = (decision IS NOT DISTINCT FROM 'refuse')", name="what_was_refused_is_not_kept"
        ),
        Index("public_list_changes_waiting", "scheme_id", postgresql_where=text("decision IS NULL")),
        Index(
            "one_proposal_of_a_kind",
            "scheme_id",
            "kind",
            "value",
            "adds",
            unique=True,
            postgresql_where=text("decision IS NULL"),
        ),
    )

    id: UUID = Field(primary_key=True)
    scheme_id: UUID = Field(foreign_key="schemes.id")
    kind: DetailKind = Field(sa_type=words(DetailKind, "proposed_detail_kind"))
    value: str | None = None
    adds: bool
    """Whether it goes onto the list; else it comes off."""
    why: str
    proposed_by: str
    proposed_at: datetime = Field(sa_type=MOMENT)
    decision: str | None = None
    decided_by: str | None = None
    decided_at: datetime | None = Field(default=None, sa_type=MOMENT)


class SealingKeyRow(SQLModel, table=True):
    """The public half of a scheme's key. The private half is wrapped in the key store."""

    __tablename__ = "sealing_keys"
    __table_args__ = (
        CheckConstraint("octet_length(public_key) = 32", name="x25519_keys_have_32_bytes"),
        Index(
            "one_current_key_a_scheme", "scheme_id", unique=True, postgresql_where=text("retired_at IS NULL")
        ),
    )

    key_id: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    scheme_id: UUID = Field(foreign_key="schemes.id")
    public_key: bytes = Field(sa_type=BYTES)
    made_at: datetime = Field(sa_type=MOMENT)
    retired_at: datetime | None = Field(default=None, sa_type=MOMENT)
