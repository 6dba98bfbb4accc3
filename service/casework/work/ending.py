"""Ending work sessions whose seven days are over."""

from datetime import datetime
from typing import Final

from sqlalchemy import update
from sqlmodel import col

from service.audit import chain
from service.audit.work_events import WorkEnded
from service.casework.work.tables import WorkSession
from service.casework.work.words import UNDER_WAY, SessionState
from service.database import Transaction

ACTOR: Final = "worker:tidy"


async def end_overdue(tx: Transaction, *, now: datetime) -> None:
    """Say of every session that was not decided about, or not finished, in time that it is over."""
    ended = await tx.execute(
        update(WorkSession)
        .where(
            col(WorkSession.state).in_((SessionState.REQUESTED, *UNDER_WAY)), col(WorkSession.ends_at) <= now
        )
        .values(state=SessionState.EXPIRED)
        .returning(col(WorkSession.id))
    )
    for session in sorted(ended.scalars()):
        await chain.append(tx, WorkEnded(actor=ACTOR, session=session, how="expired"), now=now)
