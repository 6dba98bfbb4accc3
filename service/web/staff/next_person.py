"""The next person of a work session: leased and recorded, opened by a worker, shown once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from service.casework.work.opening import Next, NotUnderWay, open_next
from service.casework.work.settling import Said, settle
from service.casework.work.words import Outcome
from service.crypto.one_answer import OneAnswer
from service.doorbell import Job
from service.staff.principal import Staff
from service.web.staff.process import StaffProcess
from service.web.staff.waiting import opened_answer

GONE: Final = Said(Outcome.GONE)


@dataclass(frozen=True)
class Shown:
    """What a caseworker sees of one person. Its `repr` shows no detail."""

    next: Next
    person: Mapping[str, Any] | None = field(repr=False)
    """As the worker answers (`workers/work_sessions.py`); None where they have left, or were erased."""


async def show_next(here: StaffProcess, staff: Staff, session_id: UUID) -> Shown | None:
    """The next person, or the one whom they have open; None where nobody is due.

    What is recorded is committed before a worker is asked. Raises what `open_next` raises, and
    `Unavailable` where no worker answers: the person stays with them, and they ask again.
    """
    key = OneAnswer()
    async with here.transactions.begin() as tx:
        found = await open_next(tx, staff, session_id, key, now=here.clock.now())
    if found is None:
        return None
    answer = await opened_answer(here, Job.WORK_ITEMS, found.errand, key)
    match answer["status"]:
        case "open":
            return Shown(found, answer["person"])
        case "gone":
            async with here.transactions.begin() as tx:
                await settle(tx, staff, session_id, found.item, GONE, now=here.clock.now())
            return Shown(found, None)
        case _:
            raise NotUnderWay
