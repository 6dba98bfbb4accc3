"""What an approval is over: every channel's words in every language, its template and version, window, rule.

Stored as it is hashed, so that whoever has the row can compute the hash again.
"""

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter

from service.crypto.canonical import canonical_sha256
from service.notify.gateway import TemplateSeen
from service.registrations.recipients import AudienceRule
from service.registrations.words import Channel, Language
from service.updates.body import Audience, EmailWords, LetterWords, UpdateBody, UpdateDraft

MESSAGES = (Channel.EMAIL, Channel.SMS, Channel.LETTER)
"""The channels that Notify sends by. A call is made by a person."""

_EMAIL_WORDS = TypeAdapter(dict[Language, EmailWords])
_LETTER_WORDS = TypeAdapter(dict[Language, LetterWords])

Content = dict[str, Any]
Templates = Mapping[Channel, TemplateSeen]


def content_of(
    body: UpdateBody | UpdateDraft, *, scheme: UUID, templates: Templates, reply_to: str | None
) -> Content:
    """`body` as it is stored, hashed and approved. A channel without a template has none in it, too."""
    written = body.model_dump(mode="json")
    channels = [channel for channel in MESSAGES if written[channel.value] is not None]
    return {
        "scheme": str(scheme),
        "title": written["title"],
        **{channel.value: written[channel.value] for channel in MESSAGES},
        "audience": {key: sorted(value) for key, value in written["audience"].items() if value is not None},
        "window": {"send_at": written["send_at"]},
        "channels": [channel.value for channel in channels],
        "templates": {channel.value: _template(templates.get(channel)) for channel in channels},
        "reply_to": str(body.reply_to) if body.reply_to else None,
        "reply_to_used": str(body.reply_to) if body.reply_to else reply_to,
        "publish": body.publish,
    }


def content_sha256(content: Content) -> str:
    """The hash that is approved, in lower-case hex."""
    return canonical_sha256(content)


def body_of(content: Content) -> dict[str, Any]:
    """The author's body again, as JSON, for an edit to change."""
    return {
        "title": content["title"],
        "email": content["email"],
        "sms": content.get("sms"),
        "letter": content.get("letter"),
        "audience": content["audience"],
        "send_at": content["window"]["send_at"],
        "reply_to": content["reply_to"],
        # Missing from what was written before there was an archive, and not published.
        "publish": content.get("publish", False),
    }


def channels(content: Content) -> list[Channel]:
    """The channels that it has words for."""
    return [Channel(each) for each in content["channels"]]


def templates(content: Content) -> dict[Channel, TemplateSeen | None]:
    """Notify's template for each of its channels; None where there was none when it was written."""
    # One that was written before there were texts and letters has one template, without a channel.
    named = content["templates"] if "templates" in content else {"email": content["template"]}
    return {
        Channel(channel): TemplateSeen(UUID(each["id"]), each["version"]) if each else None
        for channel, each in named.items()
    }


def email_words(content: Content) -> dict[Language, EmailWords]:
    return _EMAIL_WORDS.validate_python(content["email"])


def text_words(content: Content) -> dict[Language, str]:
    return {Language(language): words for language, words in (content.get("sms") or {}).items()}


def letter_words(content: Content) -> dict[Language, LetterWords]:
    return _LETTER_WORDS.validate_python(content.get("letter") or {})


def all_words(content: Content) -> Iterator[tuple[str, str]]:
    """Every text that somebody will read, with its place (`letter.cy.heading`), in order."""
    for channel in channels(content):
        written = content[channel.value]
        for language in (each.value for each in Language if each in written):
            place, words = f"{channel.value}.{language}", written[language]
            if isinstance(words, str):
                yield place, words
            else:
                yield from ((f"{place}.{part}", text) for part, text in words.items())


def audience_rule(content: Content) -> AudienceRule:
    return Audience.model_validate(content["audience"]).rule()


def _template(seen: TemplateSeen | None) -> dict[str, Any] | None:
    return {"id": str(seen.template_id), "version": seen.version} if seen else None
