"""Whom somebody has to ring, because no message can do it.

A number for calls is confirmed by whoever rang it and spoke to the person; whoever is told by calls alone is
read their copy so, and asked whether a change is theirs.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import text

from service.audit import chain
from service.audit.people_events import CallSettled
from service.database import Transaction
from service.errors import Conflict
from service.registrations.words import Language, Purpose
from service.staff.members import describe
from service.staff.principal import Staff, require
from service.staff.roles import Act

CALLS: Final = text("SELECT * FROM calls_to_make()")
SETTLE: Final = text("SELECT settle_call(:who, :call, :said)")


class NothingToSettle(Conflict):
    """Somebody else has rung them, or there is nothing to ring about any more."""

    code = "nothing-to-settle"


class CallOutcome(StrEnum):
    """What came of a call. The last three are for a change that somebody asked for."""

    NOT_REACHED = "not-reached"
    DONE = "done"
    MINE = "mine"
    ANOTHER = "another"
    NOT_ME = "not-me"


OF_A_CHANGE: Final = (CallOutcome.MINE, CallOutcome.ANOTHER, CallOutcome.NOT_ME)


@dataclass(frozen=True, slots=True)
class CallToMake:
    """One call, of whose number the record shows nothing: that takes a reveal."""

    id: UUID
    scheme: UUID
    registration: UUID
    number: str
    """The registration's."""
    language: Language
    purpose: Purpose
    since: datetime
    tried: int
    """How often nobody was reached."""

    @property
    def outcomes(self) -> tuple[CallOutcome, ...]:
        """What may come of it."""
        done = OF_A_CHANGE if self.purpose is Purpose.CHANGE else (CallOutcome.DONE,)
        return (*done, CallOutcome.NOT_REACHED)


async def calls_to_make(tx: Transaction) -> list[CallToMake]:
    """Up to two hundred, those first that have waited longest; nobody who was tried in the last hours."""
    return [
        CallToMake(
            row.id,
            row.scheme,
            row.registration,
            row.number,
            Language(row.language),
            Purpose(row.purpose),
            row.since,
            row.tried,
        )
        for row in await tx.execute(CALLS)
    ]


async def settle_call(
    tx: Transaction, staff: Staff, call: UUID, outcome: CallOutcome, *, now: datetime
) -> None:
    """Say what came of a call. Ring for changes then. Raises `NotYourRole`, `NothingToSettle`."""
    require(staff, Act.ASSIST)
    await describe(tx, staff, now=now)
    said = None if outcome is CallOutcome.NOT_REACHED else outcome.value
    if not await tx.scalar(SETTLE, {"who": staff.subject, "call": call, "said": said}):
        raise NothingToSettle
    await chain.append(tx, CallSettled(actor=staff.subject, call=call, decision=outcome.value), now=now)
