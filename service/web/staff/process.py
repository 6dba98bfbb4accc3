"""What the staff process has in its hands, and who is asking."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, cast

from fastapi import Depends
from starlette.requests import Request

from service.clock import Clock
from service.crypto.browser_secret import BrowserSecret
from service.database import Transactions
from service.doorbell import Doorbell
from service.settings import StaffSettings
from service.staff.bearer import BearerVerifier
from service.staff.principal import Staff, require
from service.staff.roles import Act
from service.staff.sign_in import RelyingParty
from service.updates.costs import Prices
from service.web.staff.pages import Pages


@dataclass(frozen=True)
class StaffProcess:
    """Shared by all routes of one app."""

    settings: StaffSettings
    transactions: Transactions
    doorbell: Doorbell
    clock: Clock
    bearer: BearerVerifier
    sign_in: RelyingParty
    pages: Pages

    @property
    def hold_window(self) -> timedelta:
        """Between an approval and the first message."""
        return timedelta(seconds=self.settings.hold_window_seconds)

    @property
    def prices(self) -> Prices:
        """What the deployment pays Notify, as far as it says."""
        return Prices(segment=self.settings.text_pence, letter=self.settings.letter_pence)


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who sent a request, and how we know: a session's secret, or None where a program sent a token."""

    staff: Staff
    session: BrowserSecret | None = None

    @property
    def csrf(self) -> str:
        """What every form of theirs carries. A program has no forms."""
        return self.session.token("csrf") if self.session is not None else ""


def of(request: Request) -> StaffProcess:
    """The process that this request came to."""
    return cast(StaffProcess, request.app.state.process)


def visitor(request: Request) -> Visitor:
    """Who is asking, and how."""
    found = visitor_or_none(request)
    if found is None:
        raise LookupError("nobody is signed in on a route that is open to all")
    return found


def visitor_or_none(request: Request) -> Visitor | None:
    """Who is asking; None on the few pages that are open to everybody."""
    return cast("Visitor | None", request.scope.get("state", {}).get("visitor"))


def who(request: Request) -> Staff:
    """Who is asking."""
    return visitor(request).staff


def allowed(act: Act) -> Callable[[Request], Staff]:
    """A dependency: who is asking, where their role allows `act`. Solved before the body is looked at."""

    def dependency(request: Request) -> Staff:
        staff = who(request)
        require(staff, act)
        return staff

    return dependency


Here = Annotated[StaffProcess, Depends(of)]
Who = Annotated[Staff, Depends(who)]
