"""How often one address may be asked to confirm something: once a day, three times a month.

A thousand registrations of a stranger's address send that stranger at most one message a day
(security.md, The public endpoint).
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

ONE_EVERY: Final = timedelta(days=1)
THREE_EVERY: Final = timedelta(days=30)
REMEMBERED: Final = 3


def may_be_asked_at(asked: Sequence[datetime], now: datetime) -> datetime:
    """The first moment, from `now` on, at which an address that was asked at `asked` may be asked again."""
    latest = sorted(asked)[-REMEMBERED:]
    moments = [now]
    if latest:
        moments.append(latest[-1] + ONE_EVERY)
    if len(latest) == REMEMBERED:
        moments.append(latest[0] + THREE_EVERY)
    return max(moments)
