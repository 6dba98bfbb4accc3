"""Texts that people send: sealed by the process that hears from Notify, opened by a worker."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from service.database import BYTES, MOMENT


class ReceivedText(SQLModel, table=True):
    """One text. The process that hears from Notify inserts the first three columns and can read none."""

    __tablename__ = "received_texts"
    __table_args__ = (
        Index("received_texts_to_read", "received_at", postgresql_where=text("read_at IS NULL")),
    )

    id: UUID = Field(primary_key=True)
    """Notify's own, so that one that comes twice is there once."""
    sealed: bytes = Field(sa_type=BYTES)
    """The number that it came from, and its words: JSON, sealed."""
    received_at: datetime = Field(sa_type=MOMENT)
    read_at: datetime | None = Field(default=None, sa_type=MOMENT)
    """When a worker saw that it does not say to stop. From then on it waits for a caseworker."""
    scheme_id: UUID | None = Field(default=None, foreign_key="schemes.id")
    """Whose answer it is; None where the number is nobody's, or of several schemes."""
