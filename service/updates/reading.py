"""Looking at an update without locking it."""

from uuid import UUID

from sqlalchemy import and_
from sqlmodel import col, select

from service.database import Transaction
from service.updates.approval import Decision
from service.updates.drafting import NoSuchUpdate
from service.updates.tables import Approval, Update, UpdateVersion


async def get_update(tx: Transaction, update_id: UUID) -> Update:
    """The update. Raises `NoSuchUpdate`."""
    update = (
        await tx.exec(select(Update).where(Update.id == update_id).execution_options(populate_existing=True))
    ).one_or_none()
    if update is None:
        raise NoSuchUpdate
    return update


async def is_urgent(tx: Transaction, update: Update) -> bool:
    """Whether its approver shortened the hold window."""
    approval = await approval_of(tx, update)
    return approval is not None and approval.urgent_reason is not None


async def approval_of(tx: Transaction, update: Update) -> Approval | None:
    """Who approved the words that it has now; None where nobody did, or needed to (one recipient)."""
    return (
        await tx.exec(
            select(Approval)
            .where(
                Approval.update_id == update.id,
                Approval.version == update.version,
                Approval.decision == Decision.APPROVE.value,
            )
            .order_by(col(Approval.decided_at).desc())
        )
    ).first()


async def notices_of(tx: Transaction, import_id: UUID) -> list[Update]:
    """The updates whose words as they are now are for those of one import, newest first."""
    found = await tx.exec(
        select(Update)
        .join(
            UpdateVersion,
            and_(
                col(UpdateVersion.update_id) == col(Update.id),
                col(UpdateVersion.version) == col(Update.version),
            ),
        )
        .where(UpdateVersion.content["audience"]["imported_in"].astext == str(import_id))
        .order_by(col(Update.created_at).desc())
    )
    return list(found.all())
