"""The outgoing guard: the last reader of every message (promise 2).

A mailer that sent one message a person still leaked 7,617 addresses in 2016, because its text was built
wrongly. So what is about to leave is read as it is, after rendering: an address or number that is
neither the recipient's own nor on the scheme's public list stops it, and its update.
"""

from dataclasses import dataclass

from service.notify.details import find_details
from service.notify.gateway import EmailMessage


@dataclass(frozen=True, slots=True)
class Allowed:
    """What a message of one scheme may name besides its recipient, in index form."""

    emails: frozenset[str]
    phones: frozenset[str]


@dataclass(frozen=True, slots=True)
class Stopped:
    """How many addresses and numbers the guard found that are not the recipient's. Never which."""

    emails: int
    phones: int


def read(message: EmailMessage, allowed: Allowed) -> Stopped | None:
    """None where `message` may leave."""
    text = f"{message.subject}\n{message.body}"
    for link in message.own_links:
        # By value: only the very links that were made for this person, wherever they stand.
        text = text.replace(link, "")
    own = message.own_details
    found = find_details(text).without(
        allowed.emails | own | {message.recipient.index_form}, allowed.phones | own
    )
    return Stopped(len(found.emails), len(found.phones)) if found else None
