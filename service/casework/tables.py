"""Who saw whose details."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlmodel import Field, SQLModel

from service.database import MOMENT, words


class RevealPurpose(StrEnum):
    """Why somebody has to see one person's details."""

    CALL_BACK = "call-back"
    IDENTITY_CHECK = "identity-check"
    CORRECTION = "correction"
    COMPLAINT = "complaint"
    SAFEGUARDING = "safeguarding"
    LEGAL = "legal"


class Reveal(SQLModel, table=True):
    """One person's details, shown once to one caseworker. It is there before they are opened, and stays.

    No server defaults: the staff process inserts it, and the workers open for nobody who has none.
    """

    __tablename__ = "reveals"
    __table_args__ = (
        CheckConstraint("reference ~ '^[A-Za-z0-9][A-Za-z0-9/ ._-]{0,39}$'", name="a_reference_is_short"),
        Index("reveals_to_somebody", "revealed_to", "revealed_at"),
        Index("reveals_of_a_registration", "registration_id", "revealed_at"),
    )

    id: UUID = Field(primary_key=True)
    registration_id: UUID
    """A bare id: it outlives an erasure."""
    revealed_to: str
    purpose: RevealPurpose = Field(sa_type=words(RevealPurpose, "reveal_purpose"))
    reference: str
    """The case that it is for, as staff name it. Nobody's detail."""
    revealed_at: datetime = Field(sa_type=MOMENT)
