"""Watching an update leave: how far it is, what became of it, halting it, and letting it go on."""

from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from service.database import Transaction
from service.deliveries.cancelling import letters_to_cancel
from service.deliveries.outcomes import Outcomes, eta, outcomes
from service.deliveries.over_time import OverTime, over_time
from service.deliveries.states import UNSENT, DeliveryState
from service.deliveries.unreached import UNREACHED
from service.doorbell import Job
from service.holds.holding import holds_in_force
from service.staff.principal import Staff
from service.staff.roles import Act
from service.updates import drafting, halting, word
from service.updates.content import waits_for_word
from service.updates.reading import get_update
from service.updates.states import UpdateState
from service.updates.tables import Update
from service.web.staff.chart import chart
from service.web.staff.forms import SentForm, text
from service.web.staff.naming import STATES, duration, in_london
from service.web.staff.overview import UNDER_WAY
from service.web.staff.pages import go_to
from service.web.staff.process import Here, StaffProcess, allowed
from service.web.staff.remarks import LONGEST_REMARK
from service.web.staff.rows import counts
from service.web.staff.wording import OUTCOMES, counted

router: Final = APIRouter(include_in_schema=False)

FAILURES: Final = (*UNREACHED, DeliveryState.WITHDRAWN)
"""In the order of a page: those that somebody has to see to, and those who left."""

Reader = Annotated[Staff, Depends(allowed(Act.READ_UPDATES))]


@router.get("/updates/{update_id}/watch")
async def page(request: Request, update_id: UUID, here: Here, staff: Reader) -> Response:
    """How it goes, with what stops it. Before it was approved there is nothing to watch."""
    async with here.transactions.begin() as tx:
        update = await get_update(tx, update_id)
        if update.state not in UNDER_WAY:
            return go_to(f"/updates/{update_id}")
        content = (await drafting.current_version(tx, update)).content
        figures = await _figures(tx, here, update)
    waiting = update.state in word.WAITING and waits_for_word(content) and update.word_at is None
    return here.pages.show(
        request,
        "watch",
        **figures,
        title=content["title"],
        may_halt=update.state in (UpdateState.APPROVED, UpdateState.SENDING),
        may_resume=update.state is UpdateState.HALTED and staff.may(Act.RESUME_UPDATE),
        waits_for_word=waiting,
        may_give_word=waiting and staff.may(Act.GIVE_WORD),
        begun=update.sending_since is not None,
        may_correct=update.sending_since is not None and staff.may(Act.DRAFT_UPDATE),
        longest=LONGEST_REMARK,
    )


@router.get("/updates/{update_id}/watch/live")
async def live(request: Request, update_id: UUID, here: Here, staff: Reader) -> Response:
    """The part of the page that changes. It keeps nobody signed in."""
    async with here.transactions.begin() as tx:
        figures = await _figures(tx, here, await get_update(tx, update_id))
    return here.pages.show(request, "watch_figures", **figures)


@router.post("/updates/{update_id}/halt")
async def halt(
    update_id: UUID, here: Here, staff: Annotated[Staff, Depends(allowed(Act.HALT_UPDATE))], form: SentForm
) -> Response:
    """Stop everything that was not handed over. A reason that is too long is cut: stopping comes first."""
    reason = text(form, "reason")[:LONGEST_REMARK] or None
    async with here.transactions.begin() as tx:
        await halting.halt(tx, staff, update_id, reason=reason, now=here.clock.now())
    return go_to(f"/updates/{update_id}/watch")


@router.post("/updates/{update_id}/resume")
async def resume(
    update_id: UUID, here: Here, staff: Annotated[Staff, Depends(allowed(Act.RESUME_UPDATE))], form: SentForm
) -> Response:
    """Go on, for those who have not had it."""
    async with here.transactions.begin() as tx:
        await halting.resume(tx, staff, update_id, now=here.clock.now())
    await here.doorbell.ring(Job.SEND)
    return go_to(f"/updates/{update_id}/watch")


@router.post("/updates/{update_id}/word")
async def give_word(
    update_id: UUID, here: Here, staff: Annotated[Staff, Depends(allowed(Act.GIVE_WORD))], form: SentForm
) -> Response:
    """The embargo is over."""
    async with here.transactions.begin() as tx:
        await word.give_word(tx, staff, update_id, now=here.clock.now())
    await here.doorbell.ring(Job.SEND)
    return go_to(f"/updates/{update_id}/watch")


@router.post("/updates/{update_id}/correction")
async def correct(
    update_id: UUID, here: Here, staff: Annotated[Staff, Depends(allowed(Act.DRAFT_UPDATE))], form: SentForm
) -> Response:
    """Begin an update to exactly those whom this one reached, with its words to change."""
    async with here.transactions.begin() as tx:
        correction = await drafting.correct(tx, staff, update_id, now=here.clock.now())
    return go_to(f"/updates/{correction.id}/edit")


async def _figures(tx: Transaction, here: StaffProcess, update: Update) -> dict[str, Any]:
    """What the page shows of how it goes, and shows anew every two seconds."""
    now = here.clock.now()
    found = await outcomes(tx, update)
    left = sum(found[state.value] for state in UNSENT)
    happened = await over_time(tx, update)
    letters = await letters_to_cancel(tx, update.id, now=now)
    done = update.planned - left
    return {
        "id": str(update.id),
        "state": STATES[update.state],
        "halted_why": update.halted_why,
        "planned": update.planned,
        "done": done,
        "percent": 100 * done // update.planned if update.planned else 0,
        "so_far": _so_far(update, found, happened, now=now),
        "held": bool(await holds_in_force(tx)),
        "outcomes": counts((OUTCOMES[state], found[state.value]) for state in OUTCOMES if found[state.value]),
        "failures": counts((OUTCOMES[state], found[state.value]) for state in FAILURES if found[state.value]),
        "letters": (
            f"{counted(letters.count, 'letter', 'letters')} can be cancelled in GOV.UK Notify’s own pages "
            f"until {in_london(letters.until)}."
            if letters
            else None
        ),
        "chart": chart(happened),
        "is_live": update.state in (UpdateState.APPROVED, UpdateState.SENDING)
        or bool(found[DeliveryState.ACCEPTED.value]),
    }


def _so_far(update: Update, found: Outcomes, happened: OverTime, *, now: datetime) -> str:
    """How fast it goes, and when it may be done; or why it does not go."""
    match update.state:
        case UpdateState.APPROVED:
            return _before_the_first(update.not_before, now=now)
        case UpdateState.HALTED:
            return "Nothing more is handed over until a senior person lets it go on."
        case UpdateState.SENT:
            return "Everything has been handed over that could be."
    pace = _pace(happened, now=now)
    at = eta(update, found, now=now)
    if not pace or at is None:
        return "Sending has just begun."
    left = duration((at - now).total_seconds())
    return f"{counted(pace, 'message', 'messages')} a minute at the moment. Done in {left}, at this speed."


def _before_the_first(not_before: datetime | None, *, now: datetime) -> str:
    if not_before is None:
        return "It waits until somebody gives the word."
    if not_before > now:
        return f"The first message leaves on {in_london(not_before)}, or soon after."
    return "The first message leaves any moment now."


def _pace(happened: OverTime, *, now: datetime) -> int:
    """Messages a minute in the last whole step, or since the beginning where there is none yet."""
    if not happened.points:
        return 0
    whole = [each for each in happened.points if each.begins + happened.step <= now]
    last = whole[-1] if whole else happened.points[-1]
    seconds = (min(now, last.begins + happened.step) - last.begins).total_seconds()
    return round(last.accepted * 60 / max(seconds, 1))
