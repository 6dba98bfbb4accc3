"""Lists out: caseworkers' keys, requests for a list, the encrypted file in pieces, and canaries.

No column holds a detail of a person: a list lies in `export_chunks` under two keys, of which the database
has neither.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Index, SmallInteger, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field, SQLModel

from service.database import BYTES, MOMENT, words
from service.exports.states import ExportState
from service.exports.words import Purpose, Refusal


class RecipientKey(SQLModel, table=True):
    """The public half of a caseworker's key. Lists are encrypted to it once another person confirmed it."""

    __tablename__ = "recipient_keys"
    __table_args__ = (
        UniqueConstraint("recipient", name="a_key_is_enrolled_once"),
        CheckConstraint("recipient ~ '^age1[02-9ac-hj-np-z]{58}$'", name="a_recipient_is_of_age"),
        CheckConstraint("confirmed_by <> subject", name="another_person_confirms_a_key"),
        CheckConstraint(
            "(confirmed_by IS NULL) = (confirmed_at IS NULL)", name="a_key_is_confirmed_by_somebody"
        ),
        CheckConstraint("(revoked_by IS NULL) = (revoked_at IS NULL)", name="a_key_is_revoked_by_somebody"),
        Index(
            "one_key_in_use_a_person",
            "subject",
            unique=True,
            postgresql_where=text("confirmed_at IS NOT NULL AND revoked_at IS NULL"),
        ),
        Index(
            "one_key_waits_a_person",
            "subject",
            unique=True,
            postgresql_where=text("confirmed_at IS NULL AND revoked_at IS NULL"),
        ),
    )

    id: UUID = Field(primary_key=True)
    subject: str
    recipient: str
    """`age1…`, X25519."""
    fingerprint: str
    """What two people compare (`service.crypto.recipients.fingerprint`)."""
    enrolled_at: datetime = Field(sa_type=MOMENT)
    confirmed_by: str | None = None
    confirmed_at: datetime | None = Field(default=None, sa_type=MOMENT)
    revoked_by: str | None = None
    revoked_at: datetime | None = Field(default=None, sa_type=MOMENT)


class Export(SQLModel, table=True):
    """A list: who asked for what, who agreed, what became of it. Staff insert what comes before its state."""

    __tablename__ = "exports"
    __table_args__ = (
        CheckConstraint("row_cap BETWEEN 1 AND 1000000", name="a_cap_is_a_count"),
        CheckConstraint("cardinality(columns) > 0", name="a_list_has_columns"),
        CheckConstraint("request_sha256 ~ '^[0-9a-f]{64}$'", name="a_request_hash_is_hex"),
        CheckConstraint("decided_by <> requested_by", name="another_person_decides"),
        CheckConstraint("(decided_by IS NULL) = (decided_at IS NULL)", name="a_list_is_decided_by_somebody"),
        CheckConstraint("(state = 'refused') = (refused_why IS NOT NULL)", name="a_refusal_says_why"),
        CheckConstraint(
            "state IN ('requested', 'refused') OR decided_by IS NOT NULL", name="a_list_is_approved_first"
        ),
        CheckConstraint(
            "(state = 'building') = (build IS NOT NULL) AND (state = 'building') = (lease_until IS NOT NULL)",
            name="one_worker_builds_a_list",
        ),
        CheckConstraint(
            "num_nulls(rows, sha256, built_at, expires_at, manifest, signature) IN (0, 6)",
            name="a_list_is_built_whole",
        ),
        CheckConstraint(
            "state NOT IN ('ready', 'downloaded', 'released', 'expired') OR built_at IS NOT NULL",
            name="what_is_ready_was_built",
        ),
        CheckConstraint(
            "state NOT IN ('downloaded', 'released') OR downloaded_at IS NOT NULL",
            name="downloaded_when_it_was_downloaded",
        ),
        CheckConstraint(
            "(state = 'released') <= (released_at IS NOT NULL)", name="released_when_it_was_released"
        ),
        CheckConstraint(
            "(released_at IS NOT NULL) <= (downloaded_at IS NOT NULL)", name="released_after_the_download"
        ),
        Index("exports_of_a_scheme", "scheme_id", "id"),
        Index("exports_to_a_key", "key_id"),
        Index(
            "exports_under_way",
            "state",
            postgresql_where=text("state NOT IN ('expired', 'refused')"),
        ),
    )

    id: UUID = Field(primary_key=True)
    scheme_id: UUID = Field(foreign_key="schemes.id")
    purpose: Purpose = Field(sa_type=words(Purpose, "export_purpose"))
    reference: str
    columns: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    filter: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    """As an audience (`service.updates.body.Audience`), without what was left out."""
    row_cap: int
    people: int
    """How many the filter meant when it was asked for."""
    key_id: UUID = Field(foreign_key="recipient_keys.id")
    fingerprint: str
    """Of that key, at the request."""
    requested_by: str
    requested_at: datetime = Field(sa_type=MOMENT)
    request_sha256: str
    """Over all of the above: what is approved."""
    state: ExportState = Field(sa_type=words(ExportState, "export_state"))
    decided_by: str | None = None
    decided_at: datetime | None = Field(default=None, sa_type=MOMENT)
    refused_why: Refusal | None = Field(default=None, sa_type=words(Refusal, "export_refusal"))
    build: UUID | None = None
    """Which worker's build it is, while there is one."""
    lease_until: datetime | None = Field(default=None, sa_type=MOMENT)
    """When a worker that builds it, and is not heard of, is taken for dead."""
    rows: int | None = None
    """Lines of the file after its header: people, and the canaries among them."""
    sha256: str | None = None
    """Of the file as it is downloaded."""
    built_at: datetime | None = Field(default=None, sa_type=MOMENT)
    expires_at: datetime | None = Field(default=None, sa_type=MOMENT)
    manifest: dict[str, Any] | None = Field(default=None, sa_column=Column(JSONB(none_as_null=True)))
    signature: bytes | None = Field(default=None, sa_type=BYTES)
    downloaded_at: datetime | None = Field(default=None, sa_type=MOMENT)
    released_at: datetime | None = Field(default=None, sa_type=MOMENT)
    """When its key was first handed over: since when its holder could have opened it."""


class ExportChunk(SQLModel, table=True):
    """A piece of an encrypted list: the only place where it lies, until it is downloaded or expires."""

    __tablename__ = "export_chunks"

    export_id: UUID = Field(primary_key=True, foreign_key="exports.id")
    n: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    data: bytes = Field(sa_type=BYTES)


class Canary(SQLModel, table=True):
    """A contact or the number of somebody who does not exist, and stands in one list. Blind indexes only."""

    __tablename__ = "canaries"
    __table_args__ = (CheckConstraint("octet_length(blind_index) = 32", name="a_canarys_index_is_a_mac"),)

    blind_index: bytes = Field(primary_key=True, sa_type=BYTES)
    export_id: UUID = Field(primary_key=True, foreign_key="exports.id")
    person: int = Field(sa_type=SmallInteger)
    """Which of the two in that list."""
