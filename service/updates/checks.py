"""Findings before submission: what in an update's words a person should look at.

A finding that blocks stops the submission: any email address or telephone number that is not on the
scheme's public list, disguised ones included. A finding never repeats what it found.
"""

from dataclasses import asdict, dataclass
from typing import Any

from service.errors import Conflict
from service.notify.details import REDACTED, find_details, redact
from service.registrations.words import Language
from service.schemes.reading import PublicList
from service.updates.body import EmailWords, UpdateBody
from service.updates.content import Content, email_words


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

    words = {
        language: EmailWords.model_construct(subject=redacted(written.subject), body=redacted(written.body))
        for language, written in body.email.items()
    }
    return body.model_copy(update={"title": redacted(body.title), "email": words})


def check(content: Content, allowed: PublicList) -> list[Finding]:
    """Every finding in the words of `content`, in order."""
    found: list[Finding] = []
    written = email_words(content)
    for language, words in ((each, written[each]) for each in Language if each in written):
        for name, text in (("subject", words.subject), ("body", words.body)):
            where = f"email.{language.value}.{name}"
            lines = [
                number
                for number, line in enumerate(text.splitlines(), start=1)
                if REDACTED in line or find_details(line).without(allowed.emails, allowed.phones)
            ]
            if not lines and find_details(text).without(allowed.emails, allowed.phones):
                lines = [1]  # One that is broken over two lines.
            found += [_off_the_list(f"{where}, line {number}") for number in lines]
    return found


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
