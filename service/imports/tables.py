"""Lists in: the file while it is here, what became of its rows, and the indexes of their addresses.

No column holds a detail in the clear. The file and its rows are sealed; headers and names of sheets are kept
with what looks like a detail blacked out; a row's account is a line number and codes.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from service.crypto.envelope import Place
from service.database import BYTES, MOMENT, words
from service.imports.states import ImportState, Verdict


class Import(SQLModel, table=True):
    """One list that somebody brings in."""

    __tablename__ = "imports"
    __table_args__ = (
        CheckConstraint(
            "(committed_by IS NULL) = (committed_at IS NULL)", name="what_was_committed_is_somebodys"
        ),
        CheckConstraint(
            "state NOT IN ('committed', 'done') OR committed_by IS NOT NULL", name="committed_by_somebody"
        ),
        CheckConstraint(
            "(state IN ('done', 'refused', 'given_up')) = (ended_at IS NOT NULL)", name="ended_when_it_ended"
        ),
        Index("imports_of_a_scheme", "scheme_id", "handed_in_at"),
        Index(
            "imports_to_do",
            "handed_in_at",
            postgresql_where=text("state IN ('arrived', 'matched', 'committed')"),
        ),
    )

    id: UUID = Field(primary_key=True)
    scheme_id: UUID = Field(foreign_key="schemes.id")
    reference: str
    """What the list is called where it was kept. No detail: `service.imports.arriving.reference`."""
    state: ImportState = Field(sa_type=words(ImportState, "import_state"))
    handed_in_by: str
    handed_in_at: datetime = Field(sa_type=MOMENT)
    bytes: int = 0
    seen: dict[str, Any] | None = Field(default=None, sa_column=Column(JSONB(none_as_null=True)))
    """The file, its sheets and columns (`service.imports.seeing`)."""
    why: str | None = None
    """Why it was refused: a code."""
    matching: dict[str, Any] | None = Field(default=None, sa_column=Column(JSONB(none_as_null=True)))
    """Which columns are what (`service.imports.matching`)."""
    matched_by: str | None = None
    counts: dict[str, Any] | None = Field(default=None, sa_column=Column(JSONB(none_as_null=True)))
    """How many rows there are of each verdict."""
    done_line: int = 0
    """How far the rows were looked at, or registered: the last line."""
    lease_until: datetime | None = Field(default=None, sa_type=MOMENT)
    """Until when a worker has it; another goes on from `done_line` afterwards."""
    committed_by: str | None = None
    committed_at: datetime | None = Field(default=None, sa_type=MOMENT)
    ended_at: datetime | None = Field(default=None, sa_type=MOMENT)


class ImportChunk(SQLModel, table=True):
    """A piece of the file. The staff process inserts it and cannot read it."""

    __tablename__ = "import_chunks"

    import_id: UUID = Field(primary_key=True, foreign_key="imports.id")
    number: int = Field(primary_key=True)
    id: UUID
    sealed: bytes = Field(sa_type=BYTES)


class ImportRow(SQLModel, table=True):
    """What becomes of one row; sealed, what is to be registered, until it is or the import ends."""

    __tablename__ = "import_rows"
    __table_args__ = (
        CheckConstraint("(verdict = 'new') OR sealed IS NULL", name="only_who_is_new_is_kept"),
        CheckConstraint(
            "(verdict = 'duplicate') = (duplicate_of IS NOT NULL)", name="a_duplicate_is_of_a_line"
        ),
        CheckConstraint(
            "(verdict = 'unusable') = (field IS NOT NULL) AND (field IS NULL) = (rule IS NULL)",
            name="what_cannot_be_used_breaks_a_rule",
        ),
    )

    import_id: UUID = Field(primary_key=True, foreign_key="imports.id")
    line: int = Field(primary_key=True)
    id: UUID
    verdict: Verdict = Field(sa_type=words(Verdict, "import_verdict"))
    duplicate_of: int | None = None
    field: str | None = None
    rule: str | None = None
    sealed: bytes | None = Field(default=None, sa_type=BYTES)


class ImportAddress(SQLModel, table=True):
    """Which line had an address first, by its blind index. Gone when the import ends."""

    __tablename__ = "import_addresses"
    __table_args__ = (CheckConstraint("octet_length(blind_index) = 32", name="an_imported_index_is_a_mac"),)

    import_id: UUID = Field(primary_key=True, foreign_key="imports.id")
    blind_index: bytes = Field(primary_key=True, sa_type=BYTES)
    line: int


def chunk_place(row: UUID) -> Place:
    """Where a piece of a file lies."""
    return Place("import_chunks", "sealed", row)


def row_place(row: UUID) -> Place:
    """Where a row that is to be registered lies."""
    return Place("import_rows", "sealed", row)
