"""Which workers are there: what the local share of the pace rests on."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field, SQLModel

from service.database import MOMENT


class Heartbeat(SQLModel, table=True):
    """One worker process that hands messages over, and when it was last seen."""

    __tablename__ = "heartbeats"

    worker: UUID = Field(primary_key=True)
    seen_at: datetime = Field(sa_type=MOMENT)
