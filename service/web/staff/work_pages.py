"""Work sessions on pages: all of them, asking for one, deciding about it, how far it is, who opened whom."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import ValidationError
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from service.casework.records import records_of
from service.casework.work import reading, requesting
from service.casework.work.approving import DecidedAlready, OtherRequest, WorkDecision, decide
from service.casework.work.choosing import Source, sources, titles
from service.casework.work.reading import Progress, get_session, open_with, progress_of, state_at
from service.casework.work.requesting import NobodyToWorkThrough, NotBegun, WorkForm
from service.casework.work.tables import MOST_PEOPLE, WorkSession
from service.casework.work.words import SHOWN, UNDER_WAY, SessionState, WorkKind
from service.database import Transaction
from service.errors import Conflict, Invalid
from service.schemes.reading import SchemeView, all_schemes, find_scheme
from service.staff.principal import Staff
from service.staff.roles import Act
from service.web.broken_rules import broken_rules
from service.web.staff.forms import SentForm, text
from service.web.staff.naming import in_london
from service.web.staff.pages import Errors, go_to
from service.web.staff.process import Here, StaffProcess, allowed
from service.web.staff.rows import Row, counts, row
from service.web.staff.updates import Slug
from service.web.staff.wording import counted, moment
from service.web.staff.work_words import KINDS_OF_WORK, OUTCOMES_OF_WORK, PURPOSES_OF_WORK, TAGS, what_is_seen

router: Final = APIRouter(include_in_schema=False)

Reader = Annotated[Staff, Depends(allowed(Act.APPROVE_WORK))]
Worker = Annotated[Staff, Depends(allowed(Act.WORK_THROUGH))]

RECORDS_AT_ONCE: Final = 100
TYPED: Final = ("source", "purpose", "reference", "at_most")
DONE: Final = {
    "asked": "You asked for this work session. Another person has to approve it.",
    "approve": "You approved this work session.",
    "refuse": "This work session was refused. Nobody is opened.",
    "said": "What came of them is kept.",
    "nobody": "Nobody is due now.",
    "gone": "They had left, or were erased: nothing of them was shown. Open the next person.",
}
"""What a page says about what was just done."""


@dataclass(frozen=True)
class Listed:
    """One session on the list."""

    path: str
    title: str
    tag: tuple[str, str]
    more: str


@dataclass(frozen=True)
class Asked:
    """What somebody typed into the form."""

    typed: Mapping[str, str] = field(default_factory=lambda: {**dict.fromkeys(TYPED, ""), "at_most": "300"})

    @classmethod
    def of(cls, form: FormData) -> "Asked":
        return cls({name: text(form, name) for name in TYPED})

    def form(self) -> WorkForm:
        """What is asked for. Raises pydantic's `ValidationError`."""
        kind, _, update = self.typed["source"].partition("/")
        return WorkForm.model_validate(
            {
                "kind": kind,
                "update": update or None,
                "purpose": self.typed["purpose"],
                "reference": self.typed["reference"],
                "at_most": self.typed["at_most"],
            }
        )


@router.get("/work")
async def listed(request: Request, here: Here, staff: Reader) -> Response:
    """All work sessions, newest first."""
    now = here.clock.now()
    async with here.transactions.begin() as tx:
        schemes = await all_schemes(tx)
        sessions = await reading.newest(tx)
        progress = await progress_of(tx, [each.id for each in sessions])
        named = await titles(tx, [each.update_id for each in sessions if each.update_id])
    return here.pages.show(
        request,
        "work",
        schemes=schemes if staff.may(Act.WORK_THROUGH) else [],
        sessions=[
            Listed(
                f"/work/{each.id}",
                title_of(each, named),
                TAGS[state_at(each, now)],
                f"{counted(each.people, 'person', 'people')}, {progress[each.id].left:,} still to do. "
                f"Asked for by {each.requested_by} on {moment(each.requested_at)}.",
            )
            for each in sessions
        ],
    )


@router.get("/schemes/{scheme}/work/new")
async def begin(request: Request, scheme: Slug, here: Here, staff: Worker) -> Response:
    """The form: which people, what for, under which reference."""
    return await _form(request, here, scheme, Asked())


@router.post("/schemes/{scheme}/work/new")
async def ask(request: Request, scheme: Slug, here: Here, staff: Worker, form: SentForm) -> Response:
    """Put it before another person."""
    asked = Asked.of(form)
    try:
        wanted = asked.form()
        async with here.transactions.begin() as tx:
            found = await find_scheme(tx, scheme)
            made = await requesting.request(tx, staff, found, wanted, now=here.clock.now())
    except ValidationError as error:
        return await _form(request, here, scheme, asked, errors=_wrong(error))
    except (Invalid, NotBegun, NobodyToWorkThrough) as error:
        return await _form(request, here, scheme, asked, errors=(("source", error.message),))
    return go_to(f"/work/{made.id}?done=asked")


@router.get("/work/{session_id}")
async def show(
    request: Request, session_id: UUID, here: Here, staff: Reader, done: str | None = None
) -> Response:
    """One session: what was asked for, how far it is, and what this person can do."""
    now = here.clock.now()
    async with here.transactions.begin() as tx:
        session = await get_session(tx, session_id)
        progress = (await progress_of(tx, [session_id]))[session_id]
        title = await _title(tx, session)
        theirs = await open_with(tx, staff)
    state = state_at(session, now)
    own = session.requested_by == staff.subject
    return here.pages.show(
        request,
        "work_session",
        id=str(session_id),
        title=title,
        done=DONE.get(done or ""),
        state=TAGS[state],
        rows=_about(session),
        progress=_so_far(progress),
        left=progress.left,
        people=session.people,
        next_call=in_london(progress.next_call_at) if progress.next_call_at else None,
        may_approve=state is SessionState.REQUESTED and not own,
        may_take_back=state is SessionState.REQUESTED and own,
        request_sha256=session.request_sha256,
        may_open=staff.may(Act.WORK_THROUGH) and state in UNDER_WAY and progress.left > 0,
        may_see_openings=staff.may(Act.SEE_OPENED),
        has_open=theirs is not None and theirs.session_id == session_id,
        open_item=str(theirs.id) if theirs is not None else "",
        open_elsewhere=f"/work/{theirs.session_id}"
        if theirs is not None and theirs.session_id != session_id
        else None,
    )


@router.get("/work/{session_id}/approve")
async def decision(request: Request, session_id: UUID, here: Here, staff: Reader) -> Response:
    """What is to be approved, of how many people, and what cannot be undone."""
    return await _decision(request, here, staff, session_id)


@router.post("/work/{session_id}/approval")
async def approve(request: Request, session_id: UUID, here: Here, staff: Reader, form: SentForm) -> Response:
    """Approve it, or refuse; whoever asked for it takes it back so."""
    chosen = next((each for each in WorkDecision if each.value == text(form, "decision")), None)
    if chosen is None:
        raise Invalid({"decision": "It has to be approve or refuse"})
    try:
        async with here.transactions.begin() as tx:
            await decide(
                tx, staff, session_id, chosen, request=text(form, "request_sha256"), now=here.clock.now()
            )
    except (DecidedAlready, OtherRequest) as error:
        return await _decision(request, here, staff, session_id, refused=error)
    return go_to(f"/work/{session_id}?done={chosen.value}")


@router.get("/work/{session_id}/openings")
async def openings(
    request: Request, session_id: UUID, here: Here, staff: Annotated[Staff, Depends(allowed(Act.SEE_OPENED))]
) -> Response:
    """Who opened whom."""
    async with here.transactions.begin() as tx:
        session = await get_session(tx, session_id)
        title = await _title(tx, session)
        found = await reading.openings(tx, staff, session_id)
        numbers = await numbers_of(tx, [each.registration for each in found])
    return here.pages.show(
        request,
        "work_openings",
        id=str(session_id),
        title=title,
        openings=[
            (
                numbers.get(each.registration, f"Erased: {each.registration}"),
                f"Opened by {each.by} on {moment(each.at)}",
                OUTCOMES_OF_WORK[each.outcome] if each.outcome else "Nothing was said yet",
            )
            for each in found
        ],
    )


async def numbers_of(tx: Transaction, registrations: Collection[UUID]) -> dict[UUID, str]:
    """The numbers of these registrations, a hundred at a time: a session has up to three hundred."""
    ids = list(dict.fromkeys(registrations))
    pages = [
        await records_of(tx, ids[start : start + RECORDS_AT_ONCE])
        for start in range(0, len(ids), RECORDS_AT_ONCE)
    ]
    return {each.id: each.preferences.number for page in pages for each in page}


def title_of(session: WorkSession, named: Mapping[UUID, str]) -> str:
    """`People to call: When the scheme opens`."""
    said = KINDS_OF_WORK[session.kind]
    return f"{said}: {named.get(session.update_id, '')}" if session.update_id else said


async def _title(tx: Transaction, session: WorkSession) -> str:
    return title_of(session, await titles(tx, [session.update_id] if session.update_id else []))


async def _decision(
    request: Request, here: StaffProcess, staff: Staff, session_id: UUID, *, refused: Conflict | None = None
) -> Response:
    async with here.transactions.begin() as tx:
        session = await get_session(tx, session_id)
        title = await _title(tx, session)
    if refused is None and state_at(session, here.clock.now()) is not SessionState.REQUESTED:
        return go_to(f"/work/{session_id}")
    return here.pages.show(
        request,
        "work_approve",
        status=HTTPStatus.CONFLICT if refused else HTTPStatus.OK,
        errors=(("", refused.message),) if refused else (),
        id=str(session_id),
        title=title,
        people=session.people,
        rows=_about(session),
        seen=what_is_seen(SHOWN[session.kind]),
        own=session.requested_by == staff.subject,
        waits=session.state is SessionState.REQUESTED,
        request_sha256=session.request_sha256,
    )


async def _form(
    request: Request, here: StaffProcess, scheme: str, asked: Asked, *, errors: Errors = ()
) -> Response:
    async with here.transactions.begin() as tx:
        found: SchemeView = await find_scheme(tx, scheme)
        there = await sources(tx, found.id, now=here.clock.now())
    return here.pages.show(
        request,
        "work_new",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if errors else HTTPStatus.OK,
        errors=errors,
        scheme=found,
        sources=[(f"{each.kind}/{each.update or ''}", *_offered(each)) for each in there],
        purposes=[(each.value, words) for each, words in PURPOSES_OF_WORK.items()],
        typed=asked.typed,
        most=MOST_PEOPLE,
    )


def _offered(source: Source) -> tuple[str, str]:
    """What an answer of the form says, and its hint."""
    words = KINDS_OF_WORK[source.kind] + (f": {source.title}" if source.title else "")
    if source.kind is WorkKind.UNREACHED:
        return words, f"Nobody was reached at {counted(source.count, 'address', 'addresses')}"
    return words, counted(source.count, "person", "people")


def _wrong(error: ValidationError) -> Errors:
    """What is wrong with the form, by input. No value is repeated."""
    said = {
        "kind": ("source", "Choose the people"),
        "update": ("source", "Choose the people"),
        "purpose": ("purpose", "Choose what for"),
    }
    wrong = [(rule.field, rule.rule) for rule in broken_rules(error.errors())]
    return tuple(dict.fromkeys(said.get(name, (name.replace("_", "-"), rule)) for name, rule in wrong))


def _about(session: WorkSession) -> list[Row]:
    decided = f"By {session.decided_by}, on {moment(session.decided_at)}" if session.decided_at else "Not yet"
    return [
        row("People", f"{session.people:,}"),
        row("What for", PURPOSES_OF_WORK[session.purpose]),
        row("Reference", session.reference),
        row("Details that are seen", what_is_seen(SHOWN[session.kind]).capitalize()),
        row("Asked for", f"By {session.requested_by}, on {moment(session.requested_at)}"),
        row("Decided", decided),
        row("Ends", f"At the latest on {moment(session.ends_at)}"),
    ]


def _so_far(progress: Progress) -> list[list[dict[str, Any]]]:
    found = [(words, progress.outcomes[outcome]) for outcome, words in OUTCOMES_OF_WORK.items()]
    return counts([("Still to do", progress.left), *((words, count) for words, count in found if count)])
