"""What a worker does with a submitted update: freeze its people, then hand it to an approver.

One recipient needs no senior, within limits: five such updates a day by one author, and never the same
words to a second person within seven days. Beyond them a senior has to approve.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, func, literal, or_
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import col, select

from service.audit import chain
from service.audit.events import AudienceFrozen, SendingBegan, UpdateReleased, UpdateSentBack
from service.database import Transaction
from service.deliveries.noticing import another_is_on_its_way, let_go
from service.deliveries.planning import freeze
from service.deliveries.reaching import may_reach_more
from service.registrations.words import Channel, Language
from service.schemes.reading import sending_hours
from service.updates.audience import audience_sha256
from service.updates.content import (
    MESSAGES,
    Content,
    Templates,
    audience_rule,
    channels,
)
from service.updates.content import templates as templates_of
from service.updates.drafting import back_to_draft, current_version, locked
from service.updates.halting import Why, halt_by_service
from service.updates.reading import is_urgent
from service.updates.states import UpdateState
from service.updates.tables import AudienceMember, Update, UpdateVersion
from service.updates.windows import not_before

ACTOR: Final = "worker:plan"
ALONE_A_DAY: Final = 5
SAME_WORDS: Final = timedelta(days=7)


async def waiting(tx: Transaction, state: UpdateState) -> list[UUID]:
    """The updates in `state`, oldest first."""
    found = await tx.exec(select(Update.id).where(Update.state == state).order_by(col(Update.created_at)))
    return list(found.all())


async def prepare(
    tx: Transaction, update_id: UUID, *, templates: Templates, offers: Collection[Channel], now: datetime
) -> None:
    """Freeze the people of a submitted update; goes back to its author where it cannot be sent.

    `templates` are those that were seen just now, `offers` the channels that there is a template for.
    """
    update = await locked(tx, update_id)
    if update.state is not UpdateState.PREPARING:
        return
    version = await current_version(tx, update)
    rule = audience_rule(version.content)
    why = _cannot_be_sent(version.content, templates, offers)
    if why is None and rule.reached_by is not None and await may_reach_more(tx, rule.reached_by):
        why = "What it corrects is still being sent. Halt that, or wait until it is sent."
    if why is None and rule.imported_in is not None:
        if await another_is_on_its_way(tx, update, rule.imported_in):
            why = "Another notice of this list is on its way. Wait until it is sent, or send that one back."
        # Nobody gets a second one.
        await let_go(tx, rule.imported_in)
    if why is not None:
        await _send_back(tx, update, why, now=now)
        return
    frozen = await freeze(
        tx,
        update.id,
        scheme_id=update.scheme_id,
        rule=rule,
        channels=channels(version.content),
        now=now,
    )
    if frozen.people == 0:
        await _send_back(tx, update, "Nobody who can be reached is in its audience.", now=now)
        return
    update.planned = frozen.deliveries
    update.audience_sha256 = await audience_sha256(tx, update.id)
    alone = frozen.people == 1 and await _within_limits(tx, update, version, now=now)
    update.state = UpdateState.APPROVED if alone else UpdateState.AWAITING_APPROVAL
    if alone:
        update.approved_at = now
        update.not_before = await not_before(tx, update, version.content, held_until=now, urgent=False)
    tx.add(update)
    await tx.flush()
    await chain.append(
        tx,
        AudienceFrozen(
            actor=ACTOR, update=update.id, planned=update.planned, audience_sha256=update.audience_sha256
        ),
        now=now,
    )
    if alone:
        await chain.append(tx, UpdateReleased(actor=ACTOR, update=update.id, version=update.version), now=now)


async def begin_sending(tx: Transaction, update_id: UUID, *, now: datetime) -> bool:
    """Let an approved update leave, once its time has come and its people are still those approved."""
    update = await locked(tx, update_id)
    if update.state is not UpdateState.APPROVED or not await may_leave(tx, update, now=now):
        return False
    if await audience_sha256(tx, update.id) != update.audience_sha256:
        await halt_by_service(tx, update.id, Why.AUDIENCE, now=now)
        return False
    update.state = UpdateState.SENDING
    update.sending_since = now
    tx.add(update)
    await tx.flush()
    await chain.append(
        tx,
        SendingBegan(
            actor=ACTOR, update=update.id, planned=update.planned, audience_sha256=update.audience_sha256
        ),
        now=now,
    )
    return True


async def may_leave(tx: Transaction, update: Update, *, now: datetime) -> bool:
    """Whether the time of an approved update has come; where it is night, it waits for the morning."""
    if update.not_before is None or update.not_before > now:
        return False
    hours = await sending_hours(tx, update.scheme_id)
    if hours.allow(now) or await is_urgent(tx, update):
        return True
    update.not_before = hours.next_from(now)
    tx.add(update)
    await tx.flush()
    return False


def _cannot_be_sent(content: Content, seen: Templates, offers: Collection[Channel]) -> str | None:
    """Why it cannot leave as it was written. What Notify could not be asked about is left to the sending."""
    for channel, written_for in templates_of(content).items():
        if channel not in offers:
            return f"Nothing can be sent by {channel.value} any more. Leave those words out."
        if channel in seen and seen[channel] != written_for:
            return "Notify's template has changed. Save the update again."
    return None


async def _send_back(tx: Transaction, update: Update, why: str, *, now: datetime) -> None:
    back_to_draft(update)
    update.sent_back_why = why
    tx.add(update)
    await tx.flush()
    await chain.append(tx, UpdateSentBack(actor=ACTOR, update=update.id, version=update.version), now=now)


async def _within_limits(tx: Transaction, update: Update, version: UpdateVersion, *, now: datetime) -> bool:
    # One author at a time: two submissions at once would each count without the other.
    await tx.execute(select(func.pg_advisory_xact_lock(func.hashtext(update.created_by))))
    people = (
        select(func.count()).where(AudienceMember.update_id == Update.id).correlate(Update).scalar_subquery()
    )
    others = select(Update.id).where(
        # One person may have been told by each of their channels, one after the other.
        Update.id != update.id,
        Update.planned <= len(MESSAGES),
        col(Update.approved_at).is_not(None),
        people == 1,
    )
    today = await tx.scalar(
        select(func.count()).select_from(
            others.where(
                Update.created_by == update.created_by, col(Update.approved_at) > now - timedelta(days=1)
            ).subquery()
        )
    )
    same_words = await tx.scalar(
        select(func.count())
        .select_from(UpdateVersion)
        .where(
            col(UpdateVersion.update_id).in_(others.where(col(Update.approved_at) > now - SAME_WORDS)),
            or_(*_same_words(version.content)),
        )
    )
    return (today or 0) < ALONE_A_DAY and not same_words


def _same_words(content: Content) -> list[ColumnElement[bool]]:
    """Conditions that a version has some words of `content`, of any channel and in any language."""
    written = {(channel.value, language.value) for channel in MESSAGES for language in Language}
    return [
        UpdateVersion.content[channel][language] == literal(content[channel][language], JSONB)
        for channel, language in sorted(written)
        if language in (content.get(channel) or {})
    ]
