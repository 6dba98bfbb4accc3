"""Findings before submission: what in an update's words a person should look at.

A finding that blocks stops the submission: any email address or telephone number that is not on the
scheme's public list, disguised ones included, and words for a channel that this service cannot send by.
A finding never repeats what it found.
"""

from dataclasses import asdict, dataclass
from typing import Any

from service.errors import Conflict
from service.notify.details import REDACTED, find_details, redact
from service.registrations.words import Channel
from service.schemes.reading import PublicList
from service.updates.body import EmailWords, LetterWords, UpdateBody
from service.updates.content import Content, all_words, templates


@dataclass(frozen=True)
class Finding:
    """Something in the words of an update."""

    code: str
    where: str
    """`email.en.body`, and the line in it."""
    message: str
    blocks: bool

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


class Blocked(Conflict):
    """Findings block this update. Change its words, or have the scheme's public list changed."""

    code = "findings"

    def __init__(self, findings: list[Finding]) -> None:
        super().__init__()
        self.findings = findings


def without_details(body: UpdateBody, allowed: PublicList) -> UpdateBody:
    """`body` as it may be kept: what would block it is blacked out, and blocks it still.

    Drafts are kept in the clear, each version for ever. An address that must not be sent must not lie
    there either (promise 7).
    """

    def redacted(text: str) -> str:
        return redact(text, emails=allowed.emails, phones=allowed.phones)

    email = {
        language: EmailWords.model_construct(subject=redacted(written.subject), body=redacted(written.body))
        for language, written in body.email.items()
    }
    letter = {
        language: LetterWords.model_construct(heading=redacted(written.heading), body=redacted(written.body))
        for language, written in (body.letter or {}).items()
    }
    sms = {language: redacted(written) for language, written in (body.sms or {}).items()}
    return body.model_copy(
        update={"title": redacted(body.title), "email": email, "sms": sms or None, "letter": letter or None}
    )


def check(content: Content, allowed: PublicList) -> list[Finding]:
    """Every finding in the words of `content`, in order."""
    found = [_not_offered(channel) for channel, template in templates(content).items() if template is None]
    for where, text in all_words(content):
        lines = [
            number
            for number, line in enumerate(text.splitlines(), start=1)
            if REDACTED in line or find_details(line).without(allowed.emails, allowed.phones)
        ]
        if not lines and find_details(text).without(allowed.emails, allowed.phones):
            lines = [1]  # One that is broken over two lines.
        found += [_off_the_list(f"{where}, line {number}") for number in lines]
    return found


def _not_offered(channel: Channel) -> Finding:
    return Finding(
        code="channel-not-offered",
        where=channel.value,
        message=(
            "Nobody can be told this way: there is no template of Notify's for it "
            f"(KEPT_NOTIFY_{channel.name}_TEMPLATE_ID). Leave these words out, or ask an operator for one "
            "and save the update again."
        ),
        blocks=True,
    )


def _off_the_list(where: str) -> Finding:
    return Finding(
        code="detail-off-public-list",
        where=where,
        message=(
            "An email address or telephone number here is not on the scheme's public list. "
            "It is not kept: have it put on the list and type it again, or leave it out."
        ),
        blocks=True,
    )
