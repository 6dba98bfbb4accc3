"""The door of the staff host: who is asking is known before anything else is looked at.

Programs send a bearer token. Browsers have a session's cookie; what they send has to come from a page of
ours (OWASP ASVS 5.0, 3.5): forms carry a token (`forms`), calls of the JSON API carry it in a header.
"""

import hmac
from collections.abc import Callable
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from service.crypto.browser_secret import BrowserSecret
from service.errors import Unauthenticated
from service.staff import sessions
from service.web.same_site import SentFromElsewhere, refuse_other_sites
from service.web.staff.pages import is_for_programs
from service.web.staff.process import StaffProcess, Visitor

COOKIE: Final = "__Host-kept-staff"
OPEN: Final = ("/health/", "/assets/")
"""What needs no signing in: a page that says so has to look like one."""
OPEN_PAGES: Final = frozenset({"/", "/sign-in", "/sign-in/callback", "/signed-out"})
"""Pages that somebody who is signed out may see."""
BEARER: Final = "bearer "
LIVE: Final = "/live"
"""How the addresses of live figures end: a page that is left open keeps nobody signed in."""
SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
CSRF_HEADER: Final = "x-csrf-token"


class Door:
    """401 before anything else: whoever is not signed in learns of no route and no rule."""

    def __init__(
        self, app: ASGIApp, *, process: StaffProcess, answer: Callable[[Request, Exception], Response]
    ) -> None:
        self._app = app
        self._process = process
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not scope["path"].startswith(OPEN):
            request = Request(scope)
            try:
                visitor = await self._visitor(request)
                if visitor is None and scope["path"] not in OPEN_PAGES:
                    raise Unauthenticated
                scope.setdefault("state", {})["visitor"] = visitor
            except Exception as error:
                await self._answer(request, error)(scope, receive, send)
                return
        await self._app(scope, receive, send)

    async def _visitor(self, request: Request) -> Visitor | None:
        header = request.headers.get("authorization")
        if header is not None:
            return await self._program(header)
        return await self._browser(request)

    async def _program(self, header: str) -> Visitor:
        if not header.lower().startswith(BEARER):
            raise Unauthenticated
        token = header[len(BEARER) :].strip()
        return Visitor(await self._process.bearer.verify(token, now=self._process.clock.now()))

    async def _browser(self, request: Request) -> Visitor | None:
        secret = BrowserSecret.of(request.cookies.get(COOKIE))
        if secret is None:
            return None
        async with self._process.transactions.begin() as tx:
            touch = not request.url.path.endswith(LIVE)
            staff = await sessions.find(tx, secret, touch=touch, now=self._process.clock.now())
        if staff is None:
            return None
        visitor = Visitor(staff, secret)
        if request.method not in SAFE:
            refuse_other_sites(request, own_url=self._process.settings.staff_url)
            if is_for_programs(request):
                check_csrf(visitor, request.headers.get(CSRF_HEADER))
        return visitor


def check_csrf(visitor: Visitor, sent: object) -> None:
    """Go on only if what was sent came from a page of this session; else `SentFromElsewhere`."""
    if not isinstance(sent, str) or not hmac.compare_digest(sent.encode(), visitor.csrf.encode()):
        raise SentFromElsewhere
