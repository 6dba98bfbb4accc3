"""Lists in: opens a file piece by piece, has it read by the sandboxed reader, and registers who is new.

One import is one worker's until its lease ends. Every batch is a transaction: a worker that dies in the
middle is followed by one that goes on behind the last row of the last batch.
"""

import json
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from pydantic import ValidationError
from sqlmodel import col, select

from service.database import Transaction
from service.deliveries.noticing import let_go
from service.files import reading
from service.files.reader.codes import Refused
from service.files.reading import NotReadable, ReadRow
from service.imports import judging, working
from service.imports.judging import Judged
from service.imports.matching import Matching, sheet_of
from service.imports.reading_rows import NO_RULE, ROW, Unusable, form_of
from service.imports.seeing import seen
from service.imports.states import ImportState
from service.imports.tables import Import, ImportChunk, chunk_place, row_place
from service.imports.working import LostLease
from service.observability import log
from service.registrations.form import RegistrationForm
from service.registrations.importing import awaiting
from service.registrations.reading_forms import Opened, read_form
from service.schemes.reading import SchemeView, get_scheme
from workers.context import WorkerContext
from workers.unsealing import CannotOpen

BATCH: Final = 500
UNUSABLE: Final = (CannotOpen, ValidationError, ValueError)


@dataclass(frozen=True)
class Work:
    """An import that this worker has."""

    of: Import
    scheme: SchemeView


async def bring_lists_in(context: WorkerContext) -> None:
    """Do what there is to do for every import; then let those go who have had their notice."""
    while (work := await _take(context)) is not None:
        try:
            match work.of.state:
                case ImportState.ARRIVED:
                    await _look(context, work)
                case ImportState.MATCHED:
                    await _check(context, work)
                case ImportState.COMMITTED:
                    await _register(context, work)
                case _:
                    return
        except LostLease:
            log.info("an import is another's by now", import_id=str(work.of.id))
        except NotReadable as error:
            log.info("a file cannot be read", import_id=str(work.of.id), why=error.why.value)
            async with context.transactions.begin() as tx:
                await working.refuse(tx, work.of, error.why.value, now=context.clock.now())
        except CannotOpen as error:
            log.error("a file cannot be opened", import_id=str(work.of.id), error=error)
            async with context.transactions.begin() as tx:
                await working.refuse(tx, work.of, Refused.BROKEN.value, now=context.clock.now())
    async with context.transactions.begin() as tx:
        await working.give_up_forgotten(tx, now=context.clock.now())
        await working.destroy(tx)
        for import_id in await awaiting(tx):
            await let_go(tx, import_id)


async def _take(context: WorkerContext) -> Work | None:
    async with context.transactions.begin() as tx:
        found = await working.take(tx, now=context.clock.now())
        return Work(found, await get_scheme(tx, found.scheme_id)) if found is not None else None


async def _look(context: WorkerContext, work: Work) -> None:
    """What the file is: its sheets and its columns."""
    confined_by = context.settings.reader_confined_by
    file = await reading.survey(_pieces(context, work.of.id), confined_by=confined_by)
    async with context.transactions.begin() as tx:
        await working.was_seen(tx, work.of, seen(file))


async def _check(context: WorkerContext, work: Work) -> None:
    """What would become of each row."""
    matching = Matching.model_validate(work.of.matching)
    sheet = sheet_of(work.of.seen or {"sheets": []}, matching.sheet)
    if sheet is None:
        raise NotReadable(Refused.BROKEN)
    width = len(sheet["columns"]) if sheet["headed"] else None
    if work.of.done_line == 0:
        async with context.transactions.begin() as tx:
            await working.forget_rows(tx, work.of)
    rows = reading.rows(
        _pieces(context, work.of.id), sheet["number"], confined_by=context.settings.reader_confined_by
    )
    batch: list[Judged] = []
    header = sheet["headed"]
    async with aclosing(rows) as read:
        async for row in read:
            if header:
                header = False
            elif row.line > work.of.done_line:
                batch.append(_judged(context, work.scheme, matching, row, width))
            if len(batch) == BATCH:
                await _keep(context, work, batch)
                batch = []
    if batch:
        await _keep(context, work, batch)
    async with context.transactions.begin() as tx:
        await working.was_checked(tx, work.of)


def _judged(
    context: WorkerContext, scheme: SchemeView, matching: Matching, row: ReadRow, width: int | None
) -> Judged:
    try:
        form = form_of(row, matching, scheme, width=width)
        return Judged(row.line, opened=read_form(UUID(int=0), scheme, form, context.keys.index))
    except Unusable as error:
        return Judged(row.line, field=error.field, rule=error.rule)
    except ValueError as error:
        log.error("a row breaks a rule that its form did not", line=row.line, error=error)
        return Judged(row.line, field=ROW, rule=NO_RULE)


async def _keep(context: WorkerContext, work: Work, batch: list[Judged]) -> None:
    async with context.transactions.begin() as tx:
        await working.go_on(tx, work.of, done_line=batch[-1].line, now=context.clock.now())
        await judging.judge(tx, work.of.id, work.scheme.id, batch)


async def _register(context: WorkerContext, work: Work) -> None:
    """Register who is new, a batch a transaction. Nothing is sent to them."""
    async with context.transactions.begin() as tx:
        # What is to be registered lies in its rows: the file is needed no more.
        await working.destroy_file(tx, work.of)
    while True:
        async with context.transactions.begin() as tx:
            if not await _register_batch(context, tx, work):
                await working.is_done(tx, work.of, now=context.clock.now())
                return


async def _register_batch(context: WorkerContext, tx: Transaction, work: Work) -> bool:
    rows = await judging.next_new(tx, work.of.id, after=work.of.done_line, limit=BATCH)
    if not rows:
        return False
    now = context.clock.now()
    await working.go_on(tx, work.of, done_line=rows[-1].line, now=now)
    opened: dict[int, Opened] = {}
    for row in rows:
        try:
            plain = context.keys.open(row.sealed or b"", row_place(row.id))
            form = RegistrationForm.model_validate(json.loads(plain))
            opened[row.line] = read_form(row.id, work.scheme, form, context.keys.index)
        except UNUSABLE as error:
            log.error("a row cannot be opened", import_id=str(work.of.id), line=row.line, error=error)
    closed = [row.line for row in rows if row.line not in opened]
    if closed:
        await judging.set_aside(tx, work.of.id, closed)
    if opened:
        await judging.bring_in(tx, work.of.id, work.scheme.id, opened, tokens=context.keys.tokens, now=now)
    return True


async def _pieces(context: WorkerContext, import_id: UUID) -> AsyncIterator[bytes]:
    """The file, opened a piece at a time. Raises `CannotOpen`."""
    number = 0
    while True:
        async with context.transactions.begin() as tx:
            piece = (
                await tx.exec(
                    select(ImportChunk).where(
                        ImportChunk.import_id == import_id, col(ImportChunk.number) == number
                    )
                )
            ).one_or_none()
        if piece is None:
            return
        yield context.keys.open(piece.sealed, chunk_place(piece.id))
        number += 1
