"""The pace of all workers on all machines together, a little below Notify's refill.

Notify counts with a token bucket, and a denied request consumes refill too: at 51 a second on an empty
bucket nothing gets through, at 49 everything does (notify.md, Rate limit). So the permits for a batch
are taken before it is claimed, and the first 429 silences everyone.
"""

import random
import time
from collections.abc import Awaitable, Callable
from typing import Final

import redis.asyncio
from redis.exceptions import RedisError

from service.doorbell import Lane
from service.observability import log

BELOW: Final = 0.97
"""Our share of Notify's refill."""
CAPACITY_BELOW: Final = 0.9
"""Our share of Notify's burst, which is a third of a minute's rate."""
RESERVED: Final = 0.1
"""The part of the burst that only people's own links may use: bulk cannot starve them."""
SILENCE_SECONDS: Final = (5.0, 8.0)

BUCKET: Final = "kept:pace:bucket"
SILENT: Final = "kept:pace:silent"

# One step for everyone, by Redis's own clock. Returns the permits given; -1 where the bucket is missing.
TAKE: Final = """
if redis.call('EXISTS', KEYS[2]) == 1 then return 0 end
local now = redis.call('TIME')
now = now[1] + now[2] / 1000000
local have = redis.call('HMGET', KEYS[1], 'level', 'at')
local rate, capacity, floor, want = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local level
if have[1] then
    level = math.min(capacity, tonumber(have[1]) + (now - tonumber(have[2])) * rate)
elseif ARGV[5] == '' then
    return -1
else
    level = tonumber(ARGV[5])
end
local given = math.max(0, math.min(want, math.floor(level - floor)))
redis.call('HSET', KEYS[1], 'level', tostring(level - given), 'at', tostring(now))
redis.call('EXPIRE', KEYS[1], 600)
return given
"""


class Pace:
    """Gives permits to hand one message over each. Shared through Redis."""

    def __init__(self, connection: redis.asyncio.Redis, *, rate_per_minute: int) -> None:
        self._redis = connection
        self._rate = rate_per_minute / 60 * BELOW
        self._capacity = max(1.0, rate_per_minute / 3 * CAPACITY_BELOW)
        self._take = connection.register_script(TAKE)
        self._alone_until = time.monotonic()

    async def take(self, lane: Lane, want: int, *, sent_lately: Callable[[], Awaitable[bool]]) -> int:
        """Up to `want` permits for now; 0 means wait a little.

        `sent_lately` asks PostgreSQL whether it has an attempt younger than a minute. A bucket that is
        missing from Redis then starts empty, else full: a flushed Redis gives no second burst.
        """
        floor = 0.0 if lane is Lane.URGENT else self._capacity * RESERVED
        arguments = [self._rate, self._capacity, floor, want]
        try:
            given = int(await self._take(keys=[BUCKET, SILENT], args=[*arguments, ""]))
            if given < 0:
                start = 0.0 if await sent_lately() else self._capacity
                given = int(await self._take(keys=[BUCKET, SILENT], args=[*arguments, start]))
            return given
        except (RedisError, OSError) as error:
            log.warning("no pace without redis", error=error)
            return self._alone(want)

    async def silence(self) -> None:
        """Everyone waits: Notify said 429. Real silence clears it, hammering does not."""
        milliseconds = int(random.uniform(*SILENCE_SECONDS) * 1000)  # noqa: S311
        try:
            await self._redis.set(SILENT, 1, px=milliseconds)
            await self._redis.delete(BUCKET)
        except (RedisError, OSError) as error:
            log.warning("could not silence the others", error=error)
        self._alone_until = time.monotonic() + milliseconds / 1000

    async def close(self) -> None:
        await self._redis.aclose()

    def _alone(self, want: int) -> int:
        """Without Redis: one message a second for each process, so that many stay below the rate."""
        now = time.monotonic()
        if now < self._alone_until or want < 1:
            return 0
        self._alone_until = now + 1
        return 1
