"""The word: somebody says that an update under embargo may leave, and from then on it does.

The database keeps who and when, lets it be said once, and lets nothing be sent before
(`migrations/sql/0010_window.sql`).
"""

from datetime import datetime
from typing import Final
from uuid import UUID

from service.audit import chain
from service.audit.events import WordGiven
from service.database import Transaction
from service.errors import Conflict
from service.staff.members import describe
from service.staff.principal import Staff, require
from service.staff.roles import Act
from service.staff.step_up import require_fresh
from service.updates.content import waits_for_word
from service.updates.drafting import current_version, locked
from service.updates.reading import approval_of
from service.updates.states import UpdateState
from service.updates.tables import Update
from service.updates.windows import not_before

WAITING: Final = (UpdateState.APPROVED, UpdateState.HALTED)


class NoWordAwaited(Conflict):
    """This update does not wait for anybody's word."""

    code = "no-word-awaited"


async def give_word(tx: Transaction, staff: Staff, update_id: UUID, *, now: datetime) -> Update:
    """Say that an approved update may leave: now, or when its hold window and the night are over.

    One that was halted meanwhile stays so until a senior resumes it. Raises `NotYourRole`, a step-up
    error, `NoWordAwaited`.
    """
    require(staff, Act.GIVE_WORD)
    update = await locked(tx, update_id)
    require_fresh(staff, now)
    content = (await current_version(tx, update)).content
    if not waits_for_word(content) or update.word_at is not None or update.state not in WAITING:
        raise NoWordAwaited
    await describe(tx, staff, now=now)
    approval = await approval_of(tx, update)
    update.word_by, update.word_at = staff.subject, now
    update.not_before = await not_before(
        tx,
        update,
        content,
        held_until=max(now, approval.held_until or now) if approval else now,
        urgent=approval is not None and approval.urgent_reason is not None,
    )
    tx.add(update)
    await tx.flush()
    await chain.append(tx, WordGiven(actor=staff.subject, update=update.id, version=update.version), now=now)
    return update
