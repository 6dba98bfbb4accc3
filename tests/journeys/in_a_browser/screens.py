"""What a journey is seen on, and which of all combinations the quick suite plays."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from typing import Final

from service.registrations.words import Language

NARROW: Final = 320
"""CSS pixels: a small telephone, or 1280 enlarged to 400 % (WCAG 2.2, 1.4.10)."""
WIDE: Final = 1280


@dataclass(frozen=True)
class Screen:
    """One person's browser, and the language that they read."""

    script: bool
    language: Language
    width: int

    def __str__(self) -> str:
        return f"{'script' if self.script else 'no_script'}-{self.language}-{self.width}"


SCREENS: Final = [
    Screen(*each) for each in product((True, False), (Language.WELSH, Language.ENGLISH), (NARROW, WIDE))
]
"""The first is where most goes wrong: Welsh words are long. Most journeys of a selection are played on it,
and on its opposite."""

Play = frozenset[tuple[str, object]]
"""One run of one journey: the name and the value of everything that can differ."""


def pairwise(plays: Sequence[Play]) -> list[Play]:
    """A few of `plays` that hold every pair of values that is in any; the first where another would do."""
    missing = set().union(*map(_pairs, plays))
    chosen: list[Play] = []
    while missing:
        best = max(plays, key=lambda play: len(missing.intersection(_pairs(play))))
        missing.difference_update(_pairs(best))
        chosen.append(best)
    return chosen


def _pairs(play: Play) -> Iterable[frozenset[tuple[str, object]]]:
    return map(frozenset, combinations(play, 2))
