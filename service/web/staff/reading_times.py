"""Dates and times as people type them."""

import re
from datetime import date, time
from typing import Final

_TIME: Final = re.compile(r"(\d{1,2})(?:[:.](\d{2}))?\s*(am|pm)?", re.ASCII)


class NoSuchTime(Exception):
    """What was typed is no date, or no time. `input` is where it was typed."""

    def __init__(self, input_id: str, words: str) -> None:
        super().__init__(words)
        self.input = input_id


def read_date(day: str, month: str, year: str, *, field: str = "send-at") -> date:
    """The date of three numbers, typed into the inputs of `field`. Raises `NoSuchTime`."""
    for name, typed in (("day", day), ("month", month), ("year", year)):
        if not typed:
            raise NoSuchTime(f"{field}-{name}", f"The date needs a {name}")
    try:
        return date(int(year), int(month), int(day))
    except (ValueError, OverflowError):
        raise NoSuchTime(f"{field}-day", "It has to be a real date, such as 27 3 2027") from None


def read_time(typed: str) -> time:
    """`9:30`, `09.30`, `9am`, `14:00`. Raises `NoSuchTime`."""
    found = _TIME.fullmatch(typed.lower())
    if found is None:
        raise NoSuchTime("send-at-time", "Enter a time, such as 9:30am or 14:00")
    hour, minute, half = int(found[1]), int(found[2] or 0), found[3]
    if half is None and found[2] is None:
        raise NoSuchTime("send-at-time", "Say whether it is am or pm, such as 9am, or enter 09:00")
    if half is not None:
        if not 1 <= hour <= 12:
            raise NoSuchTime("send-at-time", "A time with am or pm has an hour from 1 to 12")
        hour = hour % 12 + (12 if half == "pm" else 0)
    try:
        return time(hour, minute)
    except ValueError:
        raise NoSuchTime("send-at-time", "It has to be a real time, such as 9:30am or 14:00") from None
