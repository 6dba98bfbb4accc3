"""Writing an update: the form, with what people will see of it, and both versions where two have saved.

What is half-written is kept. Nothing can be submitted by this form (`checking`).
"""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from service.database import Transaction
from service.errors import Invalid
from service.schemes.hours import MIDNIGHT
from service.schemes.reading import SchemeView, find_scheme, get_scheme
from service.staff.principal import Staff
from service.staff.roles import Act
from service.updates import drafting
from service.updates.body import LONGEST_TEXT, UpdateDraft
from service.updates.content import send_time
from service.updates.drafting import SomebodyElseSaved, TemplateNotSeen, current_version
from service.updates.reading import get_update
from service.updates.states import UpdateState, WrongState, check_move
from service.updates.windows import wrong_time
from service.web.staff.chosen_people import Counted, count, listed
from service.web.staff.forms import SentForm, text
from service.web.staff.naming import KINDS, LANGUAGES, STATES, place
from service.web.staff.pages import Errors, go_to
from service.web.staff.places import input_of, named
from service.web.staff.previewing import Seen, Writer, around, costs, seen
from service.web.staff.process import Here, StaffProcess, allowed
from service.web.staff.putting_together import differences
from service.web.staff.updates import Slug
from service.web.staff.wording import moment
from service.web.staff.written import NotTaken, Written

router: Final = APIRouter(include_in_schema=False)

Editor = Annotated[Staff, Depends(allowed(Act.EDIT_UPDATE))]

CHECK, PREVIEW, TOGETHER = "check", "preview", "together"
"""What the form is to do beside keeping what it holds: the values of its buttons."""


@dataclass(frozen=True)
class Form:
    """All that the page shows, beside what went wrong."""

    scheme: SchemeView
    written: Written
    seen: dict[str, Seen]
    people: Counted
    cost: str
    listed: int
    """How many people are on its list, as it was saved."""


@router.get("/schemes/{scheme}/updates/new")
async def begin(request: Request, scheme: Slug, here: Here, staff: Writer) -> Response:
    """An empty form: for everybody, in both languages."""
    async with here.transactions.begin() as tx:
        form = await _form(tx, here, staff, await find_scheme(tx, scheme), Written.blank(), None)
    return _new(request, here, form)


@router.post("/schemes/{scheme}/updates/new")
async def create(request: Request, scheme: Slug, here: Here, staff: Writer, form: SentForm) -> Response:
    """Keep it as a new draft."""
    written = Written.of_form(form)
    errors: Errors = ()
    if not _only_looks(form):
        try:
            async with here.transactions.begin() as tx:
                found = await find_scheme(tx, scheme)
                draft = await _draft(tx, staff, found, written, None)
                update = await drafting.draft(tx, staff, found, draft, now=here.clock.now())
            return _onwards(form, update.id)
        except (NotTaken, Invalid, TemplateNotSeen) as error:
            errors = _errors(error)
    async with here.transactions.begin() as tx:
        again = await _form(tx, here, staff, await find_scheme(tx, scheme), written, None)
    return _new(request, here, again, errors=errors)


@router.get("/updates/{update_id}/edit")
async def edit(request: Request, update_id: UUID, here: Here, staff: Editor, done: str = "") -> Response:
    """The form with what was saved last. Raises `WrongState` once it is being sent."""
    async with here.transactions.begin() as tx:
        update = await get_update(tx, update_id)
        if update.state is not UpdateState.DRAFT:
            check_move(update.state, UpdateState.DRAFT)
        version = await current_version(tx, update)
        scheme = await get_scheme(tx, update.scheme_id)
        written = Written.of_content(version.content, version=version.version)
        form = await _form(tx, here, staff, scheme, written, update_id)
    send_at = send_time(version.content)
    rule = wrong_time(send_at, scheme.about.hours, now=here.clock.now()) if send_at else None
    return _existing(
        request,
        here,
        update_id,
        form,
        version=version.version,
        errors=_errors(Invalid({"send_at": rule})) if rule else (),
        state=STATES[update.state][0] if update.state is not UpdateState.DRAFT else None,
        sent_back_why=update.sent_back_why,
        saved=done == "saved",
    )


@router.post("/updates/{update_id}/edit")
async def save(request: Request, update_id: UUID, here: Here, staff: Editor, form: SentForm) -> Response:
    """Keep it, in place of the version that was read; where that is not the last one, show both."""
    written, read = Written.of_form(form), _version(form)
    errors: Errors = ()
    if not _only_looks(form):
        try:
            async with here.transactions.begin() as tx:
                scheme = await get_scheme(tx, (await get_update(tx, update_id)).scheme_id)
                draft = await _draft(tx, staff, scheme, written, update_id)
                await drafting.save(tx, staff, update_id, draft, read=read, now=here.clock.now())
            return _onwards(form, update_id)
        except SomebodyElseSaved:
            return await _both(request, here, update_id, written)
        except (NotTaken, Invalid, TemplateNotSeen, WrongState) as error:
            errors = _errors(error)
    async with here.transactions.begin() as tx:
        update = await get_update(tx, update_id)
        version = await current_version(tx, update)
        theirs = Written.of_content(version.content, version=version.version)
        scheme = await get_scheme(tx, update.scheme_id)
        again = await _form(tx, here, staff, scheme, written, update_id)
    return _existing(
        request,
        here,
        update_id,
        again,
        version=read,
        errors=errors,
        theirs=differences(written, theirs, scheme) if text(form, "then") == TOGETHER else (),
    )


async def _both(request: Request, here: StaffProcess, update_id: UUID, mine: Written) -> Response:
    """What they wrote and what somebody else saved meanwhile, side by side."""
    async with here.transactions.begin() as tx:
        update = await get_update(tx, update_id)
        version = await current_version(tx, update)
        scheme = await get_scheme(tx, update.scheme_id)
    theirs = Written.of_content(version.content, version=version.version)
    return here.pages.show(
        request,
        "both_versions",
        status=HTTPStatus.CONFLICT,
        path=f"/updates/{update_id}/edit",
        title=theirs.said["title"],
        version=version.version,
        who=version.edited_by,
        when=moment(version.edited_at),
        differences=differences(mine, theirs, scheme),
        mine=mine,
    )


async def _form(
    tx: Transaction,
    here: StaffProcess,
    staff: Staff,
    scheme: SchemeView,
    written: Written,
    update: UUID | None,
) -> Form:
    them, words = await around(tx, here, scheme), written.words()
    people = await count(tx, staff, scheme, written, update, now=here.clock.now())
    try:
        on_list = len(await listed(tx, staff, scheme, written, update))
    except NotTaken:
        on_list = 0
    return Form(
        scheme=scheme,
        written=written,
        seen={each.id: each for each in seen(words, them)},
        people=people,
        cost=costs(people.people, words, them),
        listed=on_list,
    )


async def _draft(
    tx: Transaction, staff: Staff, scheme: SchemeView, written: Written, update: UUID | None
) -> UpdateDraft:
    """Raises `NotTaken`."""
    return written.draft(await listed(tx, staff, scheme, written, update))


def _new(request: Request, here: StaffProcess, form: Form, *, errors: Errors = ()) -> Response:
    path = f"/schemes/{form.scheme.slug}/updates/new"
    return _show(request, here, form, errors, path=path, update=None, version=None)


def _existing(
    request: Request,
    here: StaffProcess,
    update: UUID,
    form: Form,
    *,
    version: int,
    errors: Errors = (),
    **values: object,
) -> Response:
    path = f"/updates/{update}/edit"
    return _show(request, here, form, errors, path=path, update=update, version=version, **values)


def _show(request: Request, here: StaffProcess, form: Form, errors: Errors, **values: object) -> Response:
    nothing = {"state": None, "sent_back_why": None, "saved": False, "theirs": ()}
    refused = bool(errors) and request.method == "POST"
    return here.pages.show(
        request,
        "write",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if refused else HTTPStatus.OK,
        errors=errors,
        form=form,
        hours=_hours(form.scheme),
        longest_text=LONGEST_TEXT,
        label=place,
        kinds=[{"value": kind.value, "text": words} for kind, words in KINDS.items()],
        languages=[{"value": each.value, "text": words} for each, words in LANGUAGES.items()],
        **(nothing | values),
    )


def _hours(scheme: SchemeView) -> str | None:
    """When the scheme writes to people; None where it does at any time."""
    hours = scheme.about.hours
    return None if hours.begins == hours.ends == MIDNIGHT else str(hours)


def _only_looks(form: FormData) -> bool:
    return text(form, "then") in (PREVIEW, TOGETHER)


def _onwards(form: FormData, update: UUID) -> Response:
    if text(form, "then") == CHECK:
        return go_to(f"/updates/{update}/check")
    return go_to(f"/updates/{update}/edit?done=saved")


def _version(form: FormData) -> int:
    """The version that was read; one that is no number was nobody's."""
    sent = text(form, "version")
    return int(sent) if sent.isascii() and sent.isdigit() and len(sent) < 10 else 0


def _errors(error: NotTaken | Invalid | TemplateNotSeen | WrongState) -> Errors:
    match error:
        case NotTaken():
            return error.errors
        case Invalid():
            return tuple((input_of(field), f"{named(field)}: {rule}") for field, rule in error.fields.items())
        case _:
            return (("", error.message),)
