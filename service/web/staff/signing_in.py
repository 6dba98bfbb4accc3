"""Signing in and out on pages, and going on with what somebody was doing when they had to sign in again."""

from http import HTTPStatus
from typing import Annotated, Final
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from service.crypto.browser_secret import BrowserSecret
from service.crypto.sealing import SealingKey, seal
from service.database import Transaction
from service.errors import Unavailable
from service.schemes.reading import all_schemes
from service.staff import sessions
from service.staff.members import Seal, describe, email_place
from service.staff.sign_in import Attempt, SignInFailed
from service.staff.step_up import FRESH_FOR
from service.web.staff.door import COOKIE
from service.web.staff.forms import CSRF_FIELD, SentForm
from service.web.staff.holding_forms import HELD
from service.web.staff.pages import go_to
from service.web.staff.process import Here, StaffProcess, visitor, visitor_or_none

router: Final = APIRouter(include_in_schema=False)

ATTEMPT: Final = "__Host-kept-sign-in"
DOING: Final = "doing"
"""What the button of a form says, for the page that asks whether to go on with it."""


@router.get("/sign-in")
async def begin(
    here: Here,
    next_page: Annotated[str, Query(alias="next")] = "/",
    again: bool = False,
) -> Response:
    """Send the browser to the issuer. `again`: whoever is signed in there has to prove it afresh."""
    max_age = int(FRESH_FOR.total_seconds()) if again else None
    attempt = Attempt.new(back_to=next_page, max_age=max_age)
    answer = RedirectResponse(await here.sign_in.begin(attempt, now=here.clock.now()), HTTPStatus.FOUND)
    _keep(answer, ATTEMPT, attempt.cookie)
    return answer


@router.get("/sign-in/callback")
async def finish(
    request: Request, here: Here, code: str = "", state: str = "", iss: str | None = None
) -> Response:
    """Come back from the issuer. Its answer is used once."""
    try:
        attempt = Attempt.of(request.cookies.get(ATTEMPT))
        if attempt is None or not code:
            raise SignInFailed
        answer = await _signed_in(request, here, attempt, code=code, state=state, iss=iss)
    except SignInFailed:
        answer = here.pages.show(request, "not_signed_in", status=HTTPStatus.UNAUTHORIZED)
    _drop(answer, ATTEMPT)
    return answer


@router.post("/sign-out")
async def sign_out(request: Request, here: Here, form: SentForm) -> Response:
    """End the session, at once and everywhere that this browser has it."""
    session = visitor(request).session
    if session is not None:
        async with here.transactions.begin() as tx:
            await sessions.end(tx, session)
    answer = go_to("/signed-out")
    _drop(answer, COOKIE)
    _drop(answer, HELD)
    return answer


@router.get("/signed-out")
async def signed_out(request: Request, here: Here) -> Response:
    """Says so. The sign-in service itself may still know them."""
    if visitor_or_none(request) is not None:
        return go_to("/")
    try:
        endpoint = await here.sign_in.end_session_at(now=here.clock.now())
    except Unavailable:
        endpoint = None
    back = {
        "client_id": here.settings.oidc_client_id,
        "post_logout_redirect_uri": f"{here.settings.staff_url}/",
    }
    return here.pages.show(
        request, "signed_out", issuer_at=f"{endpoint}?{urlencode(back)}" if endpoint else None
    )


@router.get("/held")
async def held(request: Request, here: Here) -> Response:
    """What they were sending when they had to sign in: nothing typed is lost."""
    secret = BrowserSecret.of(request.cookies.get(HELD))
    found = None
    if secret is not None:
        async with here.transactions.begin() as tx:
            subject = visitor(request).staff.subject
            found = await sessions.held_form(tx, secret, subject, now=here.clock.now())
    if found is None:
        return here.pages.show(request, "held_no_more", status=HTTPStatus.GONE)
    path, body = found
    fields = parse_qsl(body.decode(errors="replace"), keep_blank_values=True)
    return here.pages.show(
        request,
        "held",
        path=path,
        doing=dict(fields).get(DOING),
        fields=[each for each in fields if each[0] != CSRF_FIELD],
    )


async def _signed_in(
    request: Request, here: StaffProcess, attempt: Attempt, *, code: str, state: str, iss: str | None
) -> Response:
    now = here.clock.now()
    staff = await here.sign_in.finish(attempt, code=code, state=state, iss=iss, now=now)
    before = BrowserSecret.of(request.cookies.get(COOKIE))
    async with here.transactions.begin() as tx:
        await sessions.use_once(tx, attempt, now=now)
        await describe(tx, staff, seal=await _sealing(tx), now=now)
        session = await sessions.start(tx, staff, instead_of=before, now=now)
    answer = go_to(attempt.back_to)
    _keep(answer, COOKIE, session.value)
    return answer


async def _sealing(tx: Transaction) -> Seal | None:
    """Seals an address of staff to the newest key that there is; None before there is a scheme."""
    keys = [scheme.sealing_key for scheme in await all_schemes(tx) if scheme.sealing_key is not None]
    if not keys:
        return None
    newest: SealingKey = max(keys, key=lambda key: key.key_id)

    def to_workers(address: str, member: UUID) -> bytes:
        return seal(address.encode(), key=newest, place=email_place(member))

    return to_workers


def _keep(answer: Response, name: str, value: str) -> None:
    answer.set_cookie(name, value, secure=True, httponly=True, samesite="lax")


def _drop(answer: Response, name: str) -> None:
    answer.delete_cookie(name, secure=True, httponly=True, samesite="lax")
