"""The stand-in's own clock: the machine's, moved by as much as a test asks."""

import time
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

MICROSECONDS: Final = 1_000_000
LONDON: Final = ZoneInfo("Europe/London")


class Clock:
    """What time the stand-in believes it is.

    It rules the 30 s of a token, retention, the retries of callbacks, the life cycle of a message, the
    refill of the bucket and the daily limit's midnight. Only the seconds of a fault are real ones.
    """

    def __init__(self, offset_seconds: float = 0.0) -> None:
        self.offset_seconds = offset_seconds

    def now(self) -> float:
        """Seconds since 1970, UTC."""
        return time.time() + self.offset_seconds

    def now_us(self) -> int:
        """Microseconds since 1970, UTC: what rows are stamped with."""
        return int(self.now() * MICROSECONDS)

    def midnight_us(self) -> int:
        """When today began, UTC: Notify's daily limits count from there."""
        today = datetime.fromtimestamp(self.now(), UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        return int(today.timestamp() * MICROSECONDS)

    def next_printing_us(self) -> int:
        """When the letters of now are printed: 17:30 in London."""
        now = datetime.fromtimestamp(self.now(), LONDON)
        at = now.replace(hour=17, minute=30, second=0, microsecond=0)
        if at <= now:
            at += timedelta(days=1)
        return int(at.timestamp() * MICROSECONDS)


def written(us: int | None) -> str | None:
    """A stamp as Notify writes it: `2026-08-01T09:30:00.000000Z`."""
    if us is None:
        return None
    return datetime.fromtimestamp(us / MICROSECONDS, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def read(text: str) -> int:
    """The stamp that an ISO 8601 text means; without a zone, UTC. Raises `ValueError`."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return round(moment.timestamp() * MICROSECONDS)
