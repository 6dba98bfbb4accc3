"""How much a client may send (contract.md: bodies over 16 KiB are 413 on the public host).

Starlette's own limit answers in plain text, outside the middleware that sets our headers, and where a
route does not read its body it acts first and refuses afterwards.
"""

from collections.abc import Callable
from typing import Final

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

PUBLIC_BODY_BYTES: Final = 16 * 1024


class BodyLimit:
    """Refuses a body longer than `most` bytes, or than `most_at` says of its path: at once where its length
    is declared, else at the byte that is one too many. What follows is never read.

    A route that promises 413 for chunked bodies has to read its body before it acts.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        most: int,
        answer: Callable[[Request, Exception], Response],
        most_at: Callable[[str], int | None] = lambda path: None,
    ) -> None:
        self._app = app
        self._most = most
        self._most_at = most_at
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        most = self._most_at(scope["path"]) or self._most
        declared = Headers(scope=scope).get("content-length", "")
        if declared.isdecimal() and (len(declared) > 18 or int(declared) > most):
            await self._answer(Request(scope), HTTPException(413))(scope, receive, send)
            return
        received = 0

        async def receive_no_more() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > most:
                # FastAPI passes an HTTPException on; of anything else it would make a 400.
                raise HTTPException(413)
            return message

        await self._app(scope, receive_no_more, send)
