"""The stand-in as one ASGI application: Notify's API, the administration for tests, and the pages."""

import logging
from typing import Any, Final
from urllib.parse import unquote

from starlette.applications import Starlette

from deploy.demo.notify import admin, pages
from deploy.demo.notify.answers import Answer, Refused, broken, unrouted, wrong_method
from deploy.demo.notify.faults import Fault
from deploy.demo.notify.kinds import MESSAGE_TYPES, KeyType, MessageType
from deploy.demo.notify.looking_up import ROUTES, Asked
from deploy.demo.notify.loopback import LoopbackOnly
from deploy.demo.notify.sending import admit, send
from deploy.demo.notify.standin import StandIn
from deploy.demo.notify.wire import Scope, Send, give, give_badly

logger = logging.getLogger(__name__)
SEND_PATHS: Final[dict[str, MessageType]] = {f"/v2/notifications/{kind}": kind for kind in MESSAGE_TYPES}


class App:
    """Notify's paths are answered by hand, which keeps a POST cheap; all else goes to Starlette."""

    def __init__(self, standin: StandIn) -> None:
        self._standin = standin
        self._others = LoopbackOnly(Starlette(routes=[*admin.routes(standin), *pages.routes(standin)]))

    async def __call__(self, scope: Scope, receive: Any, send_message: Send) -> None:
        path: str = scope["path"]
        if scope["type"] != "http" or not path.startswith(("/v2/", "/service/")):
            await self._others(scope, receive, send_message)
            return
        raw = await _body(receive)
        key_type: KeyType | None = None
        fault: Fault | None = None
        try:
            answer, fault, key_type = await self._answer(scope, path, raw)
        except _RefusedTo as refused:
            answer, key_type = refused.refused.answer(), refused.key_type
        self._standin.count_request(answer.status, key_type)
        if fault is None:
            await give(send_message, answer, close=self._standin.config.close_connections)
        else:
            await give_badly(scope, send_message, answer, fault)

    async def _answer(
        self, scope: Scope, path: str, raw: bytes
    ) -> tuple[Answer, Fault | None, KeyType | None]:
        headers: dict[bytes, bytes] = dict(scope["headers"])
        authorization = headers.get(b"authorization", b"").decode("latin-1")
        root = f"http://{headers.get(b'host', b'127.0.0.1').decode('latin-1')}"
        message_type = SEND_PATHS.get(path)
        key_type: KeyType | None = None
        try:
            if message_type is not None and scope["method"] == "POST":
                key = admit(self._standin, message_type, authorization)
                key_type = key.type
                return *await send(self._standin, message_type, key, raw, root), key_type
            for pattern, method, handler in ROUTES:
                found = pattern.fullmatch(path)
                if found is None:
                    continue
                if method != scope["method"]:
                    return wrong_method(), None, None
                key = self._standin.door.enter(authorization, self._standin.clock.now())
                key_type = key.type
                parts = tuple(unquote(part) for part in found.groups())
                query = scope["query_string"].decode("latin-1")
                return *handler(self._standin, Asked(key, query, raw, root, parts)), key_type
        except Refused as refused:
            raise _RefusedTo(refused, key_type) from refused
        except Exception as error:
            # As Notify does: whatever nobody foresaw is its own 500. Shown here, for it is the stand-in's
            # mistake.
            logger.exception("the stand-in failed at %s %s", scope["method"], path)
            raise _RefusedTo(broken(type(error).__name__), key_type) from error
        return unrouted(), None, None


class _RefusedTo(Exception):
    """A refusal, and the type of key that met it."""

    def __init__(self, refused: Refused, key_type: KeyType | None) -> None:
        super().__init__(refused)
        self.refused = refused
        self.key_type = key_type


async def _body(receive: Any) -> bytes:
    message = await receive()
    if not message.get("more_body"):
        return bytes(message.get("body", b""))
    parts = [message["body"]]
    while message.get("more_body"):
        message = await receive()
        parts.append(message.get("body", b""))
    return b"".join(parts)
