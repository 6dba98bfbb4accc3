"""What the public process has in its hands: no more than security.md's table gives it."""

from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import Depends, Path
from starlette.requests import Request

from service.clock import Clock
from service.database import Transactions
from service.doorbell import Doorbell
from service.settings import PublicSettings
from service.web.public.pages import Pages


@dataclass(frozen=True)
class PublicProcess:
    """Shared by all routes of one app."""

    settings: PublicSettings
    transactions: Transactions
    doorbell: Doorbell
    clock: Clock
    pages: Pages


def of(request: Request) -> PublicProcess:
    """The process that this request came to."""
    return cast(PublicProcess, request.app.state.process)


Here = Annotated[PublicProcess, Depends(of)]

SchemeSlug = Annotated[str, Path(pattern=r"^[a-z][a-z0-9-]{1,39}$")]
"""A scheme in an address, in the form that its table enforces: any other text is simply not found."""
