"""The app that hears from Notify. It can record what happened to a reference, and see nothing."""

import hmac
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated, Final
from uuid import UUID

from fastapi import Depends, FastAPI
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from uuid6 import uuid7

from service.database import Transactions
from service.deliveries import receipts
from service.doorbell import Doorbell, Job
from service.errors import Unauthenticated
from service.settings import CallbacksSettings
from service.web import health, problems
from service.web.access_log import AccessLog
from service.web.headers import SecurityHeaders
from service.web.limits import PUBLIC_BODY_BYTES, BodyLimit

ROLE: Final = "kept_callbacks"


@dataclass(frozen=True)
class CallbacksProcess:
    transactions: Transactions
    doorbell: Doorbell


class ReceiptForm(BaseModel):
    """What is used of a receipt. `to` is a personal datum: it has no field, so nothing ever sees it."""

    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    id: UUID
    reference: Annotated[str, Field(max_length=1000, pattern="^[^\0]*$")] | None = None
    status: Annotated[str, Field(max_length=40, pattern="^[a-z-]+$")]


def create_app(settings: CallbacksSettings) -> FastAPI:
    """The callbacks app. It refuses to start as any database role but its own (`Misconfigured`)."""
    process = CallbacksProcess(
        transactions=Transactions(settings.database_url, role=ROLE),
        doorbell=Doorbell.at(settings.redis_url),
    )
    expected = f"Bearer {settings.notify_callback_token.get_secret_value()}".encode()

    def from_notify(request: Request) -> None:
        given = request.headers.get("authorization", "").encode("utf-8", "replace")
        # In constant time: how long it takes must not say how much of it was right.
        if not hmac.compare_digest(given, expected):
            raise Unauthenticated

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        await process.transactions.refuse_other_roles()
        yield
        await process.doorbell.close()
        await process.transactions.close()

    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False, lifespan=lifespan)
    app.state.process = process
    answer = problems.install(app)
    app.add_middleware(BodyLimit, most=PUBLIC_BODY_BYTES, answer=answer)
    app.add_middleware(SecurityHeaders)
    app.add_middleware(AccessLog)
    app.include_router(health.router)

    @app.post("/receipts", dependencies=[Depends(from_notify)])
    async def receive(form: ReceiptForm) -> dict[str, str]:
        """Keep a receipt. An unknown reference is answered alike: a 4xx would lose it for ever."""
        if form.reference:
            async with process.transactions.begin() as tx:
                await receipts.record(
                    tx, receipt=uuid7(), reference=form.reference, notify_id=form.id, status=form.status
                )
            await process.doorbell.ring(Job.RECEIPTS)
        return {"status": "received"}

    return app
