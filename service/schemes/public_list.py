"""Changing a scheme's public list, which takes two people (contract.md, the table of roles).

What is on the list passes the outgoing guard and the checks of an update. So one person proposes a change,
and another, who is not the same, agrees; the database refuses anything else (`decide_public_list_change`).
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import assert_never
from uuid import UUID

from sqlalchemy import func
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from uuid6 import uuid7

from service.audit import chain
from service.audit.events import PublicListDecided, PublicListProposed
from service.database import Transaction
from service.errors import Forbidden, Invalid, NotFound
from service.notify.addresses import NotAnAddress, email_address, phone_number
from service.schemes.file import HOST, POSTCODE, REFERENCE, PublicListFile
from service.schemes.reading import as_compared
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


@dataclass(frozen=True, slots=True)
class Proposal:
    """A change to a list that one person wants."""

    kind: DetailKind
    value: str
    adds: bool


class NotADetail(ValueError):
    """It is no detail of this kind. The message says the rule and never the value."""


def compared(kind: DetailKind, text: str) -> str:
    """`text` as it lies on the list. Raises `NotADetail`."""
    try:
        match kind:
            case DetailKind.EMAIL:
                return email_address(text).index_form
            case DetailKind.PHONE:
                return phone_number(text).e164
            case DetailKind.HOST:
                return _matching(HOST, text.strip().lower(), "a host such as www.example.org")
            case DetailKind.POSTCODE:
                return as_compared(_matching(POSTCODE, text.strip(), "a postcode"))
            case DetailKind.REFERENCE:
                return as_compared(_matching(REFERENCE, text.strip(), "6 to 30 letters and digits"))
            case _:
                assert_never(kind)
    except NotAnAddress as error:
        raise NotADetail(str(error)) from None


def details_in(file: PublicListFile) -> set[Detail]:
    """Everything on a file's list. Raises `Invalid` naming each entry that is none."""
    given = {
        DetailKind.EMAIL: file.emails,
        DetailKind.PHONE: file.phones,
        DetailKind.HOST: file.hosts,
        DetailKind.POSTCODE: file.postcodes,
        DetailKind.REFERENCE: file.references,
    }
    details: set[Detail] = set()
    wrong: dict[str, str] = {}
    for kind, texts in given.items():
        for position, text in enumerate(texts):
            try:
                details.add((kind, compared(kind, text)))
            except NotADetail as error:
                wrong[f"public_list.{kind.value}s.{position}"] = str(error)
    if wrong:
        raise Invalid(wrong)
    return details


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


async def counts_waiting(tx: Transaction) -> dict[UUID, int]:
    """How many proposals nobody has answered, by scheme; a scheme without any is left out."""
    rows = await tx.execute(
        select(col(PublicListChange.scheme_id), func.count())
        .where(col(PublicListChange.decision).is_(None))
        .group_by(col(PublicListChange.scheme_id))
    )
    return {scheme: int(count) for scheme, count in rows}


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


def _matching(pattern: str, text: str, rule: str) -> str:
    if re.fullmatch(pattern, text) is None:
        raise NotADetail(f"It has to be {rule}")
    return text
