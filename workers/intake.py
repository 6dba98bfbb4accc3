"""The letterbox's other end: opens what was dropped in, and does it.

Registrations, and links that somebody asked for, are done a batch at a time, because anybody can drop
in thousands. What the holder of a link asks about one registration is rare, and done one by one.
"""

import json
from typing import Any, Final
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy import delete, update
from sqlmodel import col, select
from uuid6 import uuid7

from service.crypto.canonical import canonical_json
from service.crypto.sealing import seal
from service.database import Transaction
from service.doorbell import Job
from service.exports import canaries
from service.observability import log
from service.registrations import asks, linking, replacing
from service.registrations.asks import InboxAsk, LinkAsk, Replacement, ReplacementAsk
from service.registrations.changes import apply_change, next_change, set_change_aside
from service.registrations.form import RegistrationForm
from service.registrations.places import change_place, intake_place, profile_place
from service.registrations.reading_asks import for_inbox, for_link, for_replacement
from service.registrations.reading_forms import Addressed, Opened, read_form
from service.registrations.registering import register
from service.registrations.tables import Intake, Registration
from service.registrations.words import Kind
from service.schemes.reading import SchemeView, all_schemes, get_scheme
from workers.context import WorkerContext
from workers.unsealing import CannotOpen

BATCH: Final = 50
ACTOR: Final = "worker:intake"

UNUSABLE: Final = (CannotOpen, ValidationError, ValueError)
"""What a sealed form may turn out to be: not openable, or not a form of this version."""


async def take_in(context: WorkerContext) -> None:
    """Open and register everything in the letterbox, a batch a transaction."""
    while True:
        async with context.transactions.begin() as tx:
            taken = await _batch(context, tx)
        if taken == 0:
            break
        await context.doorbell.ring(Job.CONFIRM)


async def apply_changes(context: WorkerContext) -> None:
    """Apply every change that the holder of a known address chose, one a transaction."""
    while True:
        async with context.transactions.begin() as tx:
            change = await next_change(tx)
            if change is None or change.sealed_change is None:
                break
            scheme = await get_scheme(tx, change.scheme_id)
            try:
                plain = context.keys.open(change.sealed_change, change_place(change.id))
                opened = _read(context, change.id, scheme, plain)
            except UNUSABLE as error:
                log.error("a change cannot be used", change=str(change.id), error=error)
                await set_change_aside(tx, change)
                continue
            await apply_change(tx, change, opened, tokens=context.keys.tokens, now=context.clock.now())


async def _batch(context: WorkerContext, tx: Transaction) -> int:
    rows = (
        await tx.exec(
            select(Intake)
            .where(col(Intake.set_aside_at).is_(None))
            .order_by(col(Intake.received_at))
            .limit(BATCH)
            .with_for_update(skip_locked=True)
        )
    ).all()
    if not rows:
        return 0
    schemes = {scheme.id: scheme for scheme in await all_schemes(tx)}
    now = context.clock.now()
    opened: list[Opened] = []
    links: list[Addressed] = []
    unusable: list[UUID] = []
    for row in rows:
        try:
            said = asks.read(context.keys.open(row.sealed, intake_place(row.id)))
            match said:
                case RegistrationForm():
                    opened.append(read_form(row.id, schemes[row.scheme_id], said, context.keys.index))
                case LinkAsk():
                    links.append(for_link(schemes[row.scheme_id], said, context.keys.index))
                case ReplacementAsk() | InboxAsk():
                    await _of_one(context, tx, row, schemes[row.scheme_id], said)
        except UNUSABLE as error:
            log.error("an intake cannot be used", intake=str(row.id), error=error)
            unusable.append(row.id)
    if unusable:
        # Kept, for a person to look at: nobody is lost in silence.
        await tx.execute(update(Intake).where(col(Intake.id).in_(unusable)).values(set_aside_at=now))
    if links:
        asked = {each.key(address) for each in links for address in each.addresses}
        await linking.send_links(tx, asked, now=now)
    if opened:
        await register(tx, opened, tokens=context.keys.tokens, now=now)
    # Somebody writes as a person who stands in one list and nowhere else.
    written = {address.index for each in [*opened, *links] for address in each.addresses}
    await canaries.notice(tx, written, actor=ACTOR, now=now)
    done = [row.id for row in rows if row.id not in unusable]
    await tx.execute(delete(Intake).where(col(Intake.id).in_(done)))
    return len(rows)


async def _of_one(
    context: WorkerContext,
    tx: Transaction,
    row: Intake,
    scheme: SchemeView,
    said: ReplacementAsk | InboxAsk,
) -> None:
    """Do what the holder of a manage link asked; nothing where the link was nobody's."""
    keys, now = context.keys, context.clock.now()
    registration = await replacing.registration_of(tx, said.link_hash, asked_at=row.received_at)
    if registration is None:
        return
    match said:
        case ReplacementAsk():
            await replace_contacts(context, tx, registration, scheme, said, actor=ACTOR)
        case InboxAsk():
            profile = _profile(context, registration)
            inbox, inbox_row = for_inbox(scheme, said, keys.index), uuid7()
            sealed = seal(canonical_json(profile), key=inbox.sealing_key, place=profile_place(inbox_row))
            await replacing.add_inbox(
                tx, registration, inbox, sealed, row=inbox_row, tokens=keys.tokens, now=now
            )


async def replace_contacts(
    context: WorkerContext,
    tx: Transaction,
    registration: Registration,
    scheme: SchemeView,
    said: Replacement,
    *,
    actor: str,
) -> None:
    """Let other addresses of a registration wait for their holders. Raises ValueError, `CannotOpen`."""
    profile = _profile(context, registration)
    held = profile["organisation"] if registration.kind is Kind.ORGANISATION else profile["name"]
    new = for_replacement(scheme, said, held, context.keys.index)
    now = context.clock.now()
    await canaries.notice(tx, [each.index for each in new.addresses], actor=actor, now=now)
    await replacing.replace(
        tx,
        registration,
        new,
        becomes=said.becomes,
        tokens=context.keys.tokens,
        now=now,
    )


def _profile(context: WorkerContext, registration: Registration) -> Any:
    place = profile_place(registration.id)
    return json.loads(context.keys.open(registration.sealed_profile, place))


def _read(context: WorkerContext, row: UUID, scheme: SchemeView, plain: bytes) -> Opened:
    form = RegistrationForm.model_validate(json.loads(plain))
    return read_form(row, scheme, form, context.keys.index)
