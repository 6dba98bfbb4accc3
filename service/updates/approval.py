"""The approval: a different, senior person, over exact words and exact people (promise 4).

The database refuses the same things by itself (`migrations/sql/0001_updates.sql`, `0003_submitters.sql`),
so that a mistake here, or plain SQL as this process's role, approves nothing.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlmodel import select
from uuid6 import uuid7

from service.audit import chain
from service.audit.events import UpdateApproved, UpdateSentBack
from service.database import Transaction
from service.errors import Conflict, Forbidden
from service.schemes.reading import public_list
from service.staff.members import describe
from service.staff.principal import Staff, require
from service.staff.roles import Act, Role
from service.staff.step_up import require_fresh
from service.updates.checking.personal import refuse_details
from service.updates.content import send_time
from service.updates.drafting import back_to_draft, current_version, locked
from service.updates.states import UpdateState, WrongState
from service.updates.tables import Approval, Update, UpdateVersion
from service.updates.windows import not_before


class Decision(StrEnum):
    APPROVE = "approve"
    SEND_BACK = "send_back"


class SelfApproval(Forbidden):
    """Whoever created, edited or submitted an update cannot approve it."""

    code = "self-approval"


class StaleApproval(Conflict):
    """The words, the people or what was said to the findings have changed since you read. Read it again."""

    code = "stale-approval"


async def decide(
    tx: Transaction,
    staff: Staff,
    update_id: UUID,
    decision: Decision,
    *,
    content_sha256: str,
    audience_sha256: str,
    comment: str | None,
    hold_window: timedelta,
    urgent_reason: str | None = None,
    submitted_at: datetime | None = None,
    now: datetime,
) -> Update:
    """Approve these very words and people, or send them back with a reason.

    `submitted_at` is when what was read had been submitted: the same words may come again with other reasons
    for their findings. A program that read none may leave it out.
    What is urgent has a reason for a `hold_window` that is shorter than the usual, and leaves at any hour.
    Raises `NotYourRole`, `SelfApproval`, a step-up error, `WrongState`, `StaleApproval`, and `Invalid` for a
    comment or a reason with somebody's details in it.
    An update that is overdue when it is approved goes back to its author instead.
    """
    require(staff, Act.APPROVE_UPDATE)
    update = await locked(tx, update_id)
    if staff.subject in await authors_of(tx, update):
        raise SelfApproval
    require_fresh(staff, now)
    refuse_details(
        {"comment": comment, "urgent_reason": urgent_reason}, await public_list(tx, update.scheme_id)
    )
    if update.state is not UpdateState.AWAITING_APPROVAL:
        raise WrongState(f"The update is {update.state.value}; it does not await an approval.")
    version = await current_version(tx, update)
    if (content_sha256, audience_sha256) != (version.content_sha256, update.audience_sha256):
        raise StaleApproval
    if submitted_at is not None and submitted_at != update.submitted_at:
        raise StaleApproval
    await describe(tx, staff, now=now)
    approves = decision is Decision.APPROVE
    tx.add(
        Approval(
            id=uuid7(),
            update_id=update.id,
            version=version.version,
            content_sha256=version.content_sha256,
            audience_sha256=audience_sha256,
            decision=decision.value,
            decided_by=staff.subject,
            decided_as=Role.SENIOR.value,
            comment=comment,
            decided_at=now,
            held_until=now + hold_window if approves else None,
            urgent_reason=urgent_reason if approves else None,
        )
    )
    await tx.flush()
    send_at = send_time(version.content)
    overdue = approves and send_at is not None and send_at < now
    if approves and not overdue:
        update.state = UpdateState.APPROVED
        update.approved_at = now
        update.not_before = await not_before(
            tx, update, version.content, held_until=now + hold_window, urgent=urgent_reason is not None
        )
    else:
        back_to_draft(update)
        update.sent_back_why = "overdue" if overdue else (comment or "sent back")
    tx.add(update)
    await tx.flush()
    await chain.append(
        tx, _event(staff, update, version, audience_sha256, urgent=urgent_reason is not None), now=now
    )
    return update


async def authors_of(tx: Transaction, update: Update) -> set[str]:
    """Everybody who created, changed or submitted it: none of them decides on it."""
    editors = await tx.exec(select(UpdateVersion.edited_by).where(UpdateVersion.update_id == update.id))
    return {update.created_by, *editors, *update.submitters}


def _event(
    staff: Staff, update: Update, version: UpdateVersion, audience_sha256: str, *, urgent: bool
) -> UpdateApproved | UpdateSentBack:
    if update.state is UpdateState.APPROVED:
        return UpdateApproved(
            actor=staff.subject,
            update=update.id,
            version=version.version,
            content_sha256=version.content_sha256,
            audience_sha256=audience_sha256,
            window="urgent" if urgent else "usual",
        )
    return UpdateSentBack(actor=staff.subject, update=update.id, version=version.version)
