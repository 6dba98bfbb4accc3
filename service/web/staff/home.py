"""The first page: what waits for whoever is signed in, what leaves now, what went wrong; who may do what."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from service.casework.calling import calls_to_make
from service.database import Transaction
from service.deliveries.fulfilling import still_needing
from service.deliveries.outcomes import Outcomes, outcomes_of
from service.deliveries.states import UNSENT
from service.deliveries.unreached import unreached_addresses
from service.holds import incidents
from service.holds.holding import holds_in_force
from service.imports.looking_up import waiting_for_decision, waiting_for_words
from service.imports.tables import Import
from service.staff.principal import Staff
from service.staff.roles import MAY, Act, Role
from service.updates.desk import OnDesk, desk
from service.updates.states import UpdateState
from service.web.staff.import_words import STATES as IMPORT_STATES
from service.web.staff.naming import INCIDENTS, STATES
from service.web.staff.process import Here, visitor_or_none
from service.web.staff.waiting_lists import waiting_lists
from service.web.staff.wording import ACTS, ROLES, counted, moment
from service.web.staff.work_desk import work_waiting

router: Final = APIRouter(include_in_schema=False)

UNTITLED: Final = "Draft without a title"
HALTED, SENT_BACK = ("Halted", "red"), ("Sent back", "orange")
TO_RING: Final = ("To ring", "blue")
NOTICE_NEEDED = ("Notice needed", "yellow")


@dataclass(frozen=True)
class Waiting:
    """One thing that waits for somebody."""

    words: str
    path: str
    tag: tuple[str, str]
    """Words and colour."""
    more: str


@dataclass(frozen=True)
class Leaving:
    """An update that is being sent, and how far it is."""

    title: str
    path: str
    done: int
    planned: int


@dataclass(frozen=True)
class Wrong:
    """Something that went wrong: how many, and where to look; None where there is no page of it."""

    words: str
    path: str | None


@router.get("/")
async def home(request: Request, here: Here) -> Response:
    """What waits; or how to sign in."""
    visitor = visitor_or_none(request)
    if visitor is None:
        return here.pages.show(request, "start")
    staff, name = visitor.staff, visitor.staff.name
    values: dict[str, Any] = {"waiting": [], "leaving": [], "wrong": []}
    if staff.may(Act.READ_UPDATES):
        async with here.transactions.begin() as tx:
            values = await _looked_at(tx, staff, now=here.clock.now())
    return here.pages.show(
        request,
        "home",
        greeting=f"Hello, {name}" if name else "Hello",
        has_a_role=bool(staff.roles),
        writes=staff.may(Act.DRAFT_UPDATE),
        **values,
    )


@router.get("/who-may-do-what")
async def who_may_do_what(request: Request, here: Here) -> Response:
    """The table that the code asks (`service.staff.roles`)."""
    return here.pages.show(
        request,
        "who_may_do_what",
        roles=list(ROLES.values()),
        acts=[(words, [role in MAY[act] for role in ROLES]) for act, words in ACTS.items()],
    )


async def _looked_at(tx: Transaction, staff: Staff, *, now: datetime) -> dict[str, Any]:
    """Everything on the page, in as many queries for one update as for a hundred."""
    updates = await desk(tx, staff.subject, now=now)
    begun = [each.id for each in updates if each.state in (UpdateState.SENDING, UpdateState.HALTED)]
    frozen = [each.id for each in updates if each.state is UpdateState.SENT] + begun
    counts = await outcomes_of(tx, begun)
    unreached = await unreached_addresses(tx, frozen)
    needing = await still_needing(tx, frozen)
    wrong = [
        *(
            Wrong(f"Halted: {each.title}", f"/updates/{each.id}/watch")
            for each in updates
            if each.state is UpdateState.HALTED
        ),
        *_holds(len(await holds_in_force(tx))),
        *(
            Wrong(counted(count, *INCIDENTS[kind]), None)
            for kind, count in sorted((await incidents.counted(tx)).items())
        ),
        *_unreached(updates, unreached),
    ]
    caseworker = Role.CASEWORKER in staff.roles
    work = await work_waiting(tx, staff, now=now)
    return {
        "waiting": [
            *_for_authors(updates, staff),
            *_for_seniors(updates, staff),
            *(Waiting(*each) for each in work),
            *(_for_caseworkers(updates, unreached, needing) if caseworker else ()),
            *(_calls(len(await calls_to_make(tx))) if staff.may(Act.ASSIST) else ()),
            *(Waiting(*each) for each in await waiting_lists(tx, staff)),
            *_lists(await waiting_for_decision(tx) if staff.may(Act.IMPORT) else ()),
            *_untold(await waiting_for_words(tx) if staff.may(Act.DRAFT_UPDATE) else ()),
        ],
        "leaving": [_leaving(each, counts[each.id]) for each in updates if each.state is UpdateState.SENDING],
        "wrong": wrong,
    }


def _for_seniors(updates: Iterable[OnDesk], staff: Staff) -> Iterable[Waiting]:
    for each in updates:
        at = f"/updates/{each.id}"
        if (
            each.state is UpdateState.AWAITING_APPROVAL
            and staff.may(Act.APPROVE_UPDATE)
            and staff.subject not in each.authors
        ):
            since = f"Since {moment(each.submitted_at)}. " if each.submitted_at else ""
            messages = counted(each.planned, "message", "messages")
            yield Waiting(each.title, f"{at}/approve", STATES[each.state], f"{since}{messages}.")
        if each.state is UpdateState.HALTED and staff.may(Act.RESUME_UPDATE):
            yield Waiting(each.title, f"{at}/watch", HALTED, "It goes on when a senior person says so.")


def _for_authors(updates: Iterable[OnDesk], staff: Staff) -> Iterable[Waiting]:
    if not staff.may(Act.DRAFT_UPDATE):
        return
    for each in updates:
        at, mine = f"/updates/{each.id}", staff.subject in each.authors
        if each.waits_for_word and staff.may(Act.GIVE_WORD):
            yield Waiting(
                each.title, f"{at}/watch", STATES[each.state], "It leaves when somebody gives the word."
            )
        if each.state is UpdateState.DRAFT and mine:
            back = each.sent_back_why is not None
            yield Waiting(
                each.title or UNTITLED,
                at,
                SENT_BACK if back else STATES[each.state],
                f"Why: {each.sent_back_why}" if back else f"Saved on {moment(each.saved_at)}.",
            )


def _for_caseworkers(
    updates: Iterable[OnDesk], unreached: Mapping[UUID, int], needing: Mapping[UUID, int]
) -> Iterable[Waiting]:
    for each in updates:
        parts = []
        if count := unreached.get(each.id):
            parts.append(f"nobody was reached at {counted(count, 'address', 'addresses')}")
        if count := needing.get(each.id):
            parts.append(f"{counted(count, 'person needs', 'people need')} a call or another format")
        if parts:
            said = ", and ".join(parts)
            yield Waiting(
                each.title, f"/updates/{each.id}/watch", STATES[each.state], f"{said[0].upper()}{said[1:]}."
            )


def _calls(count: int) -> Iterable[Waiting]:
    if count:
        people = counted(count, "person", "people")
        yield Waiting(
            f"{people} to ring",
            "/calls",
            TO_RING,
            "They want to be told by calls, so no message can ask them.",
        )


def _lists(waiting: Iterable[Import]) -> Iterable[Waiting]:
    for each in waiting:
        said = "Say what its columns are, or decide." if each.counts is None else "Decide about it."
        yield Waiting(each.reference, f"/imports/{each.id}", IMPORT_STATES[each.state], said)


def _untold(waiting: Iterable[tuple[Import, int]]) -> Iterable[Waiting]:
    for each, people in waiting:
        said = f"{counted(people, 'person', 'people')} from this list have to be told first of all."
        yield Waiting(each.reference, f"/imports/{each.id}/notice", NOTICE_NEEDED, said)


def _leaving(update: OnDesk, counts: Outcomes) -> Leaving:
    left = sum(counts[state.value] for state in UNSENT)
    return Leaving(update.title, f"/updates/{update.id}/watch", update.planned - left, update.planned)


def _holds(count: int) -> Iterable[Wrong]:
    if count:
        yield Wrong(counted(count, "hold is in force: something is not sent", "holds are in force"), "/holds")


def _unreached(updates: Iterable[OnDesk], unreached: Mapping[UUID, int]) -> Iterable[Wrong]:
    for each in updates:
        if count := unreached.get(each.id):
            addresses = counted(count, "address", "addresses")
            yield Wrong(f"Nobody reached at {addresses}: {each.title}", f"/updates/{each.id}/watch")
