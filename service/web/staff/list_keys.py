"""Caseworkers' keys on a page: enrolling one's own, confirming another person's, revoking."""

from http import HTTPStatus
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from service.errors import Invalid
from service.exports import keys
from service.exports.keys import ConfirmedBefore, KnownKey, OtherFingerprint
from service.exports.tables import RecipientKey
from service.staff.principal import Staff
from service.staff.roles import Act
from service.web.staff.forms import SentForm, text
from service.web.staff.pages import Errors, go_to
from service.web.staff.process import Here, StaffProcess, allowed
from service.web.staff.rows import Row, row
from service.web.staff.wording import moment

router: Final = APIRouter(include_in_schema=False)

PAGE: Final = "/lists/keys"
Confirmer = Annotated[Staff, Depends(allowed(Act.CONFIRM_KEY))]


@router.get(PAGE)
async def page(request: Request, here: Here, staff: Confirmer) -> Response:
    """One's own key, and everybody's."""
    return await _page(request, here, staff)


@router.post(PAGE)
async def enrol(
    request: Request, here: Here, staff: Annotated[Staff, Depends(allowed(Act.ENROL_KEY))], form: SentForm
) -> Response:
    """Enrol a key of one's own: its public half, the only one that is ever sent."""
    try:
        async with here.transactions.begin() as tx:
            await keys.enrol(tx, staff, text(form, "recipient"), now=here.clock.now())
    except Invalid as error:
        return await _page(request, here, staff, (("recipient", error.fields["recipient"]),))
    except KnownKey as error:
        return await _page(request, here, staff, (("recipient", error.message),))
    return go_to(PAGE)


@router.post(PAGE + "/{key_id}/confirmation")
async def confirm(request: Request, key_id: UUID, here: Here, staff: Confirmer, form: SentForm) -> Response:
    """Confirm somebody's key by the fingerprint that they read out."""
    try:
        async with here.transactions.begin() as tx:
            await keys.confirm(tx, staff, key_id, text(form, "fingerprint"), now=here.clock.now())
    except (OtherFingerprint, ConfirmedBefore) as error:
        return await _page(request, here, staff, ((f"fingerprint-{key_id}", error.message),))
    return go_to(PAGE)


@router.post(PAGE + "/{key_id}/revocation")
async def revoke(key_id: UUID, here: Here, staff: Confirmer, form: SentForm) -> Response:
    """Revoke a key. Whatever was asked for to it is void."""
    async with here.transactions.begin() as tx:
        await keys.revoke(tx, staff, key_id, now=here.clock.now())
    return go_to(PAGE)


async def _page(request: Request, here: StaffProcess, staff: Staff, errors: Errors = ()) -> Response:
    async with here.transactions.begin() as tx:
        found = await keys.keys(tx, staff)
    own = [key for key in found if key.subject == staff.subject]
    return here.pages.show(
        request,
        "list_keys",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if errors else HTTPStatus.OK,
        errors=errors,
        may_enrol=staff.may(Act.ENROL_KEY),
        own=[(str(key.id), _own_rows(key)) for key in own],
        waiting=[
            (str(key.id), key.subject, moment(key.enrolled_at))
            for key in found
            if key.confirmed_at is None and key.subject != staff.subject
        ],
        others=[
            (str(key.id), _rows(key))
            for key in found
            if key.confirmed_at is not None and key.subject != staff.subject
        ],
    )


def _own_rows(key: RecipientKey) -> list[Row]:
    rows = [row("Fingerprint", key.fingerprint), row("Enrolled", f"On {moment(key.enrolled_at)}")]
    if key.confirmed_at is None:
        return [*rows, row("Confirmed", "Not yet. Read the fingerprint to somebody who confirms it.")]
    return [*rows, row("Confirmed", f"By {key.confirmed_by}, on {moment(key.confirmed_at)}")]


def _rows(key: RecipientKey) -> list[Row]:
    return [row("Whose", key.subject), *_own_rows(key)]
