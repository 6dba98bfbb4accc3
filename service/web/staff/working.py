"""Working through a session on pages: one person at a time, their details once, and what came of it."""

from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from service.casework.work.reading import get_session, item_of
from service.casework.work.settling import NotOpen, Said, settle
from service.casework.work.words import ItemState, Outcome, WorkKind
from service.clock import LONDON
from service.errors import Invalid
from service.notify.addresses import phone_number
from service.registrations.words import Channel
from service.staff.principal import Staff
from service.staff.roles import Act
from service.web.staff.forms import SentForm, text
from service.web.staff.naming import LANGUAGES, NEEDS
from service.web.staff.next_person import Shown, show_next
from service.web.staff.pages import Errors, go_to
from service.web.staff.persons import FORMATS, KINDS, RELATIONSHIPS
from service.web.staff.process import Here, StaffProcess, allowed
from service.web.staff.reading_times import NoSuchTime, read_date, read_time
from service.web.staff.rows import Row, row
from service.web.staff.work_words import AGAIN, CAN_SAY, CONTACTS, NOT_SAID_OF

router: Final = APIRouter(include_in_schema=False)

Worker = Annotated[Staff, Depends(allowed(Act.WORK_THROUGH))]

TYPED: Final = ("outcome", "again-day", "again-month", "again-year", "again-time")
RINGS: Final = frozenset({Channel.PHONE, Channel.SMS})


@router.post("/work/{session_id}/next")
async def open_one(request: Request, session_id: UUID, here: Here, staff: Worker, form: SentForm) -> Response:
    """Show the next person, once: the page is not kept, and loading it again is another opening."""
    shown = await show_next(here, staff, session_id)
    if shown is None:
        return go_to(f"/work/{session_id}?done=nobody")
    if shown.person is None:
        return go_to(f"/work/{session_id}?done=gone")
    async with here.transactions.begin() as tx:
        session = await get_session(tx, session_id)
    return _page(
        request,
        here,
        session_id,
        shown.next.item,
        session.kind,
        no_message=shown.next.no_message,
        details=_details(shown, shown.person),
    )


@router.get("/work/{session_id}/items/{item_id}")
async def unsettled(request: Request, session_id: UUID, item_id: UUID, here: Here, staff: Worker) -> Response:
    """The form for whoever closed the page too early: without the details."""
    async with here.transactions.begin() as tx:
        session = await get_session(tx, session_id)
        item = await item_of(tx, staff, session_id, item_id)
    if item.state is not ItemState.OPEN:
        return go_to(f"/work/{session_id}")
    return _page(request, here, session_id, item_id, session.kind, no_message=item.no_message)


@router.post("/work/{session_id}/items/{item_id}/outcome")
async def say(
    request: Request, session_id: UUID, item_id: UUID, here: Here, staff: Worker, form: SentForm
) -> Response:
    """Keep what came of them. Where something is wrong with it, their details are not shown again."""
    no_message = text(form, "no_message") == "yes"
    try:
        said = _said(form, no_message=no_message)
        async with here.transactions.begin() as tx:
            await settle(tx, staff, session_id, item_id, said, now=here.clock.now())
    except NoSuchTime as error:
        errors: Errors = ((error.input.replace("send-at", "again"), str(error)),)
    except Invalid as error:
        errors = tuple(
            ("again-day" if name == "call_back_at" else name, rule) for name, rule in error.fields.items()
        )
    except NotOpen:
        # The same button, pressed twice.
        return go_to(f"/work/{session_id}")
    else:
        return go_to(f"/work/{session_id}?done=said")
    async with here.transactions.begin() as tx:
        session = await get_session(tx, session_id)
    typed = {name: text(form, name) for name in TYPED}
    return _page(
        request, here, session_id, item_id, session.kind, no_message=no_message, typed=typed, errors=errors
    )


def _page(
    request: Request,
    here: StaffProcess,
    session_id: UUID,
    item_id: UUID,
    kind: WorkKind,
    *,
    no_message: bool,
    details: Mapping[str, Any] | None = None,
    typed: Mapping[str, str] | None = None,
    errors: Errors = (),
) -> Response:
    today = here.clock.now().astimezone(LONDON)
    day = {"again-day": str(today.day), "again-month": str(today.month), "again-year": str(today.year)}
    return here.pages.show(
        request,
        "work_person",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if errors else HTTPStatus.OK,
        errors=errors,
        id=str(session_id),
        item=str(item_id),
        no_message=no_message,
        details=details,
        answers=[
            (value, words, hint) for value, (words, hint) in CAN_SAY.items() if value not in NOT_SAID_OF[kind]
        ],
        typed=typed or {**dict.fromkeys(TYPED, ""), **day},
    )


def _said(form: FormData, *, no_message: bool) -> Said:
    """What the form says. Raises `NoSuchTime`, `Invalid`."""
    chosen = text(form, "outcome")
    if chosen == AGAIN:
        return Said(Outcome.NO_ANSWER, _again_at(form), no_message)
    outcome = next((each for each in Outcome if each.value == chosen and chosen in CAN_SAY), None)
    if outcome is None:
        raise Invalid({"outcome": "Choose what came of it"})
    return Said(outcome, None, no_message)


def _again_at(form: FormData) -> datetime:
    day = read_date(*(text(form, f"again-{part}") for part in ("day", "month", "year")), field="again")
    return datetime.combine(day, read_time(text(form, "again-time")), LONDON)


def _details(shown: Shown, person: Mapping[str, Any]) -> dict[str, Any]:
    """What the page shows of a person: the rows, and each of their contacts."""
    about: list[Row] = [
        row("Registration", person["number"]),
        row("Who", _who(person)),
        row("Language", LANGUAGES[person["language"]]),
    ]
    if person["organisation"]:
        about.insert(0, row("Organisation", person["organisation"]))
    if person["name"]:
        about.insert(0, row("Name", person["name"]))
    if shown.next.needs:
        about.append(row("Still to get it as", ", ".join(NEEDS[need] for need in shown.next.needs)))
    if person["formats"]:
        about.append(row("Needs", ", ".join(FORMATS[need] for need in person["formats"])))
    return {
        "registration": str(shown.next.registration),
        "about": about,
        "contacts": [_contact(each) for each in person["contacts"]],
    }


def _contact(contact: Mapping[str, Any]) -> dict[str, Any]:
    """One way to reach them; a number with what dials it."""
    rings = contact["channel"] in RINGS
    said = ["it came back, or is not to be used"] if contact["suppressed"] else []
    if not contact["confirmed"]:
        said.append("nobody has confirmed it")
    return {
        "way": CONTACTS[contact["channel"]],
        "lines": [phone_number(contact["text"]).as_written] if rings else contact["text"].splitlines(),
        "dial": f"tel:{contact['text']}" if rings else None,
        "said": "; ".join(said),
    }


def _who(person: Mapping[str, Any]) -> str:
    who = KINDS[person["kind"]]
    return f"{who}: {RELATIONSHIPS[person['relationship']]}" if person["relationship"] else who
