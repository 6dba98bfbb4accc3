"""What other machines ask: is it alive, is it ready, whom to tell of a weakness."""

from datetime import timedelta
from typing import Final

from fastapi import APIRouter
from fastapi.responses import PlainTextResponse
from sqlalchemy import text

from service.web.problem_schema import documented
from service.web.public.process import Here

router: Final = APIRouter(tags=["health"])

SECURITY_CONTACT: Final = "https://vulnerability-reporting.service.security.gov.uk/submit"
"""What UK government services name as their contact. A setting would let each department name its own."""
GOOD_FOR: Final = timedelta(days=180)
"""RFC 9116 recommends less than a year."""


@router.get("/health/live")
async def live() -> dict[str, str]:
    """The process answers."""
    return {"status": "live"}


@router.get("/health/ready", responses=documented(503))
async def ready(here: Here) -> dict[str, str]:
    """It can do its work: the database can be reached. Without the doorbell it works, a little later."""
    async with here.transactions.begin() as tx:
        await tx.scalar(text("SELECT 1"))
    return {"status": "ready"}


@router.get("/.well-known/security.txt", response_class=PlainTextResponse)
async def security_txt(here: Here) -> str:
    """RFC 9116."""
    until = (here.clock.now() + GOOD_FOR).replace(hour=0, minute=0, second=0, microsecond=0)
    return (
        f"Contact: {SECURITY_CONTACT}\n"
        f"Expires: {until:%Y-%m-%dT%H:%M:%SZ}\n"
        "Preferred-Languages: en, cy\n"
        f"Canonical: {here.settings.public_url}/.well-known/security.txt\n"
    )
