"""What an approval is over: every language's words, template and version, channels, window, audience rule.

Stored as it is hashed, so that whoever has the row can compute the hash again.
"""

from typing import Any
from uuid import UUID

from pydantic import TypeAdapter

from service.crypto.canonical import canonical_sha256
from service.notify.gateway import TemplateSeen
from service.registrations.recipients import AudienceRule
from service.registrations.words import Channel, Language
from service.updates.body import Audience, EmailWords, UpdateBody

CHANNELS = (Channel.EMAIL,)
"""The channels that updates have words for."""

_EMAIL_WORDS = TypeAdapter(dict[Language, EmailWords])

Content = dict[str, Any]


def content_of(body: UpdateBody, *, scheme: UUID, template: TemplateSeen, reply_to: str | None) -> Content:
    """`body` as it is stored, hashed and approved."""
    written = body.model_dump(mode="json", exclude={"sms", "letter"})
    return {
        "scheme": str(scheme),
        "title": written["title"],
        "email": written["email"],
        "audience": {key: sorted(value) for key, value in written["audience"].items() if value is not None},
        "window": {"send_at": written["send_at"]},
        "channels": [channel.value for channel in CHANNELS],
        "template": {"id": str(template.template_id), "version": template.version},
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
        "audience": content["audience"],
        "send_at": content["window"]["send_at"],
        "reply_to": content["reply_to"],
        # Missing from what was written before there was an archive, and not published.
        "publish": content.get("publish", False),
    }


def email_words(content: Content) -> dict[Language, EmailWords]:
    return _EMAIL_WORDS.validate_python(content["email"])


def audience_rule(content: Content) -> AudienceRule:
    return Audience.model_validate(content["audience"]).rule()
