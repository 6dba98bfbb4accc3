"""The words of the messages that the service itself writes: `en.toml` and `cy.toml` beside this file.

Both have the same keys (a test holds them to it). No text that a person typed is in any message.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Final

from service.registrations.words import Channel, Language, Purpose

HERE: Final = Path(__file__).parent
ALL: Final[Mapping[Language, Mapping[str, Any]]] = {
    language: tomllib.loads((HERE / f"{language}.toml").read_text(encoding="utf-8")) for language in Language
}


@dataclass(frozen=True)
class Written:
    subject: str
    """Empty for a text message."""
    body: str


@dataclass(frozen=True)
class Filled:
    """What a message says about the person's own case. Its `repr` shows no link and no code."""

    scheme: str
    """Its name in the language of the message."""
    until: date
    """The last day of its link and code."""
    link: str = field(default="", repr=False)
    code: str | None = field(default=None, repr=False)
    number: str = field(default="", repr=False)
    page: str = ""
    """Where a number and a code are typed."""
    telephone: str | None = None
    """The scheme's own."""


def words(
    purpose: Purpose, channel: Channel, language: Language, filled: Filled, *, reminds: bool = False
) -> Written:
    """One message. Raises KeyError for a purpose that this channel has no words for."""
    written = ALL[language]["reminder" if reminds else purpose.value][channel.value]
    with_code = filled.code is not None or "without_code" not in written
    body = written["body" if with_code else "without_code"]
    ring = written.get("ring", "").format(telephone=filled.telephone) if filled.telephone else ""
    return Written(
        subject=written.get("subject", ""),
        body=body.strip().format(
            scheme=filled.scheme,
            link=filled.link,
            code=filled.code,
            number=filled.number,
            page=filled.page,
            until=in_words(filled.until, language),
            ring=ring,
        ),
    )


def in_words(day: date, language: Language) -> str:
    """`day` as it is written out: 1 May 2027."""
    return f"{day.day} {ALL[language]['months'][day.month - 1]} {day.year}"
