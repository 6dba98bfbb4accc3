"""What the public process has in its hands: no more than security.md's table gives it."""

import re
from dataclasses import dataclass
from typing import Annotated, Final, cast

from fastapi import Depends, Path
from starlette.requests import Request

from service.clock import Clock
from service.database import Transactions
from service.doorbell import Doorbell
from service.registrations.letterbox import Envelope, drop_in
from service.settings import PublicSettings
from service.web.public.pages import Pages
from service.web.public.schemes import RecentSchemes
from service.web.together import Together


@dataclass(frozen=True)
class PublicProcess:
    """Shared by all routes of one app."""

    settings: PublicSettings
    transactions: Transactions
    doorbell: Doorbell
    clock: Clock
    pages: Pages
    schemes: RecentSchemes
    letterbox: Together[Envelope, None]
    """Where the JSON API drops a form in, with all that come at the same moment."""


def shared_letterbox(transactions: Transactions) -> Together[Envelope, None]:
    """One transaction for all envelopes of a turn: in a rush, a commit for each would be most of the work."""

    async def drop(envelopes: list[Envelope]) -> list[None]:
        async with transactions.begin_for_one_statement() as connection:
            await drop_in(connection, envelopes)
        return [None] * len(envelopes)

    return Together(drop)


async def of(request: Request) -> PublicProcess:
    """The process that this request came to. Async, or FastAPI would ask a thread for it each time."""
    return cast(PublicProcess, request.app.state.process)


Here = Annotated[PublicProcess, Depends(of)]

SLUG: Final = re.compile(r"^[a-z][a-z0-9-]{1,39}$")
SchemeSlug = Annotated[str, Path(pattern=SLUG.pattern)]
"""A scheme in an address, in the form that its table enforces: any other text is simply not found."""
