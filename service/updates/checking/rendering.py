"""Signs that people type for a look, and that come out as signs: Notify renders only some markdown.

notify.md, "Formatting": headings of two levels, bullets, numbers, links, a line, an inset. A text message
has none of it.
"""

import re
from collections.abc import Iterator
from typing import Final

from service.registrations.words import Channel
from service.updates.checking.finding import Finding, places

IN_TEXTS: Final = re.compile(r"^ {0,3}(?:#{1,6}[ \t]|[*+\-•][ \t]|\^)|\[[^\]\n]+\]\([^)\n]*\)", re.MULTILINE)
NOWHERE: Final = re.compile(
    r"\*\*[^\s*][^*\n]*\*\*|__[^\s_][^_\n]*__|(?<![\w*])\*[^\s*][^*\n]*(?<!\s)\*(?![\w*])"
    r"|(?<![\w/])_[^\s_][^_\n]*(?<!\s)_(?!\w)"  # Bold, italic.
    r"|~~\S[^\n]*~~|`[^`\n]+`|^ {0,3}```"  # Struck out, code.
    r"|!\[[^\]\n]{0,300}\]\("  # Pictures.
    r"|^ {0,3}#{3,6}[ \t]|^ {0,3}>"  # Lower headings, quotations.
    r"|^ {0,3}\|.*\||^[ \t]*:?-{3,}:?[ \t]*\|"  # Tables.
    r"|</?[a-z][a-z0-9]*(?:\s[^<>]*)?/?>",  # HTML.
    re.MULTILINE | re.IGNORECASE,
)


def not_rendered(where: str, text: str, channel: Channel) -> Iterator[Finding]:
    """The lines of one text with signs that its readers will see as they are."""

    def has_signs(part: str) -> bool:
        return bool(NOWHERE.search(part) or (channel is Channel.SMS and IN_TEXTS.search(part)))

    for place in places(where, text, has_signs):
        yield Finding(
            code="not-rendered",
            where=place,
            message="Signs for a look that Notify does not give: people will see the signs themselves.",
        )
