"""The time, as a value that is passed in; the only place that reads the machine's clock."""

from datetime import UTC, datetime
from typing import Final, Protocol
from zoneinfo import ZoneInfo

LONDON: Final = ZoneInfo("Europe/London")
"""What people here mean by a time of day."""


class Clock(Protocol):
    """Gives the present moment. Real processes use `SystemClock`; tests set one."""

    def now(self) -> datetime:
        """The present moment, in UTC, with its zone."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)
