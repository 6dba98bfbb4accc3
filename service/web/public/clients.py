"""How often one client may write, or try a secret (contract.md: `KEPT_CLIENT_LIMIT_PER_MINUTE`).

Counted is every request but those that only read. Leaving by one click is not: mail providers send it
for many people from a few addresses, it changes nothing twice, and a token of 32 bytes is not guessed.

A client is an address; with IPv6 the network of 64 bits that one household or one machine is given.
"""

import hmac
import itertools
import math
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from hashlib import sha256
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final

import redis.asyncio
from redis.exceptions import RedisError
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from service.clock import Clock
from service.observability import log
from service.settings import PublicSettings
from service.web.problems import Answer
from service.web.public.pages import LEAVING
from service.web.public.secret import shared_secret
from service.web.together import Together

WINDOW: Final = 60
"""Seconds. Windows stand still: across the end of one a client may send twice as much, once."""
WITHOUT_REDIS: Final = 5.0
"""Seconds before a Redis that was away is asked again, so that nobody waits for it each time."""
KEY: Final = "kept:count:client:"
"""What the web processes may count under (`deploy/one_machine/valkey.py`)."""

READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


def counts(method: str, path: str) -> bool:
    """Whether a request is counted."""
    one_click = path.startswith(LEAVING) and "/" not in path.removeprefix(LEAVING)
    return method.upper() not in READING and not (one_click and method.upper() == "POST")


def client_of(peer: str | None, forwarded: Iterable[str], trusted: Sequence[Network]) -> str:
    """Who is counted: an address, or the first half of one (IPv6).

    `forwarded` are the `X-Forwarded-For` headers as they came. They are believed only where `peer`
    is a trusted proxy, and then from the right: each proxy adds whom it was asked by, so the first one
    that is no proxy of ours is the client, and everything to its left is whatever that client wrote.
    """
    found = _address(peer or "")
    if found is None:
        return "nowhere"
    hops = ",".join(forwarded).split(",")
    while hops and _is_in(found, trusted):
        before = _address(hops.pop())
        if before is None:
            break  # Our own proxy wrote what is no address: it is counted itself.
        found = before
    if isinstance(found, IPv6Address):
        return str(IPv6Network((int(found) >> 64 << 64, 64)))
    return str(found)


class ClientCounter:
    """Counts requests a minute by client: in Redis for all processes, without it in this one.

    What lies in Redis is a MAC of client and minute, so that it holds no address and joins no two
    minutes. Redis does not have the key.
    """

    def __init__(self, settings: PublicSettings) -> None:
        self._redis = redis.asyncio.Redis.from_url(
            settings.redis_url.get_secret_value(), socket_connect_timeout=0.5, socket_timeout=0.5
        )
        self._secret = shared_secret(settings, b"clients")
        self._together = Together(self._count_in_redis)
        self._away_until = 0.0
        self._window = 0
        self._alone: Counter[bytes] = Counter()

    async def count(self, client: str, window: int) -> int:
        """Count one request of `client` in `window`; how many that makes. Never raises."""
        name = hmac.digest(self._secret, f"{window}/{client}".encode(), sha256)
        if time.monotonic() >= self._away_until:
            try:
                return await self._together.do(KEY + name.hex())
            except (RedisError, OSError) as error:
                self._away_until = time.monotonic() + WITHOUT_REDIS
                log.warning("no redis: this process counts its clients alone", error=error)
        if window != self._window:
            self._window = window
            self._alone.clear()
        self._alone[name] += 1
        return self._alone[name]

    async def _count_in_redis(self, keys: list[str]) -> list[int]:
        times = Counter(keys)
        async with self._redis.pipeline(transaction=False) as pipe:
            for key, often in times.items():
                pipe.incrby(key, often)
                pipe.expire(key, 2 * WINDOW)
            counted = (await pipe.execute())[::2]
        # As if each had come by itself: the first of a client is not refused for its last.
        last = dict(zip(times, counted, strict=True))
        turns = {key: itertools.count(last[key] - times[key] + 1) for key in times}
        return [next(turns[key]) for key in keys]

    async def close(self) -> None:
        await self._redis.aclose()


class ClientLimit:
    """Answers 429, with the seconds until the next minute, to a client that sends too much."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        counter: ClientCounter,
        most: int,
        trusted: Sequence[Network],
        answer: Answer,
        clock: Clock,
    ) -> None:
        self._app = app
        self._counter = counter
        self._most = most
        self._trusted = trusted
        self._answer = answer
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not counts(scope["method"], scope["path"]):
            await self._app(scope, receive, send)
            return
        now = self._clock.now().timestamp()
        peer = scope["client"][0] if scope["client"] else None
        forwarded = Headers(scope=scope).getlist("x-forwarded-for")
        client = client_of(peer, forwarded, self._trusted)
        if await self._counter.count(client, int(now // WINDOW)) <= self._most:
            await self._app(scope, receive, send)
            return
        wait = str(math.ceil(WINDOW - now % WINDOW))
        refused = HTTPException(429, headers={"Retry-After": wait})
        await self._answer(Request(scope), refused)(scope, receive, send)


def _address(text: str) -> Address | None:
    """An address, with or without the port that some proxies add to it."""
    bare = text.strip()
    if bare.startswith("["):
        bare = bare[1:].partition("]")[0]
    elif bare.count(":") == 1:
        bare = bare.partition(":")[0]
    try:
        found = ip_address(bare)
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found


def _is_in(address: Address, networks: Iterable[Network]) -> bool:
    return any(address in network for network in networks)
