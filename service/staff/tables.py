"""Staff as the issuer last described them, so that the database can refuse what a role forbids."""

from datetime import datetime

from sqlalchemy import Column, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel

from service.database import MOMENT


class StaffMember(SQLModel, table=True):
    __tablename__ = "staff_members"

    subject: str = Field(primary_key=True)
    roles: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    seen_at: datetime = Field(sa_type=MOMENT)
