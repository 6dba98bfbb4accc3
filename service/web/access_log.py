"""One line an answer: method, route template, status, milliseconds (security.md, Residue).

Never the path, which may hold a token, nor the query, nor anything of the client.
"""

import time
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.observability import log

METHODS: Final = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})
NO_ROUTE: Final = "-"


class AccessLog:
    """Logs every answer once it has been sent, or has failed to be."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        status = 500

        async def note_status(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = int(message["status"])
            await send(message)

        try:
            await self._app(scope, receive, note_status)
        finally:
            log.info(
                "answered",
                # A client may make up a method, and with it a line in the log.
                method=scope["method"] if scope["method"] in METHODS else "other",
                route=getattr(scope.get("route"), "path", NO_ROUTE),
                status=status,
                ms=round((time.perf_counter() - began) * 1000, 1),
            )
