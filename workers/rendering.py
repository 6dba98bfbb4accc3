"""From a sealed contact and approved words to one message for one person."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, assert_never
from uuid import UUID

from service.deliveries.claiming import Claimed, Person
from service.notify.addresses import EmailAddress, PhoneNumber, PostalAddress
from service.notify.gateway import EmailMessage, LetterMessage, Message, TextMessage
from service.notify.guard import Allowed
from service.registrations.places import contact_place
from service.registrations.words import Channel, Language
from service.schemes.reading import PublicList
from service.updates.body import EmailWords, LetterWords
from service.updates.content import Content, email_words, letter_words, templates, text_words
from service.updates.wording import (
    BETWEEN_LANGUAGES,
    IN_A_TEST,
    leaving_a_letter,
    leaving_words,
    text_message,
)
from workers.unsealing import Keyring

HTTPS: Final = "https://"

Recipient = EmailAddress | PhoneNumber | PostalAddress
Links = Mapping[Language, Sequence[str]]
"""The unsubscribe link of each person who is told at a contact, by their language, English first."""


@dataclass(frozen=True)
class Approved:
    """What an update says to everyone, loaded once for a batch."""

    email: dict[Language, EmailWords]
    text: dict[Language, str]
    letter: dict[Language, LetterWords]
    template_versions: dict[Channel, int]
    reply_to_id: str | None
    allowed: Allowed

    @classmethod
    def of(cls, content: Content, details: PublicList) -> "Approved":
        """What these words say, in a scheme whose public list is `details`."""
        return cls(
            email=email_words(content),
            text=text_words(content),
            letter=letter_words(content),
            template_versions={channel: seen.version for channel, seen in templates(content).items() if seen},
            reply_to_id=content["reply_to_used"],
            allowed=Allowed(details.emails, details.phones),
        )


def open_recipient(keys: Keyring, channel: Channel, sealed: bytes, contact: UUID) -> Recipient:
    """Open one contact. Raises `CannotOpen`."""
    opened = keys.open(sealed, contact_place(contact)).decode()
    match channel:
        case Channel.EMAIL:
            return EmailAddress.stored(opened)
        case Channel.SMS | Channel.PHONE:
            return PhoneNumber(opened)
        case Channel.LETTER:
            return PostalAddress.stored(opened)
        case _:
            assert_never(channel)


def render(
    claimed: Claimed, recipient: Recipient, approved: Approved, keys: Keyring, public_url: str
) -> Message:
    """The message for one contact: in both languages where people who share it differ.

    Below the approved words stands how to leave, and nothing that anybody typed.
    """
    match recipient:
        case EmailAddress():
            links = _links(claimed.people, approved.email, keys, public_url)
            return _email(claimed.reference, recipient, approved, links)
        case PhoneNumber():
            links = _links(claimed.people, approved.text, keys, public_url)
            body = text_message(approved.text, links)
            return TextMessage(recipient, body, claimed.reference, _all(links))
        case PostalAddress():
            links = _links(claimed.people, approved.letter, keys, public_url)
            return _letter(claimed.reference, recipient, approved, links)
        case _:
            assert_never(recipient)


def email_to_its_author(
    reference: str, recipient: EmailAddress, approved: Approved, language: Language, public_url: str
) -> EmailMessage:
    """What somebody who is told in `language` would get. The link below the words does nothing."""
    link = f"{public_url}/unsubscribe/{IN_A_TEST}"
    message = _email(reference, recipient, approved, {language: (link,)})
    return replace(message, subject=f"[Test] {message.subject}")


def _email(reference: str, recipient: EmailAddress, approved: Approved, links: Links) -> EmailMessage:
    parts = (
        f"{approved.email[language].body.rstrip()}\n\n---\n\n{leaving_words(language, each)}"
        for language, each in links.items()
    )
    first, *_ = own_links = _all(links)
    return EmailMessage(
        recipient=recipient,
        subject=" / ".join(approved.email[language].subject for language in links),
        body=BETWEEN_LANGUAGES.join(parts),
        reference=reference,
        own_links=own_links,
        one_click_unsubscribe_url=first if first.startswith(HTTPS) else None,
        reply_to_id=approved.reply_to_id,
    )


def _letter(reference: str, recipient: PostalAddress, approved: Approved, links: Links) -> LetterMessage:
    parts = (
        f"{approved.letter[language].body.rstrip()}\n\n"
        + leaving_a_letter(language, approved.allowed.telephone, each)
        for language, each in links.items()
    )
    return LetterMessage(
        recipient=recipient,
        heading=" / ".join(approved.letter[language].heading for language in links),
        body="\n\n".join(parts),
        reference=reference,
        own_links=_all(links),
    )


def _links(
    people: Sequence[Person], words: Mapping[Language, object], keys: Keyring, public_url: str
) -> Links:
    """Whoever has changed to a language that there are no words in is told in the other."""
    links: dict[Language, list[str]] = {language: [] for language in Language if language in words}
    for person in people:
        language = person.language if person.language in links else next(iter(links))
        links[language].append(_link(person, keys, public_url))
    return {language: each for language, each in links.items() if each}


def _all(links: Links) -> tuple[str, ...]:
    return tuple(link for each in links.values() for link in each)


def _link(person: Person, keys: Keyring, public_url: str) -> str:
    token = keys.tokens.unsubscribe_token(person.registration, person.generation)
    return f"{public_url}/unsubscribe/{token}"
