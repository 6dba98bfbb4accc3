"""What differs between two versions of an update: word by word where words are, else by name."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from typing import Final

from service.updates.content import Content, all_words

MOST_COMPARED: Final = 1_000_000
"""Pairs of lines, or of words: beyond it what stands between equal beginnings and ends is shown whole.

difflib's time grows with their number, and a page must not wait for somebody's longest text.
"""


class Piece(StrEnum):
    SAME = "same"
    GONE = "gone"
    NEW = "new"


Pieces = tuple[tuple[Piece, str], ...]
"""A text in order: what is the same in both versions, gone from the first, new in the second."""


@dataclass(frozen=True)
class TextChange:
    """One text that is not what it was."""

    where: str
    """`title`, `email.en.body`."""
    pieces: Pieces


@dataclass(frozen=True)
class Differences:
    """Everything that differs. Whatever is false is the same."""

    texts: tuple[TextChange, ...]
    """In order; a text that was not there before is new throughout, one that was taken out is gone."""
    audience: bool
    window: bool
    channels: bool
    reply_to: bool
    publish: bool
    templates: bool
    """Notify's own, or their versions."""

    def __bool__(self) -> bool:
        return bool(
            self.texts
            or self.audience
            or self.window
            or self.channels
            or self.reply_to
            or self.publish
            or self.templates
        )


def differences(before: Content, now: Content) -> Differences:
    """What is other in `now` than in `before`."""

    def other(*keys: str) -> bool:
        return any(before.get(key) != now.get(key) for key in keys)

    old, new = ({"title": content["title"], **dict(all_words(content))} for content in (before, now))
    return Differences(
        texts=tuple(
            TextChange(where, word_diff(old.get(where, ""), new.get(where, "")))
            for where in [*new, *(where for where in old if where not in new)]
            if old.get(where) != new.get(where)
        ),
        audience=other("audience"),
        window=other("window"),
        channels=other("channels"),
        reply_to=other("reply_to", "reply_to_used"),
        publish=other("publish"),
        templates=other("templates"),
    )


def word_diff(before: str, now: str) -> Pieces:
    """Both texts in one, line by line, and word by word in lines that changed.

    Without what is new it is `before`, and without what is gone it is `now`.
    """
    pieces: list[tuple[Piece, str]] = []
    for same, old, new in _compared(before.splitlines(keepends=True), now.splitlines(keepends=True)):
        if same:
            pieces.append((Piece.SAME, "".join(new)))
            continue
        for alike, old_words, new_words in _compared(_words(old), _words(new)):
            if alike:
                pieces.append((Piece.SAME, "".join(new_words)))
            else:
                pieces += [(Piece.GONE, "".join(old_words)), (Piece.NEW, "".join(new_words))]
    return tuple(_joined(pieces))


def _compared(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[bool, Sequence[str], Sequence[str]]]:
    """Parts of both in order, and whether they are the same."""
    if len(old) * len(new) > MOST_COMPARED:
        first = _alike(old, new)
        last = _alike(old[first:][::-1], new[first:][::-1])
        yield True, old[:first], new[:first]
        yield False, old[first : len(old) - last], new[first : len(new) - last]
        yield True, old[len(old) - last :], new[len(new) - last :]
        return
    for tag, i, j, k, m in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        yield tag == "equal", old[i:j], new[k:m]


def _alike(old: Sequence[str], new: Sequence[str]) -> int:
    """How many of them are the same from the beginning."""
    for position, (one, other) in enumerate(zip(old, new, strict=False)):
        if one != other:
            return position
    return min(len(old), len(new))


def _words(lines: Sequence[str]) -> list[str]:
    """Words with the white space behind them."""
    return re.findall(r"\s*\S+[^\S\n]*|\s+", "".join(lines))


def _joined(pieces: list[tuple[Piece, str]]) -> Iterator[tuple[Piece, str]]:
    kind, text = Piece.SAME, ""
    for each, part in pieces:
        if each is kind or not part:
            text += part
            continue
        if text:
            yield kind, text
        kind, text = each, part
    if text:
        yield kind, text
