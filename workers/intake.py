"""The letterbox's other end: opens what was dropped in, and registers it."""

import json
from typing import Final
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy import update
from sqlmodel import col, select

from service.database import Transaction
from service.doorbell import Job
from service.observability import log
from service.registrations.changes import apply_change, next_change, set_change_aside
from service.registrations.form import RegistrationForm
from service.registrations.places import change_place, intake_place
from service.registrations.reading_forms import Opened, read_form
from service.registrations.registering import register
from service.registrations.tables import Intake
from service.schemes.reading import SchemeView, all_schemes, get_scheme
from workers.context import WorkerContext
from workers.unsealing import CannotOpen

BATCH: Final = 50

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
    opened: list[Opened] = []
    unusable: list[UUID] = []
    for row in rows:
        try:
            plain = context.keys.open(row.sealed, intake_place(row.id))
            opened.append(_read(context, row.id, schemes[row.scheme_id], plain))
        except UNUSABLE as error:
            log.error("an intake cannot be used", intake=str(row.id), error=error)
            unusable.append(row.id)
    now = context.clock.now()
    if unusable:
        # Kept, for a person to look at: nobody is lost in silence.
        await tx.execute(update(Intake).where(col(Intake.id).in_(unusable)).values(set_aside_at=now))
    if opened:
        await register(tx, opened, tokens=context.keys.tokens, now=now)
    return len(rows)


def _read(context: WorkerContext, row: UUID, scheme: SchemeView, plain: bytes) -> Opened:
    form = RegistrationForm.model_validate(json.loads(plain))
    return read_form(row, scheme, form, context.keys.index)
