"""Lists on pages: all of them; one, with who could have opened it; deciding, downloading, opening."""

from http import HTTPStatus
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from service.database import Transaction
from service.doorbell import Job
from service.exports import approving
from service.exports.approving import KeyChanged, OtherRequest
from service.exports.keys import get_key
from service.exports.reading import account, awaiting, needs_senior, newest_exports, own_exports, see
from service.exports.states import ExportState, WrongState
from service.exports.tables import Export
from service.exports.words import Decision
from service.schemes.reading import all_schemes, get_scheme
from service.staff.principal import Staff
from service.staff.roles import Act
from service.web.staff import list_words as words
from service.web.staff.exports import one_download, released_key
from service.web.staff.forms import SentForm, text
from service.web.staff.pages import Errors, go_to
from service.web.staff.process import Here, StaffProcess, allowed
from service.web.staff.rows import Row, row
from service.web.staff.wording import moment

router: Final = APIRouter(include_in_schema=False)

Seer = Annotated[Staff, Depends(allowed(Act.SEE_EXPORT))]
Asker = Annotated[Staff, Depends(allowed(Act.REQUEST_EXPORT))]
Decider = Annotated[Staff, Depends(allowed(Act.APPROVE_EXPORT))]


@router.get("/lists")
async def lists(request: Request, here: Here, staff: Seer) -> Response:
    """What waits for whoever looks, their own lists, and everybody's."""
    async with here.transactions.begin() as tx:
        schemes = await all_schemes(tx)
        waiting = await awaiting(tx, staff)
        own = await own_exports(tx, staff)
        newest = await newest_exports(tx)
    names = {scheme.id: scheme.name["en"] for scheme in schemes}
    return here.pages.show(
        request,
        "lists",
        schemes=schemes,
        may_ask=staff.may(Act.REQUEST_EXPORT),
        may_see_keys=staff.may(Act.CONFIRM_KEY),
        parts=[
            ("Waiting for your decision", [_listed(each, names) for each in waiting]),
            ("Your lists", [_listed(each, names) for each in own]),
            ("All lists, the newest first", [_listed(each, names) for each in newest]),
        ],
    )


@router.get("/lists/open")
async def open_one(request: Request, here: Here, staff: Asker) -> Response:
    """Where a browser opens a list that lies on its own computer."""
    return here.pages.show(request, "list_open", list_id=None, release_key=None)


@router.get("/lists/{export_id}")
async def one(request: Request, export_id: UUID, here: Here, staff: Seer) -> Response:
    """A list: what is decided about it, what became of it, who could have opened it."""
    return await _page(request, here, staff, export_id)


@router.post("/lists/{export_id}/approval")
async def decide(request: Request, export_id: UUID, here: Here, staff: Decider, form: SentForm) -> Response:
    """Approve or refuse exactly what was read."""
    decision = Decision.APPROVE if text(form, "decision") == Decision.APPROVE.value else Decision.REFUSE
    try:
        async with here.transactions.begin() as tx:
            await approving.decide(
                tx,
                staff,
                export_id,
                decision,
                request_sha256=text(form, "request_sha256"),
                now=here.clock.now(),
            )
    except (OtherRequest, WrongState, KeyChanged) as error:
        return await _page(
            request, here, staff, export_id, status=HTTPStatus.CONFLICT, errors=(("", error.message),)
        )
    await here.doorbell.ring(Job.EXPORTS)
    return go_to(f"/lists/{export_id}")


@router.post("/lists/{export_id}/file")
async def download(export_id: UUID, here: Here, staff: Asker, form: SentForm) -> Response:
    """The one download. A button sends for it, so that nothing that only looks uses it up."""
    return await one_download(here, staff, export_id)


@router.post("/lists/{export_id}/release")
async def release(request: Request, export_id: UUID, here: Here, staff: Asker, form: SentForm) -> Response:
    """Hand over the list's own key, sealed to whoever asked for the list, on the page that opens it."""
    armoured = await released_key(here, staff, export_id)
    return here.pages.show(request, "list_open", list_id=str(export_id), release_key=armoured)


async def _page(
    request: Request,
    here: StaffProcess,
    staff: Staff,
    export_id: UUID,
    *,
    status: HTTPStatus = HTTPStatus.OK,
    errors: Errors = (),
) -> Response:
    async with here.transactions.begin() as tx:
        export = await see(tx, staff, export_id)
        values = await _values(tx, export)
    own = export.requested_by == staff.subject
    senior_only = needs_senior(export)
    return here.pages.show(
        request,
        "list",
        status=status,
        errors=errors,
        **values,
        id=str(export.id),
        request_sha256=export.request_sha256,
        title=words.title(export),
        state=words.STATES[export.state],
        refused_why=words.REFUSALS[export.refused_why] if export.refused_why is not None else None,
        people=words.people(export),
        columns=words.columns(export),
        senior_only=senior_only,
        own=own,
        asked_by=export.requested_by,
        decides=_decides(staff, export),
        awaits=export.state is ExportState.REQUESTED,
        in_the_making=export.state in (ExportState.APPROVED, ExportState.BUILDING),
        downloads=own and export.state is ExportState.READY,
        releases=own and export.state in (ExportState.DOWNLOADED, ExportState.RELEASED),
        released=export.state is ExportState.RELEASED,
        expires=moment(export.expires_at) if export.expires_at is not None else None,
        opened_by=words.opened_by(account(export)),
    )


def _decides(staff: Staff, export: Export) -> bool:
    """Whether this person may decide about it."""
    return (
        export.requested_by != staff.subject
        and staff.may(Act.APPROVE_EXPORT)
        and (staff.may(Act.APPROVE_CONTACT_EXPORT) or not needs_senior(export))
    )


async def _values(tx: Transaction, export: Export) -> dict[str, Any]:
    scheme = await get_scheme(tx, export.scheme_id)
    key = await get_key(tx, export.key_id)
    topics = {topic.code: topic.en for topic in scheme.topics}
    confirmed = f", confirmed by {key.confirmed_by}" if key.confirmed_by is not None else ""
    asked = [
        row("Asked for by", f"{export.requested_by}, on {moment(export.requested_at)}"),
        row("What for", words.PURPOSES[export.purpose]),
        row("Reference", export.reference),
        *(row(name, said) for name, said in words.who(export.filter, topics)),
        row("Columns", words.columns(export).capitalize()),
        row("People", f"{export.people:,} when it was asked for; {export.row_cap:,} at most"),
        row("For the key", f"{export.fingerprint}{confirmed}"),
    ]
    return {"scheme": scheme.name["en"], "asked": asked, "became": _became(export)}


def _became(export: Export) -> list[Row]:
    """What was done with it so far, and when."""
    verb = "Refused" if export.state is ExportState.REFUSED and export.built_at is None else "Approved"
    done = (
        (verb, export.decided_at, f"By {export.decided_by}, on "),
        ("Made", export.built_at, f"With {export.rows or 0:,} rows, two of people who do not exist, on "),
        ("Downloaded", export.downloaded_at, "On "),
        ("Key handed over", export.released_at, "First on "),
    )
    rows = [row(name, f"{said}{moment(when)}") for name, when, said in done if when is not None]
    if export.sha256 is not None:
        rows.append(row("SHA-256 of the file", export.sha256))
    return rows


def _listed(export: Export, schemes: dict[UUID, str]) -> dict[str, Any]:
    label, colour = words.STATES[export.state]
    return {
        "path": f"/lists/{export.id}",
        "words": words.title(export),
        "tag": (label, colour),
        "more": f"{schemes[export.scheme_id]}. {words.people(export)}, asked for by {export.requested_by} "
        f"on {moment(export.requested_at)}.",
    }
