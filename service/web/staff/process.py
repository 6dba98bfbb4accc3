"""What the staff process has in its hands, and who is asking."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Final, cast

from fastapi import Depends
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from service.clock import Clock
from service.database import Transactions
from service.doorbell import Doorbell
from service.errors import Unauthenticated
from service.settings import StaffSettings
from service.staff.bearer import BearerVerifier
from service.staff.principal import Staff, require
from service.staff.roles import Act
from service.updates.costs import Prices
from service.web.staff.pages import Pages

SIGNED_IN: Final = "staff"
OPEN: Final = ("/health/", "/assets/")
"""What needs no signing in: a page that says so has to look like one."""
BEARER: Final = "bearer "


@dataclass(frozen=True)
class StaffProcess:
    """Shared by all routes of one app."""

    settings: StaffSettings
    transactions: Transactions
    doorbell: Doorbell
    clock: Clock
    bearer: BearerVerifier
    pages: Pages

    @property
    def hold_window(self) -> timedelta:
        """Between an approval and the first message."""
        return timedelta(seconds=self.settings.hold_window_seconds)

    @property
    def prices(self) -> Prices:
        """What the deployment pays Notify, as far as it says."""
        return Prices(segment=self.settings.text_pence, letter=self.settings.letter_pence)


class SignedIn:
    """401 before anything else is looked at: whoever is not signed in learns of no route and no rule."""

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
                scope.setdefault("state", {})[SIGNED_IN] = await self._who(request)
            except Exception as error:
                await self._answer(request, error)(scope, receive, send)
                return
        await self._app(scope, receive, send)

    async def _who(self, request: Request) -> Staff:
        header = request.headers.get("authorization", "")
        if not header.lower().startswith(BEARER):
            raise Unauthenticated
        token = header[len(BEARER) :].strip()
        return await self._process.bearer.verify(token, now=self._process.clock.now())


def of(request: Request) -> StaffProcess:
    """The process that this request came to."""
    return cast(StaffProcess, request.app.state.process)


def who(request: Request) -> Staff:
    """Who is asking."""
    return cast(Staff, request.scope["state"][SIGNED_IN])


def allowed(act: Act) -> Callable[[Request], Staff]:
    """A dependency: who is asking, where their role allows `act`. Solved before the body is looked at."""

    def dependency(request: Request) -> Staff:
        staff = who(request)
        require(staff, act)
        return staff

    return dependency


Here = Annotated[StaffProcess, Depends(of)]
Who = Annotated[Staff, Depends(who)]
