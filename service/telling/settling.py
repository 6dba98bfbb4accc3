"""Notices that were claimed: what Notify said of them, and asking about those of which it said nothing."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, assert_never
from uuid import UUID

from sqlalchemy import update
from sqlmodel import col, select

from service.database import Transaction
from service.notify.gateway import (
    Accepted,
    AddressRefused,
    Found,
    Outcome,
    ServiceRefused,
    TryLater,
    Unknown,
)
from service.telling.states import NOTICE_MOVES, NoticeState
from service.telling.tables import Notice

LATER: Final = timedelta(minutes=1)
"""Staff can wait: what people asked for goes first."""
ASKED: Final = 2
"""How often Notify has to miss an attempt before it is made again."""


async def settle(
    tx: Transaction, outcomes: Sequence[tuple[UUID, Outcome]], *, ask_after: timedelta, now: datetime
) -> None:
    """Write down what Notify said of each claimed notice."""
    rows = await _locked(tx, [notice for notice, _ in outcomes], NoticeState.CLAIMED)
    for notice_id, outcome in outcomes:
        notice = rows.get(notice_id)
        if notice is None:
            continue  # Its lease ended.
        match outcome:
            case Accepted():
                _move(notice, NoticeState.SENT)
                notice.notify_id, notice.sent_at = outcome.notify_id, now
            case TryLater() | ServiceRefused():
                _move(notice, NoticeState.DUE)
                notice.try_at = now + LATER
            case AddressRefused():
                _move(notice, NoticeState.REFUSED)
            case Unknown():
                _move(notice, NoticeState.UNCERTAIN)
                notice.try_at = now + ask_after
            case _:
                assert_never(outcome)
    await tx.flush()


async def set_aside(tx: Transaction, ids: Sequence[UUID]) -> None:
    """Claimed notices that cannot be made."""
    for notice in (await _locked(tx, ids, NoticeState.CLAIMED)).values():
        _move(notice, NoticeState.SET_ASIDE)
    await tx.flush()


async def abandon(tx: Transaction, *, now: datetime) -> None:
    """A lease that ended: its worker died, perhaps after handing over. Notify is asked."""
    await tx.execute(
        update(Notice)
        .where(col(Notice.state) == NoticeState.CLAIMED, col(Notice.try_at) <= now)
        .values(state=NoticeState.UNCERTAIN, try_at=now)
    )


async def to_ask_about(tx: Transaction, *, limit: int, now: datetime) -> list[tuple[UUID, str]]:
    """Unclear attempts whose time to be asked about has come: id and reference."""
    rows = await tx.exec(
        select(Notice.id, Notice.reference)
        .where(Notice.state == NoticeState.UNCERTAIN, col(Notice.try_at) <= now)
        .limit(limit)
    )
    return [(notice, reference) for notice, reference in rows if reference is not None]


async def settle_asked(
    tx: Transaction, notice_id: UUID, found: list[Found], *, ask_after: timedelta, now: datetime
) -> None:
    """What Notify said when it was asked: sent, or, after two misses, due again."""
    notice = (await _locked(tx, [notice_id], NoticeState.UNCERTAIN)).get(notice_id)
    if notice is None:
        return
    notice.try_at = now + ask_after
    if any(each.status == "created" for each in found):
        pass  # It may still be deleted (notify.md, Finding out).
    elif found:
        _move(notice, NoticeState.SENT)
        notice.notify_id, notice.sent_at = found[0].notify_id, now
    else:
        notice.misses += 1
        if notice.misses >= ASKED:
            _move(notice, NoticeState.DUE)
            notice.try_at = now
    await tx.flush()


async def _locked(tx: Transaction, ids: Sequence[UUID], state: NoticeState) -> dict[UUID, Notice]:
    rows = await tx.exec(
        select(Notice)
        .where(col(Notice.id).in_(ids), Notice.state == state)
        .order_by(col(Notice.id))
        .with_for_update()
    )
    return {row.id: row for row in rows}


def _move(notice: Notice, to: NoticeState) -> None:
    if to not in NOTICE_MOVES[notice.state]:
        raise ValueError(f"a notice does not move from {notice.state} to {to}")
    notice.state = to
