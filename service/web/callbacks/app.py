"""The app that hears from Notify: what became of a message, and texts that people send.

It can record what happened to a reference, and seal a text. It sees nothing of either again.
"""

import hmac
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated, Final
from uuid import UUID

from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator
from pydantic_core import PydanticCustomError
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send
from uuid6 import uuid7

from service.clock import Clock, SystemClock
from service.database import Transactions
from service.deliveries import receipts
from service.doorbell import Doorbell, Job
from service.errors import Unauthenticated
from service.replies import receiving
from service.settings import CallbacksSettings
from service.web import health, problems
from service.web.access_log import AccessLog
from service.web.headers import SecurityHeaders
from service.web.limits import PUBLIC_BODY_BYTES, BodyLimit

ROLE: Final = "kept_callbacks"
OPEN: Final = "/health/"


@dataclass(frozen=True)
class CallbacksProcess:
    transactions: Transactions
    doorbell: Doorbell
    clock: Clock


class ReceiptForm(BaseModel):
    """What is used of a receipt. `to` is a personal datum: it has no field, so nothing ever sees it."""

    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    id: UUID
    reference: Annotated[str, Field(max_length=1000, pattern="^[^\0]*$")] | None = None
    status: Annotated[str, Field(max_length=40, pattern="^[a-z-]+$")]


class ReceivedTextForm(BaseModel):
    """What is used of a text that somebody sent. Notify says it under these names."""

    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    id: UUID
    source_number: Annotated[str, Field(min_length=1, max_length=60)]
    message: Annotated[str, Field(max_length=5000)]

    @field_validator("source_number", "message")
    @classmethod
    def _is_text(cls, value: str) -> str:
        # JSON can spell half a surrogate pair, which no encoding has a place for.
        if any("\ud800" <= character <= "\udfff" for character in value):
            raise PydanticCustomError("not_text", "It has a character that cannot be stored")
        return value


class FromNotify:
    """401 before the body is looked at: FastAPI would read it before any dependency."""

    def __init__(
        self, app: ASGIApp, *, token: SecretStr, answer: Callable[[Request, Exception], Response]
    ) -> None:
        self._app = app
        self._expected = f"Bearer {token.get_secret_value()}".encode()
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not scope["path"].startswith(OPEN):
            request = Request(scope)
            given = request.headers.get("authorization", "").encode("utf-8", "replace")
            # In constant time: how long it takes must not say how much of it was right.
            if not hmac.compare_digest(given, self._expected):
                await self._answer(request, Unauthenticated())(scope, receive, send)
                return
        await self._app(scope, receive, send)


def create_app(settings: CallbacksSettings) -> FastAPI:
    """The callbacks app. It refuses to start as any database role but its own (`Misconfigured`)."""
    process = CallbacksProcess(
        transactions=Transactions(settings.database_url, role=ROLE),
        doorbell=Doorbell.at(settings.redis_url),
        clock=SystemClock(),
    )

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
    app.add_middleware(FromNotify, token=settings.notify_callback_token, answer=answer)
    app.add_middleware(SecurityHeaders)
    app.add_middleware(AccessLog)
    app.include_router(health.router)

    @app.post("/receipts")
    async def receive(form: ReceiptForm) -> dict[str, str]:
        """Keep a receipt. An unknown reference is answered alike: a 4xx would lose it for ever."""
        if form.reference:
            async with process.transactions.begin() as tx:
                await receipts.record(
                    tx, receipt=uuid7(), reference=form.reference, notify_id=form.id, status=form.status
                )
            await process.doorbell.ring(Job.RECEIPTS)
        return {"status": "received"}

    @app.post("/received-texts")
    async def receive_text(form: ReceivedTextForm) -> dict[str, str]:
        """Seal a text that somebody sent. One that Notify offers twice is kept once."""
        async with process.transactions.begin() as tx:
            await receiving.keep(
                tx,
                text_id=form.id,
                number=form.source_number,
                message=form.message,
                now=process.clock.now(),
            )
        await process.doorbell.ring(Job.REPLIES)
        return {"status": "received"}

    return app
