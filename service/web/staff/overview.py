"""One update for everybody: its state, who did what, its words, and what whoever looks may do next."""

from dataclasses import dataclass
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from service.staff.principal import Staff
from service.staff.roles import Act
from service.updates.approval import Decision, authors_of
from service.updates.history import VersionSeen, versions
from service.updates.reading import approval_of, get_update
from service.updates.states import MOVES, UpdateState
from service.updates.tables import Approval, Update
from service.web.staff.naming import STATES, in_london
from service.web.staff.process import Here, allowed
from service.web.staff.reading import read_words
from service.web.staff.rows import Row, row
from service.web.staff.wording import moment

router: Final = APIRouter(include_in_schema=False)

DONE: Final = {
    "approved": "You approved this update.",
    "sent-back": "You sent this update back to its author.",
    "overdue": "The time at which it should leave had passed, so it went back to its author.",
}
"""What was just done, by the word for it in the address."""

UNDER_WAY: Final = (UpdateState.APPROVED, UpdateState.SENDING, UpdateState.HALTED, UpdateState.SENT)


@dataclass(frozen=True)
class Next:
    """Something that whoever looks may do."""

    words: str
    path: str


@router.get("/updates/{update_id}")
async def page(
    request: Request,
    update_id: UUID,
    here: Here,
    staff: Annotated[Staff, Depends(allowed(Act.READ_UPDATES))],
    done: str = "",
) -> Response:
    """An update as it is now."""
    async with here.transactions.begin() as tx:
        update = await get_update(tx, update_id)
        seen = await read_words(tx, here, update)
        history = await versions(tx, update)
        approval = await approval_of(tx, update)
        authors = await authors_of(tx, update)
    return here.pages.show(
        request,
        "overview",
        **seen.shown,
        state=STATES[update.state],
        done=DONE.get(done),
        sent_back_why=update.sent_back_why if update.state is UpdateState.DRAFT else None,
        rows=_rows(update, approval, scheme=seen.scheme.name["en"], leaves=seen.shown["leaves"]),
        history=[line for each in history for line in _happened(each)],
        actions=_actions(update, staff, authors),
        awaited_of_others=(
            update.state is UpdateState.AWAITING_APPROVAL
            and staff.may(Act.APPROVE_UPDATE)
            and staff.subject in authors
        ),
    )


def _rows(update: Update, approval: Approval | None, *, scheme: str, leaves: str) -> list[Row]:
    rows = [row("Scheme", scheme)]
    if update.audience_sha256 is not None:
        rows.append(row("Messages", f"{update.planned:,}, one to each address"))
    if update.state not in UNDER_WAY:
        rows.append(row("Leaves", leaves))
    elif update.not_before is not None and update.sending_since is None:
        rows.append(row("Leaves", f"On {in_london(update.not_before)}, or soon after"))
    elif update.sending_since is None:
        rows.append(row("Leaves", "When somebody gives the word"))
    if update.word_at is not None:
        rows.append(row("Word given", f"By {update.word_by}, on {moment(update.word_at)}"))
    if approval is not None:
        rows.append(row("Approved", f"By {approval.decided_by}, on {moment(approval.decided_at)}"))
        if approval.urgent_reason:
            rows.append(row("Why it was urgent", approval.urgent_reason))
        if approval.comment:
            rows.append(row("The approver said", approval.comment))
    if update.sending_since is not None:
        rows.append(row("First message", f"On {moment(update.sending_since)}"))
    if update.sent_at is not None and update.state is UpdateState.SENT:
        rows.append(row("Sent", f"On {moment(update.sent_at)}"))
    return rows


def _happened(version: VersionSeen) -> list[str]:
    """What was done with one version, newest first."""
    number = f"Version {version.version}"
    done = [(version.edited_at, f"{number} saved by {version.edited_by}", "")]
    done += [(each.at, f"{number} submitted by {each.by}", "") for each in version.submitted]
    for each in version.decided:
        approved = each.decision is Decision.APPROVE
        said = f" They said: {each.comment}" if each.comment else ""
        done.append((each.at, f"{'Approved' if approved else 'Sent back'} by {each.by}", said))
    return [f"{words}, on {moment(at)}.{said}" for at, words, said in sorted(done, reverse=True)]


def _actions(update: Update, staff: Staff, authors: set[str]) -> list[Next]:
    at = f"/updates/{update.id}"
    actions = []
    awaits = update.state is UpdateState.AWAITING_APPROVAL
    if awaits and staff.may(Act.APPROVE_UPDATE) and staff.subject not in authors:
        actions.append(Next("Approve it, or send it back", f"{at}/approve"))
    if update.state in UNDER_WAY:
        actions.append(Next("Watch it, or halt it", f"{at}/watch"))
    if update.state is UpdateState.DRAFT and staff.may(Act.SUBMIT_UPDATE):
        actions.append(Next("Check it and submit it", f"{at}/check"))
    if staff.may(Act.EDIT_UPDATE) and update.state is UpdateState.DRAFT:
        actions.append(Next("Change it", f"{at}/edit"))
    elif staff.may(Act.EDIT_UPDATE) and UpdateState.DRAFT in MOVES[update.state]:
        actions.append(Next("Change it: it goes back to being a draft", f"{at}/edit"))
    if update.sending_since is not None and staff.may(Act.READ_CERTIFICATES):
        actions.append(Next("See its certificate", f"{at}/certificate"))
    return actions
