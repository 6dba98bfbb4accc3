"""What lies on the desks of staff: updates that wait for somebody, leave now, have stopped, left lately."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import and_, or_
from sqlalchemy.orm import aliased
from sqlmodel import col, func, select

from service.database import Transaction
from service.staff.principal import Subject
from service.updates.content import waits_for_word
from service.updates.states import UpdateState
from service.updates.tables import Update, UpdateVersion

LATELY: Final = timedelta(days=30)
AT_MOST: Final = 100
"""Updates on all desks together. The list of updates has the others."""
IN_HAND: Final = (
    UpdateState.PREPARING,
    UpdateState.AWAITING_APPROVAL,
    UpdateState.APPROVED,
    UpdateState.SENDING,
    UpdateState.HALTED,
)


@dataclass(frozen=True)
class OnDesk:
    """One update, as it concerns those who have to act on it."""

    id: UUID
    title: str
    """Empty in a draft that has none yet."""
    state: UpdateState
    authors: frozenset[str]
    """Everybody who created, changed or submitted it: none of them approves it."""
    saved_at: datetime
    submitted_at: datetime | None
    planned: int
    not_before: datetime | None
    waits_for_word: bool
    """It is approved, and leaves when somebody says so."""
    sent_back_why: str | None


async def desk(tx: Transaction, subject: Subject, *, now: datetime) -> list[OnDesk]:
    """Updates in hand, those that left within a month, and one's own drafts, newest first. One query."""
    any_version = aliased(UpdateVersion)
    editors = (
        select(func.array_agg(col(any_version.edited_by).distinct()))
        .where(col(any_version.update_id) == col(Update.id))
        .scalar_subquery()
    )
    rows = await tx.exec(
        select(Update, UpdateVersion, editors)
        .join(
            UpdateVersion,
            (col(UpdateVersion.update_id) == col(Update.id))
            & (col(UpdateVersion.version) == col(Update.version)),
        )
        .where(
            or_(
                col(Update.state).in_(IN_HAND),
                and_(col(Update.state) == UpdateState.SENT, col(Update.sent_at) > now - LATELY),
                and_(
                    col(Update.state) == UpdateState.DRAFT,
                    or_(col(Update.created_by) == subject, col(UpdateVersion.edited_by) == subject),
                ),
            )
        )
        .order_by(col(Update.id).desc())
        .limit(AT_MOST)
    )
    return [_on_desk(*row) for row in rows]


def _on_desk(update: Update, version: UpdateVersion, editors: list[str]) -> OnDesk:
    waits = update.state is UpdateState.APPROVED and update.word_at is None
    return OnDesk(
        id=update.id,
        title=version.content["title"],
        state=update.state,
        authors=frozenset({update.created_by, *editors, *update.submitters}),
        saved_at=version.edited_at,
        submitted_at=update.submitted_at,
        planned=update.planned,
        not_before=update.not_before,
        waits_for_word=waits and waits_for_word(version.content),
        sent_back_why=update.sent_back_why,
    )
