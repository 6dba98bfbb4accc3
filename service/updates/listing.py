"""A scheme's updates, newest first, a page at a time."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlmodel import col, func, select

from service.database import Transaction
from service.updates.states import UpdateState
from service.updates.tables import Update, UpdateVersion

PAGE: Final = 30
"""Updates on one page."""


@dataclass(frozen=True)
class Listed:
    """An update as a list shows it."""

    id: UUID
    title: str
    """Empty in a draft that has none yet."""
    state: UpdateState
    version: int
    created_by: str
    created_at: datetime
    edited_by: str
    edited_at: datetime
    submitted_by: str | None
    submitted_at: datetime | None
    planned: int
    sent_at: datetime | None
    sent_back_why: str | None
    halted_why: str | None


@dataclass(frozen=True)
class UpdateList:
    """One page of a scheme's updates."""

    updates: tuple[Listed, ...]
    after: UUID | None
    """What to ask for the next page with; None on the last one."""
    counts: Mapping[UpdateState, int]
    """How many there are in each state, on all pages, whichever states were asked for."""


async def list_updates(
    tx: Transaction,
    scheme_id: UUID,
    *,
    states: Collection[UpdateState] = tuple(UpdateState),
    after: UUID | None = None,
    page: int = PAGE,
) -> UpdateList:
    """The updates in these states, newest first, from behind `after` on. Two queries."""
    # An id begins with the time at which it was made.
    older = [col(Update.id) < after] if after is not None else []
    found = await tx.exec(
        select(
            Update, UpdateVersion.content["title"].astext, UpdateVersion.edited_by, UpdateVersion.edited_at
        )
        .join(
            UpdateVersion,
            (col(UpdateVersion.update_id) == col(Update.id))
            & (col(UpdateVersion.version) == col(Update.version)),
        )
        .where(Update.scheme_id == scheme_id, col(Update.state).in_(states), *older)
        .order_by(col(Update.id).desc())
        .limit(page + 1)
    )
    rows = found.all()
    counted = await tx.exec(
        select(Update.state, func.count()).where(Update.scheme_id == scheme_id).group_by(col(Update.state))
    )
    return UpdateList(
        updates=tuple(_listed(*row) for row in rows[:page]),
        after=rows[page - 1][0].id if len(rows) > page else None,
        counts=dict.fromkeys(UpdateState, 0) | {UpdateState(state): count for state, count in counted},
    )


def _listed(update: Update, title: str, edited_by: str, edited_at: datetime) -> Listed:
    return Listed(
        id=update.id,
        title=title,
        state=update.state,
        version=update.version,
        created_by=update.created_by,
        created_at=update.created_at,
        edited_by=edited_by,
        edited_at=edited_at,
        submitted_by=update.submitted_by,
        submitted_at=update.submitted_at,
        planned=update.planned,
        sent_at=update.sent_at,
        sent_back_why=update.sent_back_why,
        halted_why=update.halted_why,
    )
