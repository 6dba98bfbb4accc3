"""What has no key is only for this machine, called by its own name.

A page on another site can make a browser call 127.0.0.1: the Host header gives a rebound name away, Origin
the site.
"""

from typing import Any, Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import JSONResponse

from deploy.demo.notify.wire import Scope, Send

NAMES: Final = frozenset({"127.0.0.1", "localhost", "::1"})


class LoopbackOnly:
    """ASGI middleware that refuses other hosts and other sites with 403."""

    def __init__(self, app: Any) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Any, send: Send) -> None:
        if scope["type"] == "http":
            headers = Headers(scope=scope)
            origin = headers.get("origin")
            if not _is_loopback(f"//{headers.get('host', '')}") or (origin and not _is_loopback(origin)):
                refusal = JSONResponse({"error": "Only on this machine, by a loopback name"}, 403)
                await refusal(scope, receive, send)
                return
        await self._app(scope, receive, send)


def _is_loopback(url: str) -> bool:
    try:
        return urlsplit(url).hostname in NAMES
    except ValueError:
        return False
