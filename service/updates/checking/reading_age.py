"""How old somebody has to be, in years at school, to read a text with ease.

The automated readability index (Smith and Senter, 1967): 4.71 × letters and digits a word + 0.5 × words a
sentence − 21.43, rounded up, is a school year in America; children in that year are five years older. It
needs no dictionary of syllables, and was made for English: Welsh is not measured.
"""

import math
import re
from collections.abc import Iterator
from typing import Final

from service.registrations.words import Channel, Language
from service.updates.checking.finding import Finding
from service.updates.content import Content, channels

HARD_FROM: Final = 15
"""Years. What is read with ease at fourteen is plain to most adults."""
FEWEST_WORDS: Final = 30
"""Below this the index says little."""
YOUNGEST: Final = 5
OLDEST: Final = 22
"""The index's table ends with university."""

_ADDRESS: Final = re.compile(r"\]\([^)]{0,2000}\)|https?://\S+", re.IGNORECASE)
_WORD: Final = re.compile(r"[^\W_]+(?:[’'-][^\W_]+)*")
_END: Final = re.compile(r"(?<![.!?:])[.!?:]++(?=\s|$)|\n")
"""A heading and a point of a list are sentences, too, and what leads up to a list ends with a colon."""


def reading_age(text: str) -> int | None:
    """In years; None for a text that is too short to say."""
    plain = _ADDRESS.sub(" ", text)
    words: list[str] = _WORD.findall(plain)
    if len(words) < FEWEST_WORDS:
        return None
    sentences = sum(1 for sentence in _END.split(plain) if _WORD.search(sentence))
    letters = sum(character.isalnum() for word in words for character in word)
    index: float = 4.71 * letters / len(words) + 0.5 * len(words) / sentences - 21.43
    return min(max(YOUNGEST, math.ceil(index) + 5), OLDEST)


def reading_ages(content: Content) -> dict[str, int | None]:
    """The reading age of each body (`email.en.body`); None where it was not measured, as Welsh is not."""
    return {
        where: reading_age(text) if language is Language.ENGLISH else None
        for where, language, text in _bodies(content)
    }


def hard_to_read(content: Content) -> Iterator[Finding]:
    """The bodies that fewer people understand than could."""
    for where, age in reading_ages(content).items():
        if age is not None and age >= HARD_FROM:
            yield Finding(
                code="hard-to-read",
                where=where,
                message=(
                    f"Its reading age is {age} years; below {HARD_FROM} most adults read with ease. "
                    "Shorter sentences and everyday words help. Say why, where it has to be so."
                ),
                wants_reason=True,
            )


def _bodies(content: Content) -> Iterator[tuple[str, Language, str]]:
    for channel in channels(content):
        for language in Language:
            written = content[channel.value].get(language.value)
            if written is not None and channel is Channel.SMS:
                yield f"{channel.value}.{language.value}", language, written
            elif written is not None:
                yield f"{channel.value}.{language.value}.body", language, written["body"]
