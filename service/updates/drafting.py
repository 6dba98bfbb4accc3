"""Writing an update: a draft, an edit, a submission."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import ValidationError
from sqlmodel import col, select
from uuid6 import uuid7

from service.audit import chain
from service.audit.events import UpdateDrafted, UpdateEdited, UpdateSubmitted
from service.crypto.canonical import canonical_sha256
from service.database import Transaction
from service.errors import Conflict, Invalid, NotFound, Unavailable
from service.notify.gateway import TemplateSeen
from service.registrations.words import Channel
from service.schemes.reading import SchemeView, get_scheme, public_list
from service.staff.principal import Staff, require
from service.staff.roles import Act
from service.updates.body import UpdateBody, UpdateDraft
from service.updates.checks import Blocked, check, without_details
from service.updates.content import Content, Templates, body_of, content_of, content_sha256
from service.updates.reasons import reasons_for
from service.updates.reporting import report_details
from service.updates.states import UpdateState, check_move
from service.updates.tables import NotifyTemplate, Submission, Update, UpdateVersion


class NoSuchUpdate(NotFound):
    """There is no update of this id."""

    code = "no-such-update"


class TemplateNotSeen(Unavailable):
    """The workers have not seen Notify's template yet. Try again in a few seconds."""

    code = "template-not-seen"


class SendTimePassed(Conflict):
    """The time at which it should be sent has passed. Give it another one."""

    code = "send-time-passed"


class SomebodyElseSaved(Conflict):
    """Somebody else has saved this update since you read it. Look at what they wrote."""

    code = "somebody-else-saved"

    def __init__(self, version: int) -> None:
        super().__init__()
        self.version = version
        """The one that counts now."""


async def draft(
    tx: Transaction, staff: Staff, scheme: SchemeView, body: UpdateBody | UpdateDraft, *, now: datetime
) -> Update:
    """Begin an update. Raises `NotYourRole`, `Invalid`, `TemplateNotSeen`."""
    require(staff, Act.DRAFT_UPDATE)
    content = await _content(tx, scheme, body, now=now)
    update = Update(
        id=uuid7(),
        scheme_id=scheme.id,
        state=UpdateState.DRAFT,
        version=1,
        created_by=staff.subject,
        created_at=now,
    )
    tx.add(update)
    await tx.flush()
    version = await _add_version(tx, update, content, by=staff, now=now)
    await report_details(tx, staff, scheme, update.id, body, now=now)
    await chain.append(
        tx,
        UpdateDrafted(
            actor=staff.subject, update=update.id, version=1, content_sha256=version.content_sha256
        ),
        now=now,
    )
    return update


async def edit(
    tx: Transaction,
    staff: Staff,
    update_id: UUID,
    changes: Mapping[str, Any],
    *,
    read: int | None = None,
    now: datetime,
) -> Update:
    """Change words, people or window: back to draft, any approval void, its people dropped.

    Raises `WrongState` once sending, `SomebodyElseSaved` where the version that was `read` is no longer the
    current one, and `Invalid` for a part that breaks a rule.
    """
    require(staff, Act.EDIT_UPDATE)
    update = await locked(tx, update_id)
    before = await current_version(tx, update)
    try:
        body = UpdateBody.model_validate({**body_of(before.content), **changes})
    except ValidationError as error:
        raise BadChanges(error) from None
    scheme = await get_scheme(tx, update.scheme_id)
    content = await _content(tx, scheme, body, now=now)
    await report_details(tx, staff, scheme, update.id, body, now=now)
    return await _change(tx, staff, update, content, read=read, now=now)


async def save(
    tx: Transaction, staff: Staff, update_id: UUID, written: UpdateDraft, *, read: int, now: datetime
) -> Update:
    """Keep what a page holds, gaps and all, as `edit` does. The same once more changes nothing.

    Raises what `edit` raises.
    """
    require(staff, Act.EDIT_UPDATE)
    update = await locked(tx, update_id)
    before = await current_version(tx, update)
    scheme = await get_scheme(tx, update.scheme_id)
    content = await _content(tx, scheme, written, now=now)
    if content == before.content and read == update.version:
        return update
    await report_details(tx, staff, scheme, update.id, written, now=now)
    return await _change(tx, staff, update, content, read=read, now=now)


async def submit(
    tx: Transaction,
    staff: Staff,
    update_id: UUID,
    *,
    reasons: Mapping[str, str] | None = None,
    read: int | None = None,
    now: datetime,
) -> Update:
    """Hand it in, with what is to be said to its findings: a worker then freezes its people.

    Raises `Blocked` where a finding blocks, `SomebodyElseSaved` where the version that was `read` is no
    longer the current one, `WrongState`, `SendTimePassed`, and `Invalid` for a reason that breaks a rule.
    """
    require(staff, Act.SUBMIT_UPDATE)
    update = await locked(tx, update_id)
    version = await current_version(tx, update)
    allowed = await public_list(tx, update.scheme_id)
    findings = check(version.content, allowed)
    said = reasons_for(findings, reasons or {}, allowed)
    refuse_unread(update, read)
    check_move(update.state, UpdateState.PREPARING)
    if blocking := [finding for finding in findings if finding.blocks]:
        raise Blocked(blocking)
    if (send_at := send_time(version.content)) is not None and send_at < now:
        raise SendTimePassed
    update.state = UpdateState.PREPARING
    update.submitted_by = staff.subject
    update.submitted_at = now
    update.sent_back_why = None
    tx.add(update)
    await tx.flush()
    tx.add(
        Submission(
            update_id=update.id,
            submitted_at=now,
            version=version.version,
            submitted_by=staff.subject,
            reasons=said,
        )
    )
    await tx.flush()
    await chain.append(
        tx,
        UpdateSubmitted(
            actor=staff.subject,
            update=update.id,
            version=update.version,
            reasons_sha256=canonical_sha256(said),
        ),
        now=now,
    )
    return update


class BadChanges(Invalid):
    """Some of the changes break a rule.

    Holds pydantic's error, so that the web edge says its fields as it says every other body's.
    """

    def __init__(self, error: ValidationError) -> None:
        super().__init__({})
        self.error = error


def refuse_unread(update: Update, read: int | None) -> None:
    """Raises `SomebodyElseSaved` where the version that was `read` is not the one that counts."""
    if read is not None and read != update.version:
        raise SomebodyElseSaved(update.version)


def back_to_draft(update: Update) -> None:
    """What is true of every draft: nothing approved, nobody frozen."""
    update.state = UpdateState.DRAFT
    update.audience_sha256 = None
    update.planned = 0
    update.approved_at = None
    update.not_before = None


async def locked(tx: Transaction, update_id: UUID) -> Update:
    """The update, locked until the transaction ends. Raises `NoSuchUpdate`."""
    update = (await tx.exec(select(Update).where(Update.id == update_id).with_for_update())).one_or_none()
    if update is None:
        raise NoSuchUpdate
    return update


async def current_version(tx: Transaction, update: Update) -> UpdateVersion:
    """The words and rule that count now."""
    found = await tx.exec(
        select(UpdateVersion).where(
            UpdateVersion.update_id == update.id, UpdateVersion.version == update.version
        )
    )
    return found.one()


def send_time(content: Content) -> datetime | None:
    """When its author wants it to leave; None for at once."""
    text = content["window"]["send_at"]
    return datetime.fromisoformat(text) if text else None


async def templates_seen(tx: Transaction) -> Templates:
    """Notify's templates as the workers last saw them: the email's, and the others that there are.

    Raises `TemplateNotSeen`.
    """
    rows = await tx.exec(select(NotifyTemplate))
    seen = {row.channel: TemplateSeen(row.template_id, row.version) for row in rows}
    if Channel.EMAIL not in seen:
        raise TemplateNotSeen
    return seen


async def _change(
    tx: Transaction, staff: Staff, update: Update, content: Content, *, read: int | None, now: datetime
) -> Update:
    refuse_unread(update, read)
    if update.state is not UpdateState.DRAFT:
        check_move(update.state, UpdateState.DRAFT)
    version = await _add_version(tx, update, content, by=staff, now=now)
    back_to_draft(update)
    update.version = version.version
    tx.add(update)
    await tx.flush()
    await chain.append(
        tx,
        UpdateEdited(
            actor=staff.subject,
            update=update.id,
            version=version.version,
            content_sha256=version.content_sha256,
        ),
        now=now,
    )
    return update


async def _content(
    tx: Transaction, scheme: SchemeView, body: UpdateBody | UpdateDraft, *, now: datetime
) -> Content:
    known = {topic.code for topic in scheme.topics}
    wrong = {
        f"audience.topics.{position}": "It is not one of the scheme's topics"
        for position, code in enumerate(body.audience.topics or [])
        if code not in known
    }
    # A half-written one is kept whatever the clock says: it cannot be submitted so.
    if isinstance(body, UpdateBody) and body.send_at is not None and body.send_at < now:
        wrong["send_at"] = "It is in the past"
    if wrong:
        raise Invalid(wrong)
    mailable = without_details(body, await public_list(tx, scheme.id))
    return content_of(
        mailable, scheme=scheme.id, templates=await templates_seen(tx), reply_to=scheme.reply_to_id
    )


async def _add_version(
    tx: Transaction, update: Update, content: Content, *, by: Staff, now: datetime
) -> UpdateVersion:
    latest = await tx.scalar(
        select(UpdateVersion.version)
        .where(UpdateVersion.update_id == update.id)
        .order_by(col(UpdateVersion.version).desc())
        .limit(1)
    )
    version = UpdateVersion(
        update_id=update.id,
        version=(latest or 0) + 1,
        content=content,
        content_sha256=content_sha256(content),
        edited_by=by.subject,
        edited_at=now,
    )
    tx.add(version)
    await tx.flush()
    return version
