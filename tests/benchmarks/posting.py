"""A load generator: posts registrations over connections that stay open, and prints what it saw.

`python -m tests.benchmarks.posting URL PREFIX COUNT CONNECTIONS [A_SECOND]` posts COUNT of them, each with
an address of its own: as fast as the answers come, or, told a rate, when each is due (one that has to wait
for a connection is late from then on, which is counted). JSON on standard output: when each was due and
when its answer came, in `time.monotonic()`, which processes of a machine share.
"""

import asyncio
import itertools
import json
import sys
import time
from urllib.parse import urlsplit


def request(path: str, host: str, email: str) -> bytes:
    form = {
        "kind": "individual",
        "email": email,
        "language": "en",
        "topics": ["eligibility"],
        "contact_by": ["email"],
        "consent": True,
    }
    body = json.dumps(form).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def post(url: str, prefix: str, count: int, connections: int, rate: float) -> dict[str, list[float]]:
    """By address: when it was due, and when it was answered. Any answer but 202 ends everything."""
    parts = urlsplit(url)
    numbers = itertools.count()
    seen: dict[str, list[float]] = {}
    began = time.monotonic()

    async def one_connection() -> None:
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        while (number := next(numbers)) < count:
            due = began + number / rate if rate else time.monotonic()
            if (early := due - time.monotonic()) > 0:
                await asyncio.sleep(early)
            email = f"{prefix}.{number}@example.com"
            writer.write(request(parts.path, parts.netloc, email))
            head = await reader.readuntil(b"\r\n\r\n")
            if b" 202 " not in head.partition(b"\r\n")[0]:
                raise SystemExit(f"an answer was {head.partition(b' ')[2][:3].decode()}")
            length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
            await reader.readexactly(int(length))
            seen[email] = [due, time.monotonic()]
        writer.close()

    await asyncio.gather(*(one_connection() for _ in range(connections)))
    return seen


if __name__ == "__main__":
    rate = float(sys.argv[5]) if len(sys.argv) > 5 else 0.0
    url, prefix, count, connections = sys.argv[1:5]
    print(json.dumps(asyncio.run(post(url, prefix, int(count), int(connections), rate))))
