"""How long nothing may happen before a wait is given up."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from service.errors import KeptError

IDLE_SECONDS: Final = 480.0
"""A worker that dies leaves a lease (90 s), then Notify is asked twice: all of that is waited for."""

_WAITED_FOR: Final = {
    "KEPT_HOLD_WINDOW_SECONDS": (0.0, 1),
    "KEPT_RAMP_WAIT_SECONDS": (0.0, 1),
    "KEPT_UNCERTAIN_AFTER_SECONDS": (120.0, 2),
}
"""Settings by which nothing may rightly happen for a while: the default under `kept up`, and how often."""


class TookTooLong(KeptError):
    """Nothing happened for too long."""

    code = "took-too-long"


class Patience:
    """Ends a wait in which nothing has moved for `seconds`."""

    def __init__(self, seconds: float, logs: Path) -> None:
        self.seconds = seconds
        self.logs = logs

    def begin(self, doing: str) -> "Wait":
        return Wait(doing, self.seconds, self.logs)


class Wait:
    """One wait: told what is seen, it knows for how long that has been the same."""

    def __init__(self, doing: str, seconds: float, logs: Path) -> None:
        self._doing = doing
        self._seconds = seconds
        self._logs = logs
        self._seen: object = object()
        self._since = time.monotonic()

    @property
    def idle(self) -> float:
        """For how many seconds nothing has changed."""
        return time.monotonic() - self._since

    def saw(self, what: object) -> None:
        """Raises `TookTooLong` where this has been all there is to see for too long."""
        if what != self._seen:
            self._seen, self._since = what, time.monotonic()
        elif self.idle > self._seconds:
            raise TookTooLong(
                f"{self._doing}: nothing happened for {self._seconds:.0f} seconds; "
                f"the logs are in {self._logs}"
            )


def patience_for(asked: Mapping[str, str], logs: Path) -> Patience:
    """As much as the operator's settings call for."""
    more = sum(float(asked.get(name, default)) * times for name, (default, times) in _WAITED_FOR.items())
    return Patience(IDLE_SECONDS + more, logs)
