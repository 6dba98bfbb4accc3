"""The member of staff on whose behalf something is done."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import NewType

from service.errors import Forbidden
from service.staff.roles import Act, Role, may

Subject = NewType("Subject", str)
"""The issuer's `sub`. One issuer is configured, so it names one person (OpenID Connect Core, 2)."""


class NotYourRole(Forbidden):
    """Your role does not allow this."""


@dataclass(frozen=True, slots=True)
class Staff:
    """Somebody whom the issuer vouches for, and for what.

    `auth_time` is when they last proved who they are, in UTC; None where the issuer does not say,
    which counts as long ago. `email` is their own work address, for test-sends; None where the
    issuer gave none, or says that it was never verified. `name` is how pages greet them.
    """

    # Some issuers use the address as the `sub`: neither belongs in a log or a traceback.
    subject: Subject = field(repr=False)
    roles: frozenset[Role]
    auth_time: datetime | None
    email: str | None = field(default=None, repr=False, compare=False)
    name: str | None = field(default=None, repr=False, compare=False)

    def may(self, act: Act) -> bool:
        """Whether one of their roles allows it; for pages that leave out what would be refused."""
        return may(self.roles, act)


def require(staff: Staff, act: Act) -> None:
    """Go on only if a role of theirs allows the act; else NotYourRole."""
    if not staff.may(act):
        raise NotYourRole
