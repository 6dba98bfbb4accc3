"""Links: where they go, and whether somebody would have to sign in there.

People were told to trust messages of ours, so that what they are led to is GOV.UK, over https, or a host
on the scheme's public list; anything else wants a reason. Nothing is fetched: a link that needs a sign-in
is told by its address alone.
"""

import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import SplitResult, urlsplit

from service.notify.details import fold
from service.schemes.reading import PublicList
from service.updates.checking.finding import Finding, places

TARGET: Final = re.compile(r"\]\(\s*([^)\s]*)")
"""Of a link in markdown."""
ADDRESS: Final = re.compile(r"[a-z][a-z0-9+.-]{0,30}:[/\\]{1,2}[^\s<>\"\])]+", re.IGNORECASE)
BARE: Final = re.compile(
    # What a mail program or a telephone makes a link of by itself. Not the right half of an email address.
    r"(?<![\w@./:\\-])(?:www\.[^\s<>\"\])]+|(?:[\w-]{1,63}\.)+(?:uk|com|org|net|info|biz|io|co|eu|ie|wales|cymru"
    r"|scot|london|app|dev|gov|edu|ly|gl|gg|link|page|site|online|xyz|tv)(?![\w@-])(?:[/?#:][^\s<>\"\])]*)?)",
    re.IGNORECASE,
)
HELD_ELSEWHERE: Final = ("mailto:", "tel:", "sms:")
"""Read as addresses and numbers are (`personal.py`)."""
SIGN_IN: Final = re.compile(
    r"(?:sign|log)[-_]?(?:in|on)(?:[-_.].*)?|sso|saml2?|oauth2?|auth|authenticate|(?:my[-_]?)?accounts?"
    r"|password|mewngofnodi(?:[-_.].*)?",
    re.IGNORECASE,
)
"""A part of a path, or of a host's name, that says so."""


def links(where: str, text: str, allowed: PublicList) -> Iterator[Finding]:
    """The findings in one text, by kind and line."""
    for place in places(where, text, lambda part: any(_leads_away(link, allowed) for link in _links(part))):
        yield Finding(
            code="link-elsewhere",
            where=place,
            message=(
                "A link here does not go to an https address of GOV.UK or of a host on the scheme's public "
                "list. Say why people should follow it, or leave it out."
            ),
            wants_reason=True,
        )
    for place in places(where, text, lambda part: any(map(_wants_sign_in, _links(part)))):
        yield Finding(
            code="link-wants-sign-in",
            where=place,
            message=(
                "A link here looks as if people had to sign in to read what it leads to. Many cannot. "
                "Say why it is needed, or leave it out."
            ),
            wants_reason=True,
        )


def _links(text: str) -> Iterator[str]:
    folded = fold(text)[0]
    spans = [match.span() for match in ADDRESS.finditer(folded)]
    yield from (folded[start:end] for start, end in spans)
    for match in TARGET.finditer(folded):
        if not ADDRESS.match(match.group(1)) and not match.group(1).lower().startswith(HELD_ELSEWHERE):
            # Whatever it is, it leads nowhere in an email.
            yield match.group(1) if ":" in match.group(1) else f"none:{match.group(1)}"
    for match in BARE.finditer(folded):
        if not any(start <= match.start() < end for start, end in spans):
            yield f"https://{match.group()}"


def _leads_away(link: str, allowed: PublicList) -> bool:
    parts = _split(link)
    # Browsers read a backslash as a slash, and this library does not.
    if parts is None or parts.scheme != "https" or "\\" in link:
        return True
    host = (parts.hostname or "").removesuffix(".")
    return not (host == "gov.uk" or host.endswith(".gov.uk") or host in allowed.hosts)


def _wants_sign_in(link: str) -> bool:
    parts = _split(link)
    if parts is None:
        return False
    named = (parts.hostname or "").split(".")[:-1] + parts.path.split("/")
    return any(SIGN_IN.fullmatch(part) for part in named)


def _split(link: str) -> SplitResult | None:
    try:
        parts = urlsplit(link.rstrip(".,;:!?'’”*_"))
        _ = parts.port
    except ValueError:
        return None
    return parts
