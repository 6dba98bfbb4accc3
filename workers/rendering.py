"""From a sealed contact and approved words to one message for one person."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from service.deliveries.claiming import Claimed, Person
from service.notify.addresses import EmailAddress
from service.notify.gateway import EmailMessage
from service.notify.guard import Allowed
from service.registrations.places import contact_place
from service.registrations.words import Language
from service.updates.body import EmailWords
from service.updates.wording import BETWEEN_LANGUAGES, leaving_words
from workers.unsealing import Keyring

HTTPS: Final = "https://"


@dataclass(frozen=True)
class Approved:
    """What an update says to everyone, loaded once for a batch."""

    words: dict[Language, EmailWords]
    template_version: int
    reply_to_id: str | None
    allowed: Allowed


def open_email(keys: Keyring, sealed: bytes, contact: UUID) -> EmailAddress:
    """Open one address. Raises `CannotOpen`."""
    return EmailAddress.stored(keys.open(sealed, contact_place(contact)).decode())


def render(
    claimed: Claimed, recipient: EmailAddress, approved: Approved, keys: Keyring, public_url: str
) -> EmailMessage:
    """The message for one contact: in both languages where people who share it differ.

    Below the approved words stands each person's own unsubscribe link, and nothing that anybody typed.
    """
    languages = sorted({person.language for person in claimed.people}, key=list(Language).index)
    links = {person: _link(person, keys, public_url) for person in claimed.people}
    parts = [
        f"{approved.words[language].body.rstrip()}\n\n---\n\n"
        + leaving_words(language, [link for person, link in links.items() if person.language is language])
        for language in languages
    ]
    first = next(iter(links.values()))
    return EmailMessage(
        recipient=recipient,
        subject=" / ".join(approved.words[language].subject for language in languages),
        body=BETWEEN_LANGUAGES.join(parts),
        reference=claimed.reference,
        own_links=tuple(links.values()),
        one_click_unsubscribe_url=first if first.startswith(HTTPS) else None,
        reply_to_id=approved.reply_to_id,
    )


def _link(person: Person, keys: Keyring, public_url: str) -> str:
    token = keys.tokens.unsubscribe_token(person.registration, person.generation)
    return f"{public_url}/unsubscribe/{token}"
