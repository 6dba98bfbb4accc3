"""Nothing typed is lost: a form of somebody who has to sign in first is kept, and goes on afterwards.

That is whoever was signed out while they wrote, and whoever has to prove who they are once more before what
cannot be undone. The form waits encrypted, for their browser and for them alone.
"""

from http import HTTPStatus
from typing import Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.crypto.browser_secret import BrowserSecret
from service.staff import sessions
from service.staff.principal import Subject
from service.web.staff.door import COOKIE
from service.web.staff.pages import is_for_programs
from service.web.staff.process import StaffProcess, visitor_or_none

HELD: Final = "__Host-kept-held"
URLENCODED: Final = "application/x-www-form-urlencoded"


class HoldsForms:
    """Where a form was answered with 401, keeps it and asks its sender to sign in."""

    def __init__(self, app: ASGIApp, *, process: StaffProcess, most: int) -> None:
        self._app = app
        self._process = process
        self._most = most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not _is_form(Request(scope)):
            await self._app(scope, receive, send)
            return
        body = bytearray()
        more = True
        refused = False

        async def record() -> Message:
            nonlocal more
            message = await receive()
            if len(body) <= self._most:
                body.extend(message.get("body", b""))
            more = message.get("more_body", False)
            return message

        async def send_unless_refused(message: Message) -> None:
            nonlocal refused
            if message["type"] == "http.response.start":
                refused = message["status"] == HTTPStatus.UNAUTHORIZED
            if not refused:
                await send(message)

        await self._app(scope, record, send_unless_refused)
        if not refused:
            return
        request = Request(scope)
        subject = await self._sender(request)
        while subject is not None and more and len(body) <= self._most:
            await record()
        kept = subject is not None and len(body) <= self._most
        secret = await self._keep(request, subject, bytes(body)) if subject is not None and kept else None
        answer = self._process.pages.show(
            request,
            "sign_in_again",
            status=HTTPStatus.UNAUTHORIZED,
            kept=secret is not None,
            # Who is signed in was asked to prove it afresh.
            again=visitor_or_none(request) is not None,
            sign_in_at=_sign_in_at(request, kept=secret is not None),
        )
        if secret is not None:
            answer.set_cookie(HELD, secret.value, secure=True, httponly=True, samesite="lax")
        await answer(scope, receive, send)

    async def _keep(self, request: Request, subject: Subject, body: bytes) -> BrowserSecret:
        async with self._process.transactions.begin() as tx:
            now = self._process.clock.now()
            return await sessions.hold_form(tx, subject, request.url.path, body, now=now)

    async def _sender(self, request: Request) -> Subject | None:
        """Who sent it: they are signed in, or were until lately."""
        visitor = visitor_or_none(request)
        if visitor is not None:
            return visitor.staff.subject
        secret = BrowserSecret.of(request.cookies.get(COOKIE))
        if secret is None:
            return None
        async with self._process.transactions.begin() as tx:
            return await sessions.former(tx, secret)


def _is_form(request: Request) -> bool:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return request.method == "POST" and kind == URLENCODED and not is_for_programs(request)


def _sign_in_at(request: Request, *, kept: bool) -> str:
    asked = {"next": "/held" if kept else "/"}
    if visitor_or_none(request) is not None:
        asked["again"] = "true"
    return f"/sign-in?{urlencode(asked)}"
