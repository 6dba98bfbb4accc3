"""The places of an update's words (`email.en.body`): the inputs that they are typed into, and their names."""

from collections.abc import Mapping
from typing import Final

TEXTS: Final[Mapping[str, str]] = {
    place.replace(".", "-"): place
    for place in (
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
    "send_at": "send-at-day",
    "on_word": "when",
    "reply_to": "reply-to",
    "publish": "publish",
    **{place: name for name, place in TEXTS.items()},
}

NAMES: Final[Mapping[str, str]] = {
    "title": "Title",
    "email": "Email",
    "email.en": "Email in English",
    "email.cy": "Email in Welsh",
    "email.en.subject": "Subject of the email in English",
    "email.en.body": "Email in English",
    "email.cy.subject": "Subject of the email in Welsh",
    "email.cy.body": "Email in Welsh",
    "sms": "Text message",
    "sms.en": "Text message in English",
    "sms.cy": "Text message in Welsh",
    "letter": "Letter",
    "letter.en": "Letter in English",
    "letter.cy": "Letter in Welsh",
    "letter.en.heading": "Heading of the letter in English",
    "letter.en.body": "Letter in English",
    "letter.cy.heading": "Heading of the letter in Welsh",
    "letter.cy.body": "Letter in Welsh",
    "audience": "Who it is for",
    "audience.kinds": "Who it is for: kinds",
    "audience.topics": "Who it is for: topics",
    "audience.languages": "Who it is for: languages",
    "audience.en": "People who chose English",
    "audience.cy": "People who chose Welsh",
    "audience.registrations": "Who it is for: the list",
    "audience.reached_by": "Who it is for",
    "send_at": "When it leaves",
    "on_word": "When it leaves",
    "reply_to": "Where answers go",
    "publish": "The archive",
}


def input_of(where: str) -> str:
    """The input to go to for a place; one that is part of another (`audience.topics.0`) for the other."""
    return INPUTS[_known(where)]


def named(where: str) -> str:
    """`email.en.body, line 3` → `Email in English, line 3`."""
    place, comma, line = where.partition(", ")
    return NAMES[_known(place)] + comma + line


def _known(where: str) -> str:
    place = where.partition(", ")[0]
    while place and place not in INPUTS:
        place = place.rpartition(".")[0]
    return place or "title"
