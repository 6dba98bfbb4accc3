"""A date and a time that somebody typed, in London, as a moment."""

from datetime import UTC, date, datetime, time

import pytest

from service.updates.scheduling import HourComesTwice, NoSuchHour, Which, moment_in_london

FORWARD = date(2026, 3, 29)
BACK = date(2026, 10, 25)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("day", "at", "moment"),
    [
        (date(2026, 1, 15), time(9), "2026-01-15T09:00"),
        (date(2026, 7, 15), time(9), "2026-07-15T08:00"),
        (FORWARD, time(0, 59), "2026-03-29T00:59"),
        (FORWARD, time(2), "2026-03-29T01:00"),
        (BACK, time(0, 59), "2026-10-24T23:59"),
        (BACK, time(2), "2026-10-25T02:00"),
    ],
)
def test_what_was_typed_is_a_moment(day: date, at: time, moment: str) -> None:
    assert moment_in_london(day, at) == utc(moment)


@pytest.mark.parametrize("at", [time(1), time(1, 30), time(1, 59)])
def test_the_hour_that_clocks_skip_is_refused(at: time) -> None:
    for which in (None, *Which):
        with pytest.raises(NoSuchHour) as refused:
            moment_in_london(FORWARD, at, which)
        assert "Clocks go forward" in refused.value.fields["send_at"]


@pytest.mark.parametrize("minute", [0, 30, 59])
def test_of_the_hour_that_comes_twice_one_has_to_be_meant(minute: int) -> None:
    at = time(1, minute)
    with pytest.raises(HourComesTwice) as refused:
        moment_in_london(BACK, at, field="date")

    first, second = utc(f"2026-10-25T00:{minute:02}"), utc(f"2026-10-25T01:{minute:02}")
    assert (refused.value.first, refused.value.second) == (first, second)
    assert set(refused.value.fields) == {"date"}
    assert moment_in_london(BACK, at, Which.FIRST) == first
    assert moment_in_london(BACK, at, Which.SECOND) == second
