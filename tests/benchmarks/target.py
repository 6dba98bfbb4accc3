"""A static stand-in for Notify's POST: the same 201 to everybody, as fast as Python can.

It checks nothing, so that what is measured is the sender. `python -m tests.benchmarks.target` prints
its port.
"""

import asyncio
import json
import sys

BODY = json.dumps(
    {
        "id": "740e5834-3a29-46b4-9a6f-16142fde533a",
        "reference": None,
        "uri": "https://example.org/v2/notifications/740e5834-3a29-46b4-9a6f-16142fde533a",
        "scheduled_for": None,
        "template": {
            "id": "11111111-2222-4333-8444-555555555555",
            "version": 1,
            "uri": "https://example.org",
        },
        "content": {"from_email": "a@example.org", "subject": "s", "body": "b"},
    }
).encode()
ANSWER = (
    b"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: "
    + str(len(BODY)).encode()
    + b"\r\n\r\n"
    + BODY
)
TEMPLATE = json.dumps({"id": "11111111-2222-4333-8444-555555555555", "version": 1}).encode()
TEMPLATE_ANSWER = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: "
    + str(len(TEMPLATE)).encode()
    + b"\r\n\r\n"
    + TEMPLATE
)


class Target(asyncio.Protocol):
    """Reads requests by their Content-Length, and answers each."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._buffer = b""

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while True:
            head, end, rest = self._buffer.partition(b"\r\n\r\n")
            if not end:
                return
            length = 0
            for line in head.split(b"\r\n"):
                if line.lower().startswith(b"content-length:"):
                    length = int(line[15:])
            if len(rest) < length:
                return
            self._buffer = rest[length:]
            answer = ANSWER if head.startswith(b"POST") else TEMPLATE_ANSWER
            self._transport.write(answer)  # type: ignore[attr-defined]


async def serve() -> None:
    server = await asyncio.get_running_loop().create_server(Target, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    sys.stdout.close()
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve())
