"""Errands: what staff ask of a worker, because only workers open, index and reach Notify."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from service.crypto.envelope import Place
from service.database import BYTES, MOMENT, words


class ErrandKind(StrEnum):
    """What a worker is asked for."""

    TEST_SEND = "test-send"
    """An update's words to whoever asks, and to nobody else."""
    KNOWN_DETAILS = "known-details"
    """Whether somebody is registered at an address or number that stood in a draft (docs/decisions/0011)."""
    SEARCH = "search"
    """Which registrations there are at an address or number, or with a registration number."""
    REVEAL = "reveal"
    """One person's details, once, sealed to whoever asked."""
    ASSIST = "assist"
    """A registration for somebody who rang or wrote."""
    REPLACE = "replace"
    """Another address of somebody who is registered, which they told a caseworker (docs/decisions/0013)."""
    WORK_ITEM = "work-item"
    """The details of the next person of a work session that another person approved."""
    RELEASE = "release"
    """The key that opens an exported list, sealed to the caseworker whose list it is."""


class Errand(SQLModel, table=True):
    """One errand. The staff process inserts it and reads its answer; what was asked it cannot read again.

    No server defaults: the staff process inserts the first seven columns and no others.
    """

    __tablename__ = "errands"
    __table_args__ = (
        CheckConstraint("(taken_at IS NULL) = (sealed IS NOT NULL)", name="what_was_asked_goes_when_taken"),
        CheckConstraint("answered_at IS NULL OR taken_at IS NOT NULL", name="answered_after_it_was_taken"),
        CheckConstraint(
            "num_nonnulls(answer, sealed_answer) = CASE WHEN answered_at IS NULL THEN 0 ELSE 1 END",
            name="an_answer_is_open_or_sealed",
        ),
        Index("errands_to_do", "kind", "asked_at", postgresql_where=text("taken_at IS NULL")),
        Index("errands_of_somebody", "asked_by", "kind", "asked_at"),
    )

    id: UUID = Field(primary_key=True)
    kind: ErrandKind = Field(sa_type=words(ErrandKind, "errand_kind"))
    scheme_id: UUID = Field(foreign_key="schemes.id")
    sealed: bytes | None = Field(default=None, sa_type=BYTES)
    """What is asked, sealed to the scheme's key; gone as soon as a worker has it."""
    asked_by: str
    asked_at: datetime = Field(sa_type=MOMENT)
    expires_at: datetime = Field(sa_type=MOMENT)
    """When nobody waits for it any more: from then on it is not begun."""
    taken_at: datetime | None = Field(default=None, sa_type=MOMENT)
    answered_at: datetime | None = Field(default=None, sa_type=MOMENT)
    answer: dict[str, Any] | None = Field(default=None, sa_column=Column(JSONB(none_as_null=True)))
    """Codes and counts. Never a detail of a person."""
    sealed_answer: bytes | None = Field(default=None, sa_type=BYTES)
    """An answer with a person's details, sealed to a key that only the process that asked has."""


def errand_place(row: UUID) -> Place:
    """Where what is asked lies: it opens there and nowhere else."""
    return Place("errands", "sealed", row)


def answer_place(row: UUID) -> Place:
    """Where a sealed answer lies."""
    return Place("errands", "sealed_answer", row)
