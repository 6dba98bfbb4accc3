"""The headers that every answer carries (security.md, The public endpoint; contract.md).

The Content-Security-Policy starts from `default-src 'none'` and names only what the pages need.
"""

from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

INLINE_SCRIPT: Final = (
    "document.body.className += ' js-enabled' + "
    "('noModule' in HTMLScriptElement.prototype ? ' govuk-frontend-supported' : '');"
)
"""GOV.UK Frontend's one inline script, word for word. Layouts print this constant: the hash cannot drift."""

_SCRIPT_HASH: Final = b64encode(sha256(INLINE_SCRIPT.encode()).digest()).decode()

POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        f"script-src 'self' 'sha256-{_SCRIPT_HASH}'",
        "style-src 'self'",
        "img-src 'self'",
        "font-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)

WITH_LIVE_FIGURES: Final = f"{POLICY}; connect-src 'self'"
"""For a host whose pages ask it for figures while they are open."""

ALWAYS: Final = {
    "Content-Security-Policy": POLICY,
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}

ASSETS: Final = "/assets/"
ASSETS_MAY_BE_KEPT: Final = "public, max-age=86400"
KEPT_NOWHERE: Final = "no-store"

Encoded = list[tuple[bytes, bytes]]


class SecurityHeaders:
    """Puts the headers on every answer, refusals included. Nothing but assets may be stored anywhere."""

    def __init__(self, app: ASGIApp, *, policy: str = POLICY) -> None:
        self._app = app
        always = ALWAYS | {"Content-Security-Policy": policy}
        # Encoded once: each by itself costs as much as a short answer.
        self._of_assets = _encoded(always | {"Cache-Control": ASSETS_MAY_BE_KEPT})
        self._of_all_else = _encoded(always | {"Cache-Control": KEPT_NOWHERE})
        self._names = frozenset(name for name, _ in self._of_all_else)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                is_asset = scope["path"].startswith(ASSETS) and message["status"] in (200, 304)
                others = [header for header in message["headers"] if header[0] not in self._names]
                message["headers"] = others + (self._of_assets if is_asset else self._of_all_else)
            await send(message)

        await self._app(scope, receive, send_with_headers)


def _encoded(headers: Mapping[str, str]) -> Encoded:
    return [(name.lower().encode(), value.encode()) for name, value in headers.items()]
