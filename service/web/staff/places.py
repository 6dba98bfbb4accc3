"""The places of an update's words (`email.en.body`): the inputs that they are typed into, and their names."""

from collections.abc import Mapping
from typing import Final

from service.web.staff.naming import place

TEXTS: Final[Mapping[str, str]] = {
    where.replace(".", "-"): where
    for where in (
        "title",
        "email.en.subject",
        "email.en.body",
        "email.cy.subject",
        "email.cy.body",
        "sms.en",
        "sms.cy",
        "letter.en.heading",
        "letter.en.body",
        "letter.cy.heading",
        "letter.cy.body",
    )
}
"""The input of each text, and its place."""

INPUTS: Final[Mapping[str, str]] = {
    "title": "title",
    "email": "email-en-subject",
    "email.en": "email-en-subject",
    "email.cy": "email-cy-subject",
    "sms": "sms-en",
    "letter": "letter-en-heading",
    "letter.en": "letter-en-heading",
    "letter.cy": "letter-cy-heading",
    "audience": "who",
    "audience.kinds": "kinds",
    "audience.topics": "topics",
    "audience.languages": "languages",
    "audience.en": "languages",
    "audience.cy": "languages",
    "audience.registrations": "numbers",
    "audience.reached_by": "who",
    "audience.imported_in": "who",
    "send_at": "send-at-day",
    "on_word": "when",
    "reply_to": "reply-to",
    "publish": "publish",
    **{where: name for name, where in TEXTS.items()},
}

NAMES: Final[Mapping[str, str]] = {
    "send_at": "When it leaves",
    "on_word": "When it leaves",
    "reply_to": "Where answers go",
    "publish": "The archive",
}
"""What is no place of words."""


def input_of(where: str) -> str:
    """The input to go to for a place; one that is part of another (`audience.topics.0`) for the other."""
    return INPUTS[_known(where)]


def named(where: str) -> str:
    """As people say it: `Email in Welsh: text, line 3`."""
    return NAMES.get(where) or place(where)


def _known(where: str) -> str:
    found = where.partition(", ")[0]
    while found and found not in INPUTS:
        found = found.rpartition(".")[0]
    return found or "title"
