"""The hours in which a scheme writes to people: by the clocks of London, whatever the season."""

from datetime import UTC, datetime, time
from pathlib import Path

import pytest

from service.schemes.file import BadSchemeFile, read_scheme_file
from service.schemes.hours import SendingHours
from tests.conftest import SCHEME

USUAL = SendingHours()
ALWAYS = SendingHours(begins=time(0), ends=time(0))
EVENING = SendingHours(begins=time(18), ends=time(0))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("hours", "moment", "next_one"),
    [
        # In winter London has the time of UTC, in summer it is an hour ahead.
        (USUAL, "2026-01-15T08:00", "2026-01-15T08:00"),
        (USUAL, "2026-01-15T07:59:59", "2026-01-15T08:00"),
        (USUAL, "2026-01-15T19:59:59", "2026-01-15T19:59:59"),
        (USUAL, "2026-01-15T20:00", "2026-01-16T08:00"),
        (USUAL, "2026-07-15T07:00", "2026-07-15T07:00"),
        (USUAL, "2026-07-15T06:59", "2026-07-15T07:00"),
        (USUAL, "2026-07-15T19:00", "2026-07-16T07:00"),
        # Overnight clocks go forward, and back.
        (USUAL, "2026-03-28T21:00", "2026-03-29T07:00"),
        (USUAL, "2026-10-24T20:00", "2026-10-25T08:00"),
        (ALWAYS, "2026-01-15T03:00", "2026-01-15T03:00"),
        (EVENING, "2026-01-15T23:59:59", "2026-01-15T23:59:59"),
        (EVENING, "2026-01-16T00:00", "2026-01-16T18:00"),
    ],
)
def test_an_update_waits_for_the_hours_to_begin(hours: SendingHours, moment: str, next_one: str) -> None:
    assert hours.next_from(at(moment)) == at(next_one)
    assert hours.allow(at(moment)) is (moment == next_one)


def test_a_scheme_whose_file_says_nothing_writes_by_day_and_the_demonstration_at_any_time(
    tmp_path: Path,
) -> None:
    silent = tmp_path / "scheme.toml"
    silent.write_text(SCHEME.read_text().split("[about.")[0])

    assert read_scheme_file(silent).about.hours == USUAL
    assert read_scheme_file(SCHEME).about.hours == ALWAYS


@pytest.mark.parametrize(
    ("begins", "ends"), [("20:00", "08:00"), ("08:00", "08:00"), ("08:00Z", "20:00"), ("8 o'clock", "20:00")]
)
def test_hours_that_are_none_are_refused(tmp_path: Path, begins: str, ends: str) -> None:
    file = tmp_path / "scheme.toml"
    rest = SCHEME.read_text().split("[about.")[0]
    file.write_text(f'{rest}\n[about.hours]\nbegins = "{begins}"\nends = "{ends}"\n')

    with pytest.raises(BadSchemeFile, match=r"about\.hours"):
        read_scheme_file(file)
