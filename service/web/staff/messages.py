"""The messages of an update as people will see them, with what the service adds below the words."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup, escape

from service.registrations.words import Channel, Language
from service.updates.content import Content, channels
from service.updates.showing import as_html
from service.updates.wording import leaving_a_letter, leaving_words, text_message
from service.web.staff.naming import CHANNELS, LANGUAGES

LINK: Final = {Language.ENGLISH: "(a link of their own)", Language.WELSH: "(eu dolen eu hunain)"}
"""Stands for what is made for each person when the message leaves."""


@dataclass(frozen=True)
class Message:
    """One message, without anybody whom it goes to."""

    name: str
    """`email-cy`: an id on the page."""
    heading: str
    language: Language
    subject: str | None
    """An email's subject, a letter's heading; texts have none."""
    body: Markup


def messages(content: Content, *, telephone: str | None) -> list[Message]:
    """All messages of an update, in order. `telephone`: the scheme's own, which letters name.

    Words may be missing: a draft has gaps.
    """
    return [
        message(channel, language, content[channel.value][language.value], telephone)
        for channel in channels(content)
        for language in Language
        if language.value in content[channel.value]
    ]


def message(
    channel: Channel, language: Language, words: str | Mapping[str, str], telephone: str | None
) -> Message:
    """One message. `words`: those of its language; see `messages`."""
    link = LINK[language]
    subject: str | None = None
    if isinstance(words, str):
        body = _as_typed(text_message({language: words}, {language: [link]}))
    elif channel is Channel.LETTER:
        subject = words["heading"]
        body = as_html(f"{words['body'].rstrip()}\n\n{leaving_a_letter(language, telephone, [link])}")
    else:
        subject = words["subject"]
        body = as_html(f"{words['body'].rstrip()}\n\n---\n\n{leaving_words(language, [link])}")
    return Message(
        name=f"{channel.value}-{language.value}",
        heading=f"{CHANNELS[channel]} in {LANGUAGES[language]}",
        language=language,
        subject=subject,
        body=body,
    )


def _as_typed(text: str) -> Markup:
    """A text message has no formatting: its lines are as they were typed."""
    lines = Markup("<br>").join(escape(text).split("\n"))
    return Markup('<p class="govuk-body">{}</p>').format(lines)
