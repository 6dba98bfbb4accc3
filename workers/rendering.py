"""From a sealed contact and approved words to one message for one person."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, assert_never
from uuid import UUID

from service.deliveries.claiming import Claimed, Person
from service.notify.addresses import EmailAddress, PhoneNumber, PostalAddress
from service.notify.gateway import EmailMessage, LetterMessage, Message, TextMessage
from service.notify.guard import Allowed
from service.registrations.places import contact_place
from service.registrations.words import Channel, Language
from service.updates.body import EmailWords, LetterWords
from service.updates.wording import BETWEEN_LANGUAGES, leaving_a_letter, leaving_words, text_message
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


def open_email(keys: Keyring, sealed: bytes, contact: UUID) -> EmailAddress:
    """Open one address. Raises `CannotOpen`."""
    return EmailAddress.stored(_open(keys, sealed, contact))


def open_recipient(keys: Keyring, channel: Channel, sealed: bytes, contact: UUID) -> Recipient:
    """Open one contact. Raises `CannotOpen`."""
    match channel:
        case Channel.EMAIL:
            return open_email(keys, sealed, contact)
        case Channel.SMS | Channel.PHONE:
            return PhoneNumber(_open(keys, sealed, contact))
        case Channel.LETTER:
            return PostalAddress.stored(_open(keys, sealed, contact))
        case _:
            assert_never(channel)


def render(
    claimed: Claimed, recipient: Recipient, approved: Approved, keys: Keyring, public_url: str
) -> Message:
    """The message for one contact: in both languages where people who share it differ.

    Below the approved words stands how to leave, and nothing that anybody typed.
    """
    links = _links(claimed.people, keys, public_url)
    own_links = tuple(link for each in links.values() for link in each)
    match recipient:
        case EmailAddress():
            return EmailMessage(
                recipient=recipient,
                subject=" / ".join(approved.email[language].subject for language in links),
                body=BETWEEN_LANGUAGES.join(
                    f"{approved.email[language].body.rstrip()}\n\n---\n\n" + leaving_words(language, each)
                    for language, each in links.items()
                ),
                reference=claimed.reference,
                own_links=own_links,
                one_click_unsubscribe_url=own_links[0] if own_links[0].startswith(HTTPS) else None,
                reply_to_id=approved.reply_to_id,
            )
        case PhoneNumber():
            return TextMessage(recipient, text_message(approved.text, links), claimed.reference, own_links)
        case PostalAddress():
            return LetterMessage(
                recipient=recipient,
                heading=" / ".join(approved.letter[language].heading for language in links),
                body="\n\n".join(
                    f"{approved.letter[language].body.rstrip()}\n\n"
                    + leaving_a_letter(language, approved.allowed.telephone, each)
                    for language, each in links.items()
                ),
                reference=claimed.reference,
                own_links=own_links,
            )
        case _:
            assert_never(recipient)


def _open(keys: Keyring, sealed: bytes, contact: UUID) -> str:
    return keys.open(sealed, contact_place(contact)).decode()


def _links(people: Sequence[Person], keys: Keyring, public_url: str) -> Links:
    return {
        language: [_link(person, keys, public_url) for person in people if person.language is language]
        for language in Language
        if any(person.language is language for person in people)
    }


def _link(person: Person, keys: Keyring, public_url: str) -> str:
    token = keys.tokens.unsubscribe_token(person.registration, person.generation)
    return f"{public_url}/unsubscribe/{token}"
