"""Staff as the issuer last described them, and their sessions."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Column, Text, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel
from uuid6 import uuid7

from service.database import BYTES, MOMENT


class StaffMember(SQLModel, table=True):
    """One whom the issuer vouched for, so that the database can refuse what a role forbids."""

    __tablename__ = "staff_members"

    subject: str = Field(primary_key=True)
    roles: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    seen_at: datetime = Field(sa_type=MOMENT)
    id: UUID = Field(
        default_factory=uuid7, unique=True, sa_column_kwargs={"server_default": text("gen_random_uuid()")}
    )
    """What their address is sealed to: a subject may be an address itself."""
    sealed_email: bytes | None = Field(default=None, sa_type=BYTES)
    """Where the workers tell them that something waits; None until they have signed in on a page."""


class StaffSession(SQLModel, table=True):
    __tablename__ = "staff_sessions"

    id_hash: bytes = Field(primary_key=True, sa_type=BYTES)
    subject: str = Field(index=True)
    roles: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    encrypted: bytes = Field(sa_type=BYTES)
    """Their name and address, under a key that only the cookie gives."""
    auth_time: datetime | None = Field(default=None, sa_type=MOMENT)
    started_at: datetime = Field(sa_type=MOMENT, index=True)
    seen_at: datetime = Field(sa_type=MOMENT)


class UsedSignIn(SQLModel, table=True):
    """A sign-in that succeeded: its state, nonce and verifier count no second time."""

    __tablename__ = "used_sign_ins"

    state_hash: bytes = Field(primary_key=True, sa_type=BYTES)
    used_at: datetime = Field(sa_type=MOMENT, index=True)


class HeldForm(SQLModel, table=True):
    """What somebody typed before they were asked to sign in again, encrypted under their browser's key."""

    __tablename__ = "held_forms"

    id_hash: bytes = Field(primary_key=True, sa_type=BYTES)
    subject: str
    encrypted: bytes = Field(sa_type=BYTES)
    expires_at: datetime = Field(sa_type=MOMENT, index=True)
