"""Looking at an update without locking it."""

from uuid import UUID

from sqlmodel import select

from service.database import Transaction
from service.updates.drafting import NoSuchUpdate
from service.updates.tables import Update


async def get_update(tx: Transaction, update_id: UUID) -> Update:
    """The update. Raises `NoSuchUpdate`."""
    update = (
        await tx.exec(select(Update).where(Update.id == update_id).execution_options(populate_existing=True))
    ).one_or_none()
    if update is None:
        raise NoSuchUpdate
    return update
