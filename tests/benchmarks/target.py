"""A static stand-in for Notify's POST: the same 201 to everybody, as fast as Python can.

It looks at no token and no address, so that what is measured is the sender. It counts the posts, and
notes when the first and the last came. Told a rate, it refuses what Notify would refuse at that rate,
with the arithmetic of the strict stand-in (`deploy/demo/notify/limits.py`): one that is denied costs a
token, too.

`python -m tests.benchmarks.target` prints its port. `GET /stats` says what was counted; `GET /reset`
begins anew, `GET /reset/3000` with a full bucket for 3,000 a minute.
"""

import asyncio
import json
import re
import sys
import time
from dataclasses import asdict, dataclass, field

from deploy.demo.notify.answers import Refused
from deploy.demo.notify.limits import RateLimit
from tests.benchmarks.words import TEMPLATE_ID

BODY = json.dumps(
    {
        "id": "740e5834-3a29-46b4-9a6f-@@@@@@@@@@@@",
        "reference": None,
        "uri": "https://example.org/v2/notifications/740e5834-3a29-46b4-9a6f-16142fde533a",
        "scheduled_for": None,
        "template": {"id": TEMPLATE_ID, "version": 1, "uri": "https://example.org"},
        "content": {"from_email": "a@example.org", "subject": "s", "body": "b"},
    }
).encode()
ADDRESS = re.compile(rb'"email_address": ?"([^"]+)"')
CONFIRMATION = b'"reference": "c-'
LENGTH = b"content-length:"


def answer(status: bytes, body: bytes) -> bytes:
    length = str(len(body)).encode()
    return b"HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %s\r\n\r\n%s" % (
        status,
        length,
        body,
    )


BEFORE_ID, AFTER_ID = answer(b"201 Created", BODY).split(b"@" * 12)
TEMPLATE = answer(b"200 OK", json.dumps({"id": TEMPLATE_ID, "version": 1}).encode())


@dataclass
class Stats:
    """What came since the last reset. Times are `time.monotonic()`, which processes of a machine share."""

    taken: int = 0
    refused: int = 0
    first: float = 0.0
    last: float = 0.0
    """When the last one that was taken came."""
    confirmations: dict[str, float] = field(default_factory=dict)
    """When the first confirmation to each address came."""


class Target(asyncio.Protocol):
    """Reads requests by their Content-Length, and answers each."""

    stats = Stats()
    limit: RateLimit | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._buffer = b""

    def data_received(self, data: bytes) -> None:
        self._buffer = self._buffer + data if self._buffer else data
        while True:
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            at = self._buffer[:end].lower().find(LENGTH)
            length = int(self._buffer[at + len(LENGTH) : end].split(b"\r\n", 1)[0]) if at >= 0 else 0
            whole = end + 4 + length
            if len(self._buffer) < whole:
                return
            request, self._buffer = self._buffer[:whole], self._buffer[whole:]
            written = post(request, end) if request.startswith(b"POST") else look(request)
            self._transport.write(written)  # type: ignore[attr-defined]


def post(request: bytes, end: int) -> bytes:
    now = time.monotonic()
    stats = Target.stats
    if not stats.first:
        stats.first = now
    if Target.limit is not None:
        try:
            Target.limit.take("live", now)
        except Refused as refused:
            stats.refused += 1
            return answer(b"429 Too Many Requests", refused.answer().body)
    stats.taken += 1
    stats.last = now
    if CONFIRMATION in request and (address := ADDRESS.search(request, end)):
        stats.confirmations.setdefault(address.group(1).decode(), now)
    return b"%s%012x%s" % (BEFORE_ID, stats.taken, AFTER_ID)


def look(request: bytes) -> bytes:
    """Everything that is no post: our own questions, and the look at the template."""
    path = request.split(b" ", 2)[1].decode()
    if path.startswith("/reset"):
        rate = path.removeprefix("/reset").strip("/")
        Target.stats, Target.limit = Stats(), RateLimit(int(rate)) if rate else None
    elif path != "/stats":
        return TEMPLATE
    return answer(b"200 OK", json.dumps(asdict(Target.stats)).encode())


async def serve() -> None:
    server = await asyncio.get_running_loop().create_server(Target, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    sys.stdout.close()
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve())
