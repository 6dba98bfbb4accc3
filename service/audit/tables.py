"""The hash chain. Appended by `audit_append` alone; no role can change or remove an event."""

from sqlalchemy import BigInteger
from sqlmodel import Field, SQLModel

from service.database import BYTES


class AuditEvent(SQLModel, table=True):
    __tablename__ = "audit_events"

    seq: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    body: str
    """Canonical JSON, exactly as hashed: at, act, actor, object, details."""
    previous_hash: bytes = Field(sa_type=BYTES)
    hash: bytes = Field(sa_type=BYTES, unique=True)
    """SHA-256(previous_hash ‖ seq as 8 bytes ‖ body)."""
