"""Asking a worker for something: the staff process's side of an errand (contract.md, Staff JSON API)."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, insert
from sqlmodel import col, select
from uuid6 import uuid7

from service.crypto.canonical import canonical_json
from service.crypto.sealing import seal
from service.database import Transaction
from service.errands.tables import Errand, ErrandKind, errand_place
from service.errors import TooOften, Unavailable
from service.schemes.reading import SchemeView
from service.staff.principal import Staff

HOUR: Final = timedelta(hours=1)
# As long as a call waits for a worker. One that began later would do what nobody expects any more.
A_CALL: Final = timedelta(seconds=10)
WAITED_FOR: Final[Mapping[ErrandKind, timedelta]] = {
    ErrandKind.TEST_SEND: A_CALL,
    ErrandKind.KNOWN_DETAILS: HOUR,
    ErrandKind.SEARCH: A_CALL,
    ErrandKind.REVEAL: A_CALL,
    ErrandKind.ASSIST: A_CALL,
    ErrandKind.REPLACE: A_CALL,
    ErrandKind.WORK_ITEM: A_CALL,
    ErrandKind.RELEASE: A_CALL,
}
AN_HOUR: Final[Mapping[ErrandKind, int]] = {ErrandKind.TEST_SEND: 20, ErrandKind.SEARCH: 60}
"""How many errands of a kind one person may ask for in an hour."""


async def put(
    tx: Transaction,
    staff: Staff,
    kind: ErrandKind,
    scheme: SchemeView,
    asked: Mapping[str, Any],
    *,
    now: datetime,
) -> UUID:
    """Seal what is asked to the workers; the errand's id. Ring its job when this is committed.

    Raises `TooOften` with the time to wait, `Unavailable` where the scheme has no key yet.
    """
    if scheme.sealing_key is None:
        raise Unavailable
    if kind in AN_HOUR:
        await _within_limit(tx, staff, kind, now=now)
    errand = uuid7()
    # Only these columns: the rest is the workers', and an insert that names it is refused.
    await tx.execute(
        insert(Errand).values(
            id=errand,
            kind=kind,
            scheme_id=scheme.id,
            sealed=seal(canonical_json(asked), key=scheme.sealing_key, place=errand_place(errand)),
            asked_by=staff.subject,
            asked_at=now,
            expires_at=now + WAITED_FOR[kind],
        )
    )
    return errand


async def answer_to(tx: Transaction, errand: UUID) -> Mapping[str, Any] | None:
    """What a worker answered; None while it has not."""
    return (
        await tx.exec(select(Errand.answer).where(Errand.id == errand, col(Errand.answered_at).is_not(None)))
    ).one_or_none()


async def sealed_answer_to(tx: Transaction, errand: UUID) -> bytes | None:
    """What a worker answered, sealed to the key that it was given (`OneAnswer`); None while it has not."""
    sealed = (
        await tx.exec(
            select(Errand.sealed_answer).where(Errand.id == errand, col(Errand.answered_at).is_not(None))
        )
    ).one_or_none()
    return None if sealed is None else bytes(sealed)


async def _within_limit(tx: Transaction, staff: Staff, kind: ErrandKind, *, now: datetime) -> None:
    # One at a time: two at once would each count without the other.
    await tx.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"{kind}/{staff.subject}"))))
    times = (
        await tx.exec(
            select(Errand.asked_at)
            .where(Errand.asked_by == staff.subject, Errand.kind == kind, col(Errand.asked_at) > now - HOUR)
            .order_by(col(Errand.asked_at))
        )
    ).all()
    if len(times) >= AN_HOUR[kind]:
        raise TooOften(times[-AN_HOUR[kind]] + HOUR - now)
