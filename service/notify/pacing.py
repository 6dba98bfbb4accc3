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

BELOW: Final = 0.995
"""Our share of Notify's refill."""
CAPACITY_BELOW: Final = 0.95
"""Our share of Notify's burst, which is a third of a minute's rate."""
RESERVED: Final = 0.05
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
        self._alone: LocalShare | None = None
        self._silent_until = 0.0
        self.sharers = 1
        """How many workers share the pace, as PostgreSQL knows: for when Redis is gone."""

    async def take(self, lane: Lane, want: int, *, sent_lately: Callable[[], Awaitable[bool]]) -> int:
        """Up to `want` permits for now; 0 means wait a little.

        `sent_lately` asks PostgreSQL whether it has an attempt younger than a minute. A bucket that is
        missing from Redis then starts empty, else full: a flushed Redis gives no second burst. Without
        Redis each worker takes its share of the refill, and no burst.
        """
        floor = 0.0 if lane is Lane.URGENT else self._capacity * RESERVED
        arguments = [self._rate, self._capacity, floor, want]
        try:
            if self._alone is not None:
                # It refilled in Redis while we went on without: whoever comes back empties it.
                await self._redis.delete(BUCKET)
                self._alone = None
                log.info("the pace is shared again")
            given = int(await self._take(keys=[BUCKET, SILENT], args=[*arguments, ""]))
            if given < 0:
                start = 0.0 if await sent_lately() else self._capacity
                given = int(await self._take(keys=[BUCKET, SILENT], args=[*arguments, start]))
            return given
        except (RedisError, OSError) as error:
            if self._alone is None:
                self._alone = LocalShare()
                log.warning("no redis: each worker takes its share", workers=self.sharers, error=error)
            if time.monotonic() < self._silent_until:
                return 0
            return self._alone.take(want, rate=self._rate / self.sharers)

    async def silence(self) -> None:
        """Everyone waits: Notify said 429. Real silence clears it, hammering does not."""
        milliseconds = int(random.uniform(*SILENCE_SECONDS) * 1000)  # noqa: S311
        self._silent_until = time.monotonic() + milliseconds / 1000
        try:
            await self._redis.set(SILENT, 1, px=milliseconds)
            await self._redis.delete(BUCKET)
        except (RedisError, OSError) as error:
            log.warning("could not silence the others", error=error)

    async def close(self) -> None:
        await self._redis.aclose()


class LocalShare:
    """One worker's part of the refill. It begins empty, and holds no more than a second's worth."""

    def __init__(self) -> None:
        self._level = 0.0
        self._at = time.monotonic()

    def take(self, want: int, *, rate: float) -> int:
        """Up to `want` permits at `rate` a second."""
        now = time.monotonic()
        self._level = min(max(1.0, rate), self._level + (now - self._at) * rate)
        self._at = now
        given = max(0, min(want, int(self._level)))
        self._level -= given
        return given
