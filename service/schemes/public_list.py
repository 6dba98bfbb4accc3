"""Changing a scheme's public list, which takes two people (contract.md, the table of roles).

What is on the list passes the outgoing guard and the checks of an update. So one person proposes a change,
and another, who is not the same, agrees; the database refuses anything else (`decide_public_list_change`).
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import func
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from uuid6 import uuid7

from service.audit import chain
from service.audit.events import PublicListDecided, PublicListProposed
from service.database import Transaction
from service.errors import Conflict, Forbidden, NotFound
from service.schemes.tables import DetailKind, PublicDetail, PublicListChange

Detail = tuple[DetailKind, str]
"""A kind, and the value as it is compared."""


class PublicListDecision(StrEnum):
    AGREE = "agree"
    REFUSE = "refuse"


class NoSuchChange(NotFound):
    """There is no proposal of this id that waits for an answer."""

    code = "no-such-change"


class OwnProposal(Forbidden):
    """Somebody else has to agree to what you proposed yourself."""

    code = "own-proposal"


class NothingToChange(Conflict):
    """The list is like that already, or the same proposal waits for a second person."""

    code = "nothing-to-change"


@dataclass(frozen=True, slots=True)
class Proposal:
    """A change to a list that one person wants."""

    kind: DetailKind
    value: str
    adds: bool


async def details_of(tx: Transaction, scheme_id: UUID) -> set[Detail]:
    """What is on the list now."""
    rows = await tx.exec(select(PublicDetail).where(PublicDetail.scheme_id == scheme_id))
    return {(row.kind, row.value) for row in rows}


def differences(now: Collection[Detail], wanted: Collection[Detail]) -> list[Proposal]:
    """What would have to be proposed to make a list `wanted`."""
    added = [Proposal(kind, value, True) for kind, value in sorted(set(wanted) - set(now))]
    return added + [Proposal(kind, value, False) for kind, value in sorted(set(now) - set(wanted))]


async def propose(
    tx: Transaction, scheme_id: UUID, proposals: Sequence[Proposal], *, why: str, by: str, now: datetime
) -> int:
    """Put changes before a second person; how many of them are new.

    Those that change nothing, or wait already, are left out. `why` is for the second person to read.
    """
    there = await details_of(tx, scheme_id)
    wanted = [each for each in proposals if ((each.kind, each.value) in there) is not each.adds]
    if not wanted:
        return 0
    made = await tx.execute(
        insert(PublicListChange)
        .values(
            [
                {
                    "id": uuid7(),
                    "scheme_id": scheme_id,
                    "kind": each.kind,
                    "value": each.value,
                    "adds": each.adds,
                    "why": why,
                    "proposed_by": by,
                    "proposed_at": now,
                }
                for each in wanted
            ]
        )
        .on_conflict_do_nothing()
        .returning(col(PublicListChange.id))
    )
    new = [row.id for row in made]
    for change in new:
        await chain.append(tx, PublicListProposed(actor=by, scheme=scheme_id, change=change), now=now)
    return len(new)


async def waiting(tx: Transaction, scheme_id: UUID) -> list[PublicListChange]:
    """The proposals that nobody has answered, oldest first."""
    found = await tx.exec(
        select(PublicListChange)
        .where(PublicListChange.scheme_id == scheme_id, col(PublicListChange.decision).is_(None))
        .order_by(col(PublicListChange.proposed_at), col(PublicListChange.id))
    )
    return list(found)


async def decide(
    tx: Transaction, change_id: UUID, decision: PublicListDecision, *, by: str, now: datetime
) -> None:
    """Answer a proposal. Raises `NoSuchChange`, and `OwnProposal` where somebody agrees with themselves."""
    change = (
        await tx.exec(
            select(PublicListChange).where(
                PublicListChange.id == change_id, col(PublicListChange.decision).is_(None)
            )
        )
    ).one_or_none()
    if change is None:
        raise NoSuchChange
    if decision is PublicListDecision.AGREE and change.proposed_by == by:
        raise OwnProposal
    done = await tx.scalar(select(func.decide_public_list_change(change_id, decision.value, by, now)))
    if not done:
        raise NoSuchChange
    await chain.append(
        tx,
        PublicListDecided(actor=by, scheme=change.scheme_id, change=change_id, decision=decision.value),
        now=now,
    )
