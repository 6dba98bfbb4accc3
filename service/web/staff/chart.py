"""What became of an update over time, as lines of an SVG: how many there were in all by each moment."""

from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate
from typing import Final

from service.clock import LONDON
from service.deliveries.over_time import OverTime

WIDTH: Final = 600
HEIGHT: Final = 200
LINES: Final = (("accepted", "Handed over"), ("delivered", "Delivered"), ("failed", "Failed"))


@dataclass(frozen=True)
class Line:
    """One line. Its dashes tell it from the others, as well as its colour."""

    name: str
    words: str
    points: str
    """For `<polyline>`, in a box of 600 by 200."""
    total: int


@dataclass(frozen=True)
class Chart:
    """Lines that share a scale, and the same figures as a table."""

    lines: tuple[Line, ...]
    most: int
    begins: str
    ends: str
    rows: tuple[tuple[str, tuple[int, int, int]], ...]
    """Time of day in London; handed over, delivered and failed in the step that begins then."""


def chart(over_time: OverTime) -> Chart | None:
    """None where nothing has happened yet."""
    points = over_time.points
    if not points:
        return None
    sums = {name: list(accumulate(getattr(each, name) for each in points)) for name, _ in LINES}
    most = max(sum_ for line in sums.values() for sum_ in line)
    return Chart(
        lines=tuple(Line(name, words, _drawn(sums[name], most), sums[name][-1]) for name, words in LINES),
        most=most,
        begins=_clock(points[0].begins),
        ends=_clock(points[-1].begins + over_time.step),
        rows=tuple((_clock(each.begins), (each.accepted, each.delivered, each.failed)) for each in points),
    )


def _drawn(sums: list[int], most: int) -> str:
    """A line from nothing on the left to the last sum on the right."""
    across = [index * WIDTH / len(sums) for index in range(len(sums) + 1)]
    return " ".join(
        f"{x:.1f},{HEIGHT - HEIGHT * sum_ / max(most, 1):.1f}"
        for x, sum_ in zip(across, [0, *sums], strict=True)
    )


def _clock(at: datetime) -> str:
    return f"{at.astimezone(LONDON):%H:%M}"
