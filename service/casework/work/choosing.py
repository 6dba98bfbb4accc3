"""Choosing the people of a work session. By bare ids: this side sees nobody's row."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ARRAY, Select, Uuid, and_, cast, exists, func, literal, or_
from sqlalchemy import select as sa_select
from sqlmodel import col

from service.casework.work.tables import WorkItem, WorkSession
from service.casework.work.words import UNDER_WAY, UNSETTLED, ItemState, Outcome, SessionState, WorkKind
from service.database import Transaction
from service.deliveries.fulfilling import A_CALL, A_FORMAT, people_needing, still_needing
from service.deliveries.unreached import people_unreached, unreached_addresses
from service.updates.states import UpdateState
from service.updates.tables import Update, UpdateVersion

LATELY: Final = timedelta(days=90)
NEWEST: Final = 20
"""Updates that are offered."""
HAS_BEGUN: Final = (UpdateState.SENDING, UpdateState.SENT)
"""Nobody is rung about an update that was not approved, or was halted."""


@dataclass(frozen=True)
class Source:
    """Some people that there are to work through."""

    kind: WorkKind
    update: UUID | None
    title: str
    """Of the update; empty where it is of none."""
    count: int
    """People, or for `UNREACHED` addresses at which nobody was reached."""


async def sources(tx: Transaction, scheme_id: UUID, *, now: datetime) -> list[Source]:
    """What there is to work through in a scheme, of its newest updates: five queries, for however many."""
    updates = await _updates(tx, scheme_id, now=now)
    ids = [update for update, _ in updates]
    counts = {
        WorkKind.CALLS: await still_needing(tx, ids, A_CALL),
        WorkKind.FORMATS: await still_needing(tx, ids, A_FORMAT),
        WorkKind.UNREACHED: await unreached_addresses(tx, ids),
    }
    without_a_way = sa_select(func.count()).select_from(_without_a_way(scheme_id).subquery())
    found = [
        Source(kind, update, title, counts[kind].get(update, 0))
        for update, title in updates
        for kind in counts
    ]
    found.append(Source(WorkKind.NO_WAY_LEFT, None, "", await tx.scalar(without_a_way) or 0))
    return [source for source in found if source.count]


async def titles(tx: Transaction, updates: Collection[UUID]) -> dict[UUID, str]:
    """What these updates are called. One query."""
    rows = await tx.execute(_named().where(col(Update.id).in_(updates)))
    return {update: content["title"] for update, content in rows}


async def choose(
    tx: Transaction,
    scheme_id: UUID,
    kind: WorkKind,
    update_id: UUID | None,
    *,
    at_most: int,
    now: datetime,
) -> list[UUID]:
    """Up to `at_most` people of a kind, in the order of their ids: those who are with no other session.

    Nobody who has left, is paused, or must not be contacted; nobody who asked not to be called, but for a
    format of theirs; nobody with whom such a session was done within 90 days.
    """
    meant = func.array(_meant(scheme_id, kind, update_id).scalar_subquery())
    allowed = func.people_for_work(scheme_id, cast(meant, ARRAY(Uuid)), type_=Uuid).column_valued("person")
    theirs = col(WorkItem.registration_id) == allowed
    reasons = [
        and_(
            col(WorkSession.state).in_((SessionState.REQUESTED, *UNDER_WAY)),
            col(WorkSession.ends_at) > now,
            col(WorkItem.state).in_(UNSETTLED),
        )
    ]
    if kind in (WorkKind.UNREACHED, WorkKind.NO_WAY_LEFT):
        # Of the others what they still need says whether it was done.
        reasons.append(
            and_(
                col(WorkSession.kind) == kind,
                col(WorkSession.update_id).is_not_distinct_from(literal(update_id, Uuid)),
                col(WorkItem.state) == ItemState.DONE,
                col(WorkItem.settled_at) > now - LATELY,
            )
        )
    if kind is not WorkKind.FORMATS:
        reasons.append(col(WorkItem.outcome) == Outcome.ASKED_NOT_TO_BE_CALLED)
    passed_over = exists(
        sa_select(literal(1))
        .select_from(WorkItem)
        .join(WorkSession, col(WorkSession.id) == col(WorkItem.session_id))
        .where(theirs, or_(*reasons))
    )
    chosen = sa_select(allowed).where(~passed_over).order_by(allowed).limit(at_most)
    return list((await tx.execute(chosen)).scalars())


def _meant(scheme_id: UUID, kind: WorkKind, update_id: UUID | None) -> Select[UUID]:
    if kind is WorkKind.NO_WAY_LEFT:
        return _without_a_way(scheme_id)
    if update_id is None:
        raise ValueError("these people are of an update")
    if kind is WorkKind.UNREACHED:
        return people_unreached(update_id)
    return people_needing(update_id, A_CALL if kind is WorkKind.CALLS else A_FORMAT)


def _without_a_way(scheme_id: UUID) -> Select[UUID]:
    return sa_select(func.people_without_a_way(scheme_id, type_=Uuid).column_valued("person"))


async def _updates(tx: Transaction, scheme_id: UUID, *, now: datetime) -> Sequence[tuple[UUID, str]]:
    rows = await tx.execute(
        _named()
        .where(
            col(Update.scheme_id) == scheme_id,
            col(Update.state).in_(HAS_BEGUN),
            col(Update.sending_since) > now - LATELY,
        )
        .order_by(col(Update.sending_since).desc())
        .limit(NEWEST)
    )
    return [(update, content["title"]) for update, content in rows]


def _named() -> Select[UUID, dict[str, Any]]:
    return sa_select(col(Update.id), col(UpdateVersion.content)).join(
        UpdateVersion,
        and_(
            col(UpdateVersion.update_id) == col(Update.id),
            col(UpdateVersion.version) == col(Update.version),
        ),
    )
