"""How much may be sent: the token bucket of each key type, and the count of the day.

Sources: notify.md "Rate limit" and "Seen on a running server"; `tally-bucket-rate-limit` in the Redis
client of notifications-utils for the arithmetic in whole tokens.
"""

from dataclasses import dataclass, field
from typing import Any, Final

from deploy.demo.notify.answers import Refused
from deploy.demo.notify.clock import MICROSECONDS, Clock
from deploy.demo.notify.kinds import KEY_TYPES, KeyType, MessageType

INTERVAL_SECONDS: Final = 60
CAPACITY_DIVISOR: Final = 3
DAY_US: Final = 86_400 * MICROSECONDS


@dataclass(slots=True)
class Bucket:
    """What is left of one key type, and up to when its refill was counted."""

    tokens: int
    counted_to: float


class RateLimit:
    """A sixtieth of the rate comes in a second, a third of it is the most that is kept.

    A request takes its token before it is judged, so a denied one consumes refill too: on an empty bucket,
    whoever tries faster than the refill gets nothing at all.
    """

    def __init__(self, per_minute: int) -> None:
        self.per_minute = per_minute
        self.buckets: dict[KeyType, Bucket] = {}

    @property
    def capacity(self) -> int:
        return self.per_minute // CAPACITY_DIVISOR

    def take(self, key_type: KeyType, now: float) -> None:
        """Take one token. Raises `Refused` 429, which carries no Retry-After."""
        bucket = self.buckets.get(key_type)
        if bucket is None:
            bucket = self.buckets[key_type] = Bucket(self.capacity, now)
        per_second = self.per_minute / INTERVAL_SECONDS
        refill = int(max(now - bucket.counted_to, 0.0) * per_second)
        bucket.tokens = max(min(bucket.tokens + refill, self.capacity) - 1, 0)
        # Only whole tokens are counted: the fraction of a second that made none yet stays for the next
        # request.
        bucket.counted_to += refill / per_second
        if bucket.tokens <= 0:
            raise Refused(
                429,
                "RateLimitError",
                f"Exceeded rate limit for key type {key_type.upper()} of {self.per_minute} requests "
                f"per {INTERVAL_SECONDS} seconds",
            )

    def drain(self, now: float, key_type: KeyType | None = None, seconds: float = 0.0) -> None:
        """Leave nothing, as another system that shares the service would, and goes on for `seconds`."""
        for one in KEY_TYPES if key_type is None else (key_type,):
            # What comes in until then is the other's.
            self.buckets[one] = Bucket(0, now + seconds)

    def kept(self) -> dict[str, Any]:
        """What must outlive this process, as Notify's Redis does."""
        return {name: [bucket.tokens, bucket.counted_to] for name, bucket in self.buckets.items()}

    def restore(self, kept: dict[str, Any]) -> None:
        for key_type in KEY_TYPES:
            if key_type in kept:
                self.buckets[key_type] = Bucket(*kept[key_type])


@dataclass(slots=True)
class DailyLimit:
    """Messages of the day by type, from midnight UTC: live and team keys together, test keys never."""

    clock: Clock
    limits: dict[MessageType, int]
    counts: dict[MessageType, int] = field(default_factory=dict)
    _midnight_us: int = 0

    def check(self, message_type: MessageType, key_type: KeyType) -> None:
        """Raises `Refused` 429 where the day's share is used up."""
        if key_type != "test" and self.count(message_type) >= self.limits[message_type]:
            limit = self.limits[message_type]
            raise Refused(
                429, "TooManyRequestsError", f"Exceeded send limits ({message_type}: {limit}) for today"
            )

    def count(self, message_type: MessageType) -> int:
        self._turn_the_day()
        return self.counts.get(message_type, 0)

    def add(self, message_type: MessageType, key_type: KeyType) -> None:
        if key_type != "test":
            self.counts[message_type] = self.count(message_type) + 1

    def set(self, message_type: MessageType, count: int) -> None:
        self._turn_the_day()
        self.counts[message_type] = count

    def _turn_the_day(self) -> None:
        now_us = self.clock.now_us()
        if self._midnight_us <= now_us < self._midnight_us + DAY_US:
            return
        self._midnight_us = self.clock.midnight_us()
        self.counts.clear()
