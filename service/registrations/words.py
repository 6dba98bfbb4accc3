"""The words that describe a registration; contract.md, Public JSON API."""

from enum import StrEnum
from typing import NewType
from uuid import UUID

RegistrationId = NewType("RegistrationId", UUID)
ContactId = NewType("ContactId", UUID)


class Kind(StrEnum):
    """Who registers."""

    INDIVIDUAL = "individual"
    ORGANISATION = "organisation"
    REPRESENTATIVE = "representative"


class Relationship(StrEnum):
    """What ties a representative to the person."""

    FAMILY = "family"
    ESTATE = "estate"
    LEGAL = "legal"
    HELPER = "helper"


class Language(StrEnum):
    """The language that a person chose."""

    ENGLISH = "en"
    WELSH = "cy"


class ContactBy(StrEnum):
    """How a person asks to be told, in their own order."""

    EMAIL = "email"
    SMS = "sms"
    LETTER = "letter"
    PHONE = "phone"


class Channel(StrEnum):
    """What a contact is an address for. Calls are made by people, and are no channel of Notify's."""

    EMAIL = "email"
    SMS = "sms"
    LETTER = "letter"
    PHONE = "phone"


class Format(StrEnum):
    """A format that somebody needs (Equality Act 2010, s.20)."""

    LARGE_PRINT = "large-print"
    BRAILLE = "braille"
    AUDIO = "audio"
    BSL = "bsl"
    EASY_READ = "easy-read"
    TEXT_RELAY = "text-relay"


class GivenBy(StrEnum):
    """How somebody told a caseworker what they want, who could not, or would not, do it themselves."""

    PHONE = "phone"
    LETTER = "letter"
    IN_PERSON = "in-person"


class Purpose(StrEnum):
    """What one message to one contact is for."""

    CONFIRM = "confirm"
    """Is this address yours? Its link, or its code, confirms the contact."""
    CHANGE = "change"
    """Somebody registered this known address again. Its link applies the change, or not."""
    MANAGE = "manage"
    """A link to see and change one's choices, which works many times."""
    COPY = "copy"
    """A copy of what is held. No link."""
    MOVED = "moved"
    """To an address that another took the place of. No link."""


class Choice(StrEnum):
    """What the holder of a known address says about a registration that named it."""

    MINE = "mine"
    """This is me: change my choices."""
    ANOTHER = "another"
    """Another person who shares this address."""
    NOT_ME = "not-me"
