"""From a date and a time that somebody typed to a moment. Clocks here are those of London."""

from datetime import UTC, date, datetime, time
from enum import StrEnum

from service.clock import LONDON
from service.errors import Invalid


class Which(StrEnum):
    """Of a time that comes twice in the night in which clocks go back."""

    FIRST = "first"
    SECOND = "second"


class NoSuchHour(Invalid):
    """Clocks go forward in this night, and none of them shows this time."""

    code = "no-such-hour"

    def __init__(self, field: str) -> None:
        super().__init__({field: "Clocks go forward in this night, and none of them shows this time"})


class HourComesTwice(Invalid):
    """Clocks go back in this night, and this time comes twice."""

    code = "hour-comes-twice"

    def __init__(self, field: str, first: datetime, second: datetime) -> None:
        super().__init__(
            {field: "Clocks go back in this night, and this time comes twice: say which one is meant"}
        )
        self.first = first
        self.second = second


def moment_in_london(day: date, at: time, which: Which | None = None, *, field: str = "send_at") -> datetime:
    """The moment at which clocks in London show this, in UTC.

    Raises `NoSuchHour` in the hour that they skip, and `HourComesTwice`, with both moments, in the hour that
    they show twice, unless `which` says which. Errors are those of `field`.
    """
    first, second = (datetime.combine(day, at, LONDON).replace(fold=fold).astimezone(UTC) for fold in (0, 1))
    if first == second:
        return first
    if first > second:
        raise NoSuchHour(field)
    match which:
        case Which.FIRST:
            return first
        case Which.SECOND:
            return second
        case None:
            raise HourComesTwice(field, first, second)
