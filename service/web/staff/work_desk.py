"""What of work sessions waits for somebody: on their first page."""

from datetime import datetime
from typing import NamedTuple

from service.casework.work.choosing import titles
from service.casework.work.reading import in_hand, open_with, progress_of
from service.casework.work.words import SessionState
from service.database import Transaction
from service.staff.principal import Staff
from service.staff.roles import Act
from service.web.staff.naming import in_london
from service.web.staff.wording import counted, moment
from service.web.staff.work_pages import title_of
from service.web.staff.work_words import TAGS


class WorkWaiting(NamedTuple):
    """One session that waits, as the first page shows it."""

    words: str
    path: str
    tag: tuple[str, str]
    more: str


async def work_waiting(tx: Transaction, staff: Staff, *, now: datetime) -> list[WorkWaiting]:
    """Sessions to decide about, but one's own; and to caseworkers those that they can go on with."""
    if not staff.may(Act.APPROVE_WORK):
        return []
    sessions = await in_hand(tx, now=now)
    progress = await progress_of(tx, [each.id for each in sessions])
    named = await titles(tx, [each.update_id for each in sessions if each.update_id])
    theirs = await open_with(tx, staff)
    waiting = []
    for each in sessions:
        so_far = progress[each.id]
        if each.state is SessionState.REQUESTED:
            if each.requested_by == staff.subject:
                continue
            path = f"/work/{each.id}/approve"
            more = f"{counted(each.people, 'person', 'people')}. Since {moment(each.requested_at)}."
        elif staff.may(Act.WORK_THROUGH):
            path, more = f"/work/{each.id}", f"{counted(so_far.left, 'person', 'people')} still to do."
            if theirs is not None and theirs.session_id == each.id:
                more += " You have one of them open."
            if so_far.next_call_at is not None:
                more += f" Somebody is to be called again on {in_london(so_far.next_call_at)}."
        else:
            continue
        waiting.append(WorkWaiting(title_of(each, named), path, TAGS[each.state], more))
    return waiting
