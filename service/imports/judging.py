"""What would become of a batch of rows, and registering those who are new. Workers only.

The number of queries does not depend on how many rows there are.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from uuid6 import uuid7

from service.crypto.canonical import canonical_json
from service.crypto.sealing import seal
from service.crypto.tokens import TokenKey
from service.database import Transaction
from service.imports.states import Verdict
from service.imports.tables import ImportAddress, ImportRow, row_place
from service.registrations.contacts import contacts_of
from service.registrations.importing import Known, known_at
from service.registrations.reading_forms import Opened
from service.registrations.rows import add_registrations, registration_rows

FIRST_WITH: Final = text("""
    SELECT blind_index, line FROM import_addresses
    WHERE import_id = :import AND blind_index = ANY (CAST(:indexes AS bytea[]))
""")
SETTLE: Final = text("""
    UPDATE import_rows r SET verdict = s.verdict, sealed = NULL
    FROM unnest(CAST(:lines AS integer[]), CAST(:verdicts AS text[])) AS s (line, verdict)
    WHERE r.import_id = :import AND r.line = s.line
""")

SET_ASIDE: Final = text("""
    UPDATE import_rows SET verdict = 'unusable', field = 'row', rule = 'cannot-open', sealed = NULL
    WHERE import_id = :import AND line = ANY (CAST(:lines AS integer[]))
""")

BY_KNOWN: Final[Mapping[Known, Verdict]] = {
    Known.DO_NOT_CONTACT: Verdict.DO_NOT_CONTACT,
    Known.LEFT: Verdict.LEFT,
    Known.REGISTERED: Verdict.KNOWN,
    Known.ASKED: Verdict.ASKED,
}
"""What is known of any of a row's addresses decides, the first of these."""


@dataclass(frozen=True)
class Judged:
    """A row that could be read, or what is wrong with it."""

    line: int
    opened: Opened | None = field(default=None, repr=False)
    field: str | None = None
    rule: str | None = None


async def judge(tx: Transaction, import_id: UUID, scheme_id: UUID, batch: Sequence[Judged]) -> None:
    """Keep what would become of each row; sealed, of those alone who are new."""
    readable = {each.line: each.opened for each in batch if each.opened is not None}
    known = await known_at(tx, scheme_id, _indexes(readable.values()))
    first = await _first_lines(tx, import_id, readable)
    rows = []
    for each in batch:
        row = ImportRow(import_id=import_id, line=each.line, id=uuid7(), verdict=Verdict.UNUSABLE)
        if each.opened is None:
            row.field, row.rule = each.field, each.rule
        else:
            row.verdict, row.duplicate_of = _verdict(each.line, each.opened, known, first)
            if row.verdict is Verdict.NEW:
                row.sealed = _sealed(each.opened, row.id)
        rows.append(row)
    tx.add_all(rows)
    await tx.flush()


async def next_new(tx: Transaction, import_id: UUID, *, after: int, limit: int) -> Sequence[ImportRow]:
    """The next rows that are to be registered."""
    found = await tx.exec(
        select(ImportRow)
        .where(
            ImportRow.import_id == import_id, ImportRow.verdict == Verdict.NEW, col(ImportRow.line) > after
        )
        .order_by(col(ImportRow.line))
        .limit(limit)
    )
    return found.all()


async def bring_in(
    tx: Transaction,
    import_id: UUID,
    scheme_id: UUID,
    rows: Mapping[int, Opened],
    *,
    tokens: TokenKey,
    now: datetime,
) -> None:
    """Register these rows: those of them about whom nothing has become known since the dry run."""
    known = await known_at(tx, scheme_id, _indexes(rows.values()))
    new = {line: each for line, each in rows.items() if not _known_as(each, known)}
    contacts = await contacts_of(tx, list(new.values()), now=now) if new else {}
    # Again, now that their contacts are locked: nobody registers, or leaves, at one of them meanwhile.
    known |= await known_at(tx, scheme_id, _indexes(new.values()))
    verdicts = {line: _known_as(each, known) or Verdict.REGISTERED for line, each in rows.items()}
    await add_registrations(
        tx,
        [
            registration_rows(each, contacts=contacts, tokens=tokens, now=now, imported_in=import_id)
            for line, each in rows.items()
            if verdicts[line] is Verdict.REGISTERED
        ],
    )
    await tx.execute(
        SETTLE,
        {
            "import": import_id,
            "lines": list(verdicts),
            "verdicts": [verdict.value for verdict in verdicts.values()],
        },
    )


async def set_aside(tx: Transaction, import_id: UUID, lines: Sequence[int]) -> None:
    """Rows that do not open any more: said in the account, so that nobody is lost in silence."""
    await tx.execute(SET_ASIDE, {"import": import_id, "lines": list(lines)})


def _indexes(opened: Iterable[Opened]) -> list[bytes]:
    return list({address.index for each in opened for address in each.addresses})


def _known_as(opened: Opened, known: Mapping[bytes, Known]) -> Verdict | None:
    found = {known[address.index] for address in opened.addresses if address.index in known}
    return next((verdict for each, verdict in BY_KNOWN.items() if each in found), None)


def _verdict(
    line: int, opened: Opened, known: Mapping[bytes, Known], first: Mapping[bytes, int]
) -> tuple[Verdict, int | None]:
    if (verdict := _known_as(opened, known)) is not None:
        return verdict, None
    earliest = min(first[address.index] for address in opened.addresses)
    return (Verdict.DUPLICATE, earliest) if earliest < line else (Verdict.NEW, None)


async def _first_lines(tx: Transaction, import_id: UUID, rows: Mapping[int, Opened]) -> dict[bytes, int]:
    """For each address, the first line that has it. Whoever is later is the earlier one's duplicate."""
    lines: dict[bytes, int] = {}
    for line in sorted(rows):
        for address in rows[line].addresses:
            lines.setdefault(address.index, line)
    if not lines:
        return {}
    await tx.execute(
        insert(ImportAddress).on_conflict_do_nothing(),
        [{"import_id": import_id, "blind_index": index, "line": line} for index, line in lines.items()],
    )
    found = await tx.execute(FIRST_WITH, {"import": import_id, "indexes": list(lines)})
    return {bytes(index): line for index, line in found}


def _sealed(opened: Opened, row: UUID) -> bytes:
    return seal(
        canonical_json(opened.form.model_dump(mode="json")), key=opened.sealing_key, place=row_place(row)
    )
