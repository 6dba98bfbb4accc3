"""What is not there yet: words, an audience. And who gets nothing by a language that was left out.

A draft may have gaps (`UpdateDraft`); what has none is an `UpdateBody`.
"""

from collections.abc import Iterator
from typing import Final

from service.registrations.words import Channel, Language
from service.updates.checking.finding import Finding
from service.updates.content import Content, channels

PARTS: Final = {Channel.EMAIL: ("subject", "body"), Channel.SMS: (), Channel.LETTER: ("heading", "body")}
NAMES: Final = {Language.ENGLISH: "English", Language.WELSH: "Welsh"}


def gaps(content: Content) -> Iterator[Finding]:
    """What is lacking before it can be submitted, in order, and each language that gets nothing."""
    if not content["title"].strip():
        yield _words_missing("title")
    chosen = content["audience"].get("languages") or [each.value for each in Language]
    for channel in channels(content):
        written = content[channel.value]
        for language in (each.value for each in Language):
            if language in chosen or language in written:
                yield from _in_one_language(channel, language, written.get(language))
    yield from _audience(content)
    for left_out in Language:
        if left_out.value not in chosen:
            yield Finding(
                code="language-left-out",
                where=f"audience.{left_out.value}",
                message=f"People who chose {NAMES[left_out]} get nothing of it. Say why.",
                wants_reason=True,
            )


def _in_one_language(
    channel: Channel, language: str, written: str | dict[str, str] | None
) -> Iterator[Finding]:
    place = f"{channel.value}.{language}"
    if isinstance(written, str) or not PARTS[channel]:
        parts = {place: written if isinstance(written, str) else ""}
    else:
        parts = {f"{place}.{part}": (written or {}).get(part, "") for part in PARTS[channel]}
    yield from (_words_missing(where) for where, text in parts.items() if not text.strip())


def _audience(content: Content) -> Iterator[Finding]:
    rule = content["audience"]
    for where in ["audience"] if not rule else [f"audience.{key}" for key in sorted(rule) if not rule[key]]:
        yield Finding(
            code="audience-missing",
            where=where,
            message="Nobody is chosen. Say who it is for: a part of a rule that is empty reaches nobody.",
            blocks=True,
        )


def _words_missing(where: str) -> Finding:
    return Finding(
        code="words-missing",
        where=where,
        message="There are no words here yet. A language that nobody should get is left out of the audience.",
        blocks=True,
    )
