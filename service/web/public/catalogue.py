"""The words of the pages, in English and Welsh: `locales/en`, `locales/cy`, a file for each part of the site.

Both have the same keys (a test holds them to it), and no HTML.
"""

import tomllib
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Final

from service.registrations.words import Language

LOCALES: Final = Path(__file__).parent / "locales"


class Catalogue:
    """All sentences of one language, by key such as `start.heading`."""

    def __init__(self, sentences: Mapping[str, str]) -> None:
        self._sentences = dict(sentences)

    @property
    def keys(self) -> frozenset[str]:
        return frozenset(self._sentences)

    def __call__(self, key: str, **values: str) -> str:
        """The sentence for `key`, its `{places}` filled. Raises KeyError where either lacks."""
        return self.raw(key).format(**values)

    def raw(self, key: str) -> str:
        """The sentence for `key` with its places open."""
        return self._sentences[key]

    def day(self, day: date) -> str:
        """`day` in words: 1 May 2027."""
        return f"{day.day} {self('date.months').split()[day.month - 1]} {day.year}"


def read(language: Language) -> Catalogue:
    """The catalogue of `language`."""
    sentences: dict[str, str] = {}
    for path in sorted((LOCALES / language).glob("*.toml")):
        sentences |= _flat(tomllib.loads(path.read_text(encoding="utf-8")))
    return Catalogue(sentences)


def _flat(table: Mapping[str, object], path: str = "") -> dict[str, str]:
    flat: dict[str, str] = {}
    for name, value in table.items():
        if isinstance(value, Mapping):
            flat |= _flat(value, f"{path}{name}.")
        else:
            flat[f"{path}{name}"] = str(value)
    return flat
