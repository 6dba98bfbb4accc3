"""What a load balancer asks of the hosts that have no pages of their own."""

from typing import Final, Protocol, cast

from fastapi import APIRouter
from sqlalchemy import text
from starlette.requests import Request

from service.database import Transactions

router: Final = APIRouter(tags=["health"])


class Process(Protocol):
    """What each web process has."""

    @property
    def transactions(self) -> Transactions: ...


@router.get("/health/live")
async def live() -> dict[str, str]:
    """The process answers."""
    return {"status": "live"}


@router.get("/health/ready")
async def ready(request: Request) -> dict[str, str]:
    """It can do its work: the database can be reached."""
    process = cast(Process, request.app.state.process)
    async with process.transactions.begin() as tx:
        await tx.scalar(text("SELECT 1"))
    return {"status": "ready"}
