"""Findings before submission: what in an update a person should look at.

Some block: any email address, telephone number, National Insurance number or case reference that is not on
the scheme's public list, disguised ones included; words or people that are not there yet; a channel that
this service cannot send by. Some want a reason, which the approver reads: links that lead elsewhere or to a
sign-in, postcodes, hard words, a language that gets nothing. The others only say what people will see.

A finding never repeats what it found. The kinds are in `service.updates.checking`; `docs/findings.md` lists
their codes, which stay as they are.
"""

from service.registrations.words import Channel
from service.schemes.reading import PublicList
from service.updates.body import UpdateBody, UpdateDraft
from service.updates.checking.finding import Blocked, Finding
from service.updates.checking.gaps import gaps
from service.updates.checking.links import links
from service.updates.checking.personal import personal, without_numbers
from service.updates.checking.reading_age import hard_to_read
from service.updates.checking.rendering import not_rendered
from service.updates.content import Content, all_words, templates

__all__ = ["Blocked", "Finding", "check", "without_details"]


def without_details(body: UpdateBody | UpdateDraft, allowed: PublicList) -> UpdateBody | UpdateDraft:
    """`body` as it may be kept: what would block it is blacked out, and blocks it still.

    Drafts are kept in the clear, each version for ever. An address that must not be sent must not lie
    there either (promise 7).
    """

    def redacted(text: str) -> str:
        return without_numbers(text, allowed)

    email = {
        language: type(written).model_construct(
            subject=redacted(written.subject), body=redacted(written.body)
        )
        for language, written in body.email.items()
    }
    letter = {
        language: type(written).model_construct(
            heading=redacted(written.heading), body=redacted(written.body)
        )
        for language, written in (body.letter or {}).items()
    }
    sms = {language: redacted(written) for language, written in (body.sms or {}).items()}
    return body.model_copy(
        update={"title": redacted(body.title), "email": email, "sms": sms or None, "letter": letter or None}
    )


def check(content: Content, allowed: PublicList) -> list[Finding]:
    """Every finding in `content`, in order."""
    found = [_not_offered(channel) for channel, template in templates(content).items() if template is None]
    found += gaps(content)
    for where, text in [("title", content["title"]), *all_words(content)]:
        found += personal(where, text, allowed)
    for where, text in all_words(content):
        found += links(where, text, allowed)
        found += not_rendered(where, text, Channel(where.partition(".")[0]))
    return found + list(hard_to_read(content))


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
