"""Signing in afresh before what cannot be undone.

Approvals, lifting a halt or a hold, exports, releases, reveals and acts on keys (security.md,
Staff; OWASP ASVS 5.0, 7.5.3). An issuer may ignore `max_age`, so `auth_time` is compared here.
"""

from datetime import datetime, timedelta
from typing import Final

from service.errors import Unauthenticated
from service.staff.principal import Staff

FRESH_FOR: Final = timedelta(seconds=300)
# The issuer's clock may run ahead of ours a little. Further ahead is no sign-in that happened.
CLOCK_SKEW: Final = timedelta(seconds=30)


class SignInAgain(Unauthenticated):
    """Sign in again to do this.

    `max_age_seconds` is how recent the sign-in has to be, for the `max_age` of the next one
    (RFC 9470, 3).
    """

    code = "sign-in-again"

    def __init__(self, max_age: timedelta) -> None:
        super().__init__()
        self.max_age_seconds = int(max_age.total_seconds())


def require_fresh(staff: Staff, now: datetime, max_age: timedelta = FRESH_FOR) -> None:
    """Go on only if they signed in at most `max_age` before `now`; else SignInAgain."""
    if staff.auth_time is None or not -CLOCK_SKEW <= now - staff.auth_time <= max_age:
        raise SignInAgain(max_age)
