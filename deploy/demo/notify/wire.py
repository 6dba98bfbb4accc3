"""Giving an answer, well or badly, down to the connection itself."""

import asyncio
import socket
import struct
from collections.abc import Callable, MutableMapping
from typing import Any, ClassVar, Final

from uvicorn.protocols.http.h11_impl import H11Protocol

from deploy.demo.notify.answers import HTML, NOT_FOUND, Answer, given, shaped
from deploy.demo.notify.faults import Fault

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Send = Callable[[Message], Any]
PROXYS_PAGES: Final = {
    "html-403": (403, b"403 Forbidden"),
    "html-404": (404, b"404 Not Found"),
    "html-429": (429, b"429 Too Many Requests"),
    "html-502": (502, b"502 Bad Gateway"),
    "html-503": (503, b"503 Service Temporarily Unavailable"),
}
PROXYS_PAGE: Final = (
    b"<html>\r\n<head><title>%b</title></head>\r\n"
    b"<body>\r\n<center><h1>%b</h1></center>\r\n</body>\r\n</html>\r\n"
)
BAD_REQUEST: Final = (
    b"<html><body><h1>400 Bad request</h1>\nYour browser sent an invalid request.\n</body></html>\n"
)
NOT_JSON: Final = b"<!DOCTYPE html><title>Sorry</title><p>The service is being updated.\n"
RESET_ON_CLOSE: Final = struct.pack("ii", 1, 0)  # SO_LINGER: on, for no time at all


class Protocol(H11Protocol):
    """uvicorn's own protocol, which remembers its connections so that faults can break them."""

    transports: ClassVar[dict[tuple[str, int], asyncio.Transport]] = {}

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if self.client is not None:
            self.transports[self.client] = transport

    def connection_lost(self, exc: Exception | None) -> None:
        if self.client is not None:
            self.transports.pop(self.client, None)
        super().connection_lost(exc)


async def give(send: Send, answer: Answer, *, close: bool = False) -> None:
    """The whole answer, as it should be."""
    await send(_start(answer, close=close))
    await send({"type": "http.response.body", "body": answer.body})


async def give_badly(scope: Scope, send: Send, answer: Answer, fault: Fault) -> None:
    """What the sender sees under a fault, where `answer` is what is true."""
    match fault.symptom:
        case "stall":
            await asyncio.sleep(fault.seconds)
            await give(send, answer)
        case "reset":
            _reset(scope)
        case "truncation":
            await send(_start(answer))
            await send(
                {
                    "type": "http.response.body",
                    "body": answer.body[: len(answer.body) // 2],
                    "more_body": True,
                }
            )
            if (transport := _transport(scope)) is not None:
                transport.close()
        case "trickle":
            await send(_start(answer))
            for byte in answer.body:
                await asyncio.sleep(fault.seconds / len(answer.body))
                await send({"type": "http.response.body", "body": bytes([byte]), "more_body": True})
            await send({"type": "http.response.body", "body": b""})
        case page if page in PROXYS_PAGES:
            status, title = PROXYS_PAGES[page]
            await give(send, Answer(status, PROXYS_PAGE % (title, title), HTML))
        case "json-504":
            await give(send, shaped(504, [("TimeoutError", "Timeout serving request")]))
        case "not-json-201":
            await give(send, Answer(201, NOT_JSON, HTML))
        case "error-500":
            await give(send, shaped(500, [("Exception", "Internal server error")]))
        case "v1-404":
            await give(send, given(404, {"result": "error", "message": NOT_FOUND}))
        case "proxy-400":
            await give(send, Answer(400, BAD_REQUEST, HTML))
        case "proxy-other-400":
            # The worst that could come so: taken at its word, it would mark a person as refused for ever.
            said = shaped(503, [("ValidationError", "email_address Not a valid email address")])
            await give(send, Answer(400, said.body))
        case _:  # a miss has already changed what is true
            await give(send, answer)


def _start(answer: Answer, *, close: bool = False) -> Message:
    headers = [
        (b"content-type", answer.content_type.encode()),
        (b"content-length", str(len(answer.body)).encode()),
    ]
    if close:
        headers.append((b"connection", b"close"))
    return {"type": "http.response.start", "status": answer.status, "headers": headers}


def _transport(scope: Scope) -> asyncio.Transport | None:
    """The connection of a request; none where its client has left already."""
    return Protocol.transports.get(scope["client"])


def _reset(scope: Scope) -> None:
    transport = _transport(scope)
    if transport is None:
        return
    connection: socket.socket = transport.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
    transport.abort()
