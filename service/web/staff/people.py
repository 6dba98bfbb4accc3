"""The pages of one person: finding them, their record, and seeing once who they are."""

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends
from markupsafe import Markup
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response
from uuid6 import uuid7

from service.casework import records
from service.casework.records import Record
from service.casework.revealing import RevealForm
from service.casework.searching import SearchForm
from service.casework.work.reading import openings_of
from service.crypto.tokens import SAYABLE
from service.database import Transaction
from service.deliveries.telling import updates_to
from service.errors import Invalid
from service.registrations.states import RegistrationState
from service.registrations.words import Channel, ContactBy
from service.schemes.reading import SchemeView, all_schemes, find_scheme
from service.staff.principal import Staff
from service.staff.roles import Act
from service.web.staff.casework import find, show
from service.web.staff.forms import SentForm, text
from service.web.staff.naming import LANGUAGES
from service.web.staff.pages import Errors
from service.web.staff.persons import (
    FORMATS,
    GIVEN_BY,
    KINDS,
    PURPOSES,
    RELATIONSHIPS,
    STATES,
    STOPPED,
    WAYS,
    options,
    wrong_answers,
)
from service.web.staff.process import Here, StaffProcess, allowed
from service.web.staff.rows import Row, row
from service.web.staff.wording import OUTCOMES, counted, moment
from service.web.staff.work_words import PURPOSES_OF_WORK

router: Final = APIRouter(include_in_schema=False)

Searcher = Annotated[Staff, Depends(allowed(Act.SEARCH))]
Revealer = Annotated[Staff, Depends(allowed(Act.REVEAL))]

REGISTRATION_NUMBER: Final = re.compile(rf"(?:KI)?[{SAYABLE}]{{8}}")
DONE: Final[Mapping[str, str]] = {
    "closed": "They have left. Nothing is sent to them any more.",
    "corrected": "Their registration is changed.",
    "asked": "Their registration is changed. Whoever has the new address is asked to confirm it first.",
    "not-asked": "Nobody could be asked at that address. Look whether the registration has changed.",
    "handed-on": "Whoever has that address is asked to take it over. Nothing changes until they do.",
}
"""What was done, by the word in the address."""


@router.get("/people")
async def ask(request: Request, here: Here, staff: Searcher, done: str = "") -> Response:
    """One box: an email address, a number, or a registration number."""
    return await _search_page(request, here, erased=done == "erased")


@router.post("/people")
async def look(request: Request, here: Here, staff: Searcher, form: SentForm) -> Response:
    """Who was found. What was looked for stands in no address and in no log."""
    slug, wanted = text(form, "scheme"), text(form, "search")
    if not wanted:
        return await _search_page(request, here, errors=(("search", "Enter what to look for"),))
    try:
        found = await find(here, staff, slug, as_search(wanted))
    except ValidationError:
        rule = "Enter an email address, a telephone number, or a registration number like KI-7F3K-9QXM"
        return await _search_page(request, here, said=wanted, slug=slug, errors=(("search", rule),))
    return await _search_page(request, here, said=wanted, slug=slug, found=found)


@router.get("/registrations/{registration}")
async def record(
    request: Request, registration: UUID, here: Here, staff: Searcher, done: str = ""
) -> Response:
    """Everything but who it is."""
    async with here.transactions.begin() as tx:
        found, scheme = await record_and_scheme(tx, registration)
        told = await updates_to(tx, registration)
        seen = await records.reveals_of(tx, registration)
        opened = await openings_of(tx, registration)
    return here.pages.show(
        request,
        "record",
        found=found,
        scheme=scheme,
        done=DONE.get(done),
        state=STATES[found.preferences.status],
        rows=rows_of(found, scheme),
        may_correct=found.preferences.status is RegistrationState.CONFIRMED,
        may_hand_on=found.preferences.status is not RegistrationState.PENDING,
        may_close=found.preferences.status is not RegistrationState.LEFT,
        updates=[
            (
                str(each.id),
                each.title,
                WAYS[ContactBy(each.channel)],
                OUTCOMES[each.state] if each.state else "Somebody rings them",
                moment(each.at) if each.at else "",
            )
            for each in told
        ],
        seen=[
            (by, purpose, reference, moment(at))
            for at, by, purpose, reference in sorted(
                [(each.at, each.by, PURPOSES[each.purpose], each.reference) for each in seen]
                + [(each.at, each.by, PURPOSES_OF_WORK[each.purpose], each.reference) for each in opened],
                reverse=True,
            )
        ],
    )


@router.get("/registrations/{registration}/reveal")
async def ask_reveal(request: Request, registration: UUID, here: Here, staff: Revealer) -> Response:
    """What for. Each form shows the details once."""
    return await _reveal_page(request, here, registration)


@router.post("/registrations/{registration}/reveal")
async def reveal(
    request: Request, registration: UUID, here: Here, staff: Revealer, form: SentForm
) -> Response:
    """Their details, on this answer and on no page that could be opened again."""
    said = {name: text(form, name) for name in ("purpose", "reference")}
    try:
        wanted, once = RevealForm.model_validate(said), UUID(text(form, "once"))
    except ValidationError as error:
        return await _reveal_page(request, here, registration, said=said, errors=wrong_answers(error))
    except ValueError:
        raise Invalid({"once": "It is needed, as the page has it"}) from None
    person = await show(here, staff, registration, wanted, reveal=once)
    return here.pages.show(
        request,
        "revealed",
        registration=str(registration),
        number=person["number"],
        rows=_details(person),
        purpose=PURPOSES[wanted.purpose],
        reference=wanted.reference,
    )


def as_search(wanted: str) -> SearchForm:
    """What somebody typed into the one box. Raises pydantic's ValidationError."""
    letters = re.sub(r"[\s-]", "", wanted.upper())
    if "@" in wanted:
        return SearchForm(email=wanted)
    if REGISTRATION_NUMBER.fullmatch(letters) or any(each.isalpha() for each in wanted):
        return SearchForm(number=wanted)
    return SearchForm(mobile=wanted)


async def record_and_scheme(tx: Transaction, registration: UUID) -> tuple[Record, SchemeView]:
    """A record, with the scheme that it is of. Raises `NoSuchRegistration`."""
    found = await records.record_of(tx, registration)
    return found, await find_scheme(tx, found.preferences.scheme)


def rows_of(found: Record, scheme: SchemeView) -> list[Row]:
    """Everything but who it is, as a summary list."""
    held = found.preferences
    topics = {topic.code: topic.en for topic in scheme.topics}
    how = f", {GIVEN_BY[found.given_by].lower()}, to a caseworker" if found.given_by else ""
    rows = [row("Who", KINDS[held.kind])]
    if found.relationship:
        rows.append(row("How they act for them", RELATIONSHIPS[found.relationship]))
    if found.belongs:
        rows.append(row("Belongs to", "An organisation’s first registration, as a further inbox"))
    rows.append(row("Registered", f"On {moment(found.registered_at)}{how}"))
    if found.confirmed_at:
        rows.append(row("Confirmed", f"On {moment(found.confirmed_at)}"))
    if found.left_at:
        rows.append(row("Left", f"On {moment(found.left_at)}"))
    if held.paused_until:
        rows.append(row("Paused until", moment(held.paused_until)))
    rows += [
        row("Language", LANGUAGES[held.language]),
        row("Hears about", "; ".join(topics.get(code, code) for code in held.topics)),
        row("Formats", "; ".join(FORMATS[need] for need in held.formats) or "None needed"),
    ]
    rows += [
        row(
            WAYS[ContactBy(way.channel)],
            ("Confirmed" if way.confirmed else "Waits for its holder to confirm it")
            + (f". {STOPPED[way.stopped]}" if way.stopped else ""),
        )
        for way in found.ways
    ]
    return rows


def _details(person: Mapping[str, Any]) -> list[Row]:
    named = [("Name", person["name"]), ("Organisation", person["organisation"])]
    rows = [row(key, value) for key, value in named if value]
    for each in person["contacts"]:
        state = "" if each["confirmed"] else " (not confirmed)"
        key = f"{WAYS[ContactBy(Channel(each['channel']))]}{state}"
        # Joining escapes each line.
        lines = Markup("<br>").join(each["contact"].splitlines())
        value = {"html": lines, "classes": "govuk-!-text-break-word"}
        rows.append({"key": {"text": key}, "value": value})
    return rows


async def _search_page(
    request: Request,
    here: StaffProcess,
    *,
    said: str = "",
    slug: str = "",
    found: list[Record] | None = None,
    errors: Errors = (),
    erased: bool = False,
) -> Response:
    async with here.transactions.begin() as tx:
        schemes = await all_schemes(tx)
    return here.pages.show(
        request,
        "find",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if errors else HTTPStatus.OK,
        errors=errors,
        schemes=[(each.slug, each.name["en"]) for each in schemes],
        said={"search": said, "scheme": slug or (schemes[0].slug if schemes else "")},
        erased=erased,
        looked=found is not None,
        heading=f"{counted(len(found), 'registration', 'registrations')} found"
        if found
        else "Nobody was found",
        found=[_found(each) for each in found or ()],
    )


def _found(record: Record) -> dict[str, object]:
    """One of those who were found, without who it is."""
    held = record.preferences
    return {
        "id": str(record.id),
        "number": held.number,
        "state": STATES[held.status],
        "who": KINDS[held.kind],
        "more": f"{LANGUAGES[held.language]}, registered on {moment(record.registered_at)}",
    }


async def _reveal_page(
    request: Request,
    here: StaffProcess,
    registration: UUID,
    *,
    said: Mapping[str, str] | None = None,
    errors: Errors = (),
) -> Response:
    async with here.transactions.begin() as tx:
        found, scheme = await record_and_scheme(tx, registration)
    return here.pages.show(
        request,
        "reveal",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if errors else HTTPStatus.OK,
        errors=errors,
        found=found,
        scheme=scheme,
        purposes=options(PURPOSES),
        said=said or {"purpose": "", "reference": ""},
        once=str(uuid7()),
        most=here.settings.reveals_per_day,
    )
