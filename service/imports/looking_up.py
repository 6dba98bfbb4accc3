"""Finding an import, and what became of its rows: line numbers and codes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, text
from sqlmodel import col
from sqlmodel import select as select_models

from service.database import Transaction
from service.errors import NotFound
from service.imports.states import ImportState, Verdict
from service.imports.tables import Import, ImportRow

UNTOLD = text("""
    SELECT * FROM (
        SELECT id, (SELECT count(*) FROM awaiting_notice(i.id)) AS people FROM imports i WHERE state = 'done'
    ) AS each WHERE people > 0
""")
AWAITING = text("SELECT number FROM awaiting_notice(:import)")


class NoSuchImport(NotFound):
    """There is no import of this id."""

    code = "no-such-import"


@dataclass(frozen=True)
class Line:
    """What becomes of one line. `field` and `rule` where it cannot be used."""

    line: int
    verdict: Verdict
    duplicate_of: int | None
    field: str | None
    rule: str | None


async def get_import(tx: Transaction, import_id: UUID) -> Import:
    """Raises `NoSuchImport`."""
    return await _found(tx, import_id, lock=False)


async def locked(tx: Transaction, import_id: UUID) -> Import:
    """The same, locked until the transaction ends."""
    return await _found(tx, import_id, lock=True)


async def newest(tx: Transaction, *, limit: int) -> Sequence[Import]:
    """The newest imports of all schemes."""
    asked = select_models(Import).where(Import.state != ImportState.ARRIVING)
    return (await tx.exec(asked.order_by(col(Import.handed_in_at).desc()).limit(limit))).all()


async def lines(
    tx: Transaction, import_id: UUID, *, after: int = 0, limit: int, verdict: Verdict | None = None
) -> list[Line]:
    """What becomes of the lines after one, in order."""
    asked = select(
        col(ImportRow.line),
        col(ImportRow.verdict),
        col(ImportRow.duplicate_of),
        col(ImportRow.field),
        col(ImportRow.rule),
    ).where(col(ImportRow.import_id) == import_id, col(ImportRow.line) > after)
    if verdict is not None:
        asked = asked.where(col(ImportRow.verdict) == verdict)
    return [Line(*row) for row in await tx.execute(asked.order_by(col(ImportRow.line)).limit(limit))]


async def counted(tx: Transaction, import_id: UUID) -> dict[str, Any]:
    """How many lines there are of each verdict, and of those that cannot be used, by field and rule."""
    found = await tx.execute(
        select(col(ImportRow.verdict), col(ImportRow.field), col(ImportRow.rule), func.count().label("rows"))
        .where(col(ImportRow.import_id) == import_id)
        .group_by(col(ImportRow.verdict), col(ImportRow.field), col(ImportRow.rule))
        .order_by(func.count().desc(), col(ImportRow.field), col(ImportRow.rule))
    )
    verdicts = {each.value: 0 for each in Verdict}
    rules: list[list[Any]] = []
    for verdict, field, rule, count in found:
        verdicts[verdict.value] += count
        if field is not None:
            rules.append([field, rule, count])
    return {"verdicts": verdicts, "rules": rules}


async def waiting_for_words(tx: Transaction) -> list[tuple[Import, int]]:
    """The imports of which somebody has not been told, oldest first, and how many these are."""
    counts = {row.id: row.people for row in await tx.execute(UNTOLD)}
    found = await tx.exec(
        select_models(Import).where(col(Import.id).in_(counts)).order_by(col(Import.handed_in_at))
    )
    return [(each, counts[each.id]) for each in found]


async def waiting_for_decision(tx: Transaction) -> Sequence[Import]:
    """The imports about which a person has to say something, oldest first."""
    asked = select_models(Import).where(col(Import.state).in_([ImportState.READ, ImportState.CHECKED]))
    return (await tx.exec(asked.order_by(col(Import.handed_in_at)))).all()


async def awaiting_notice(tx: Transaction, import_id: UUID) -> list[str]:
    """The registration numbers of those of an import who have not been told, in order."""
    return [row.number for row in await tx.execute(AWAITING, {"import": import_id})]


async def _found(tx: Transaction, import_id: UUID, *, lock: bool) -> Import:
    asked = select_models(Import).where(Import.id == import_id).execution_options(populate_existing=True)
    found = (await tx.exec(asked.with_for_update() if lock else asked)).one_or_none()
    if found is None:
        raise NoSuchImport
    return found
