"""The archive: what was published, for everybody to read.

It reads one view, `published_updates` (migrations/sql/0006_archive.sql), which has words and nothing else:
the public process may see no other part of an update.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import DateTime, RowMapping, Uuid, column, func, select, table
from sqlalchemy.dialects.postgresql import JSONB

from service.database import Transaction
from service.registrations.words import Language
from service.updates.body import EmailWords
from service.updates.drafting import NoSuchUpdate

A_PAGE: Final = 20
"""Updates on a page of the archive, and in the feed."""

_VIEW: Final = table(
    "published_updates",
    column("id", Uuid),
    column("scheme_id", Uuid),
    column("published_at", DateTime(timezone=True)),
    column("words", JSONB),
)
_WORDS: Final = TypeAdapter(dict[Language, EmailWords])


@dataclass(frozen=True)
class Published:
    """An update as everybody may read it."""

    id: UUID
    published_at: datetime
    """When its sending began."""
    words: Mapping[Language, EmailWords]
    """In every language that it was written in, at least one."""

    def read_in(self, language: Language) -> Language:
        """`language`, or the one that there is."""
        return language if language in self.words else next(iter(self.words))


@dataclass(frozen=True)
class ArchivePage:
    """Some of a scheme's published updates, newest first."""

    updates: tuple[Published, ...]
    number: int
    """From 1."""
    pages: int
    """How many there are; 1 where nothing was published."""


async def archive_page(tx: Transaction, scheme_id: UUID, number: int = 1) -> ArchivePage:
    """Page `number` of the archive of a scheme. One that is not there is empty."""
    of_scheme = _VIEW.c.scheme_id == scheme_id
    count = await tx.scalar(select(func.count()).select_from(_VIEW).where(of_scheme)) or 0
    rows = await tx.execute(
        select(_VIEW)
        .where(of_scheme)
        .order_by(_VIEW.c.published_at.desc(), _VIEW.c.id.desc())
        .limit(A_PAGE)
        .offset((number - 1) * A_PAGE)
    )
    return ArchivePage(
        updates=tuple(_published(row) for row in rows.mappings()),
        number=number,
        pages=max(1, -(-count // A_PAGE)),
    )


async def find_published(tx: Transaction, scheme_id: UUID, update_id: UUID) -> Published:
    """One published update of a scheme. Raises `NoSuchUpdate`, also for one that is not published."""
    rows = await tx.execute(select(_VIEW).where(_VIEW.c.scheme_id == scheme_id, _VIEW.c.id == update_id))
    row = rows.mappings().one_or_none()
    if row is None:
        raise NoSuchUpdate
    return _published(row)


def _published(row: RowMapping) -> Published:
    values: dict[str, Any] = dict(row)
    return Published(
        id=values["id"],
        published_at=values["published_at"],
        words=_WORDS.validate_python(values["words"]),
    )
