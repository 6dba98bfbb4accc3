"""The outgoing guard: the last reader of every message (promise 2).

A mailer that sent one message a person still leaked 7,617 addresses in 2016, because its text was built
wrongly. So what is about to leave is read as it is, after rendering: an address or number that is
neither the recipient's own nor on the scheme's public list stops it, and its update.
"""

from dataclasses import dataclass
from typing import assert_never

from service.notify.addresses import PhoneNumber
from service.notify.details import Details, find_details
from service.notify.gateway import EmailMessage, LetterMessage, Message, TextMessage


@dataclass(frozen=True, slots=True)
class Allowed:
    """What a message of one scheme may name besides its recipient, in index form."""

    emails: frozenset[str]
    phones: frozenset[str]

    @property
    def telephone(self) -> str | None:
        """Where people ring the scheme, as it is written; None where its public list has no number."""
        return PhoneNumber(min(self.phones)).as_written if self.phones else None


@dataclass(frozen=True, slots=True)
class Stopped:
    """How many addresses and numbers the guard found that are not the recipient's. Never which."""

    emails: int
    phones: int


def read(message: Message, allowed: Allowed) -> Stopped | None:
    """None where `message` may leave."""
    text = _words(message)
    for link in message.own_links:
        # By value: only the very links that were made for this person, wherever they stand.
        text = text.replace(link, "")
    own = _own(message)
    found = find_details(text).without(allowed.emails | own.emails, allowed.phones | own.phones)
    return Stopped(len(found.emails), len(found.phones)) if found else None


def _words(message: Message) -> str:
    """Everything that its reader sees. A letter's address is the recipient's own, and is not read."""
    match message:
        case EmailMessage():
            return f"{message.subject}\n{message.body}"
        case TextMessage():
            return message.body
        case LetterMessage():
            return f"{message.heading}\n{message.body}"
        case _:
            assert_never(message)


def _own(message: Message) -> Details:
    """What names the recipient and nobody else."""
    match message:
        case EmailMessage():
            return Details(message.own_details | {message.recipient.index_form}, message.own_details)
        case TextMessage():
            return Details(frozenset(), frozenset({message.recipient.e164}))
        case LetterMessage():
            own = find_details(message.recipient.text)
            return Details(own.emails | message.own_details, own.phones | message.own_details)
        case _:
            assert_never(message)
