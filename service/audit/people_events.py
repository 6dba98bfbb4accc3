"""What is recorded of one person's registration: who looked, who saw whom, what was done for them."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from service.audit.events import Event


@dataclass(frozen=True, kw_only=True)
class PeopleSearched(Event):
    """How it was looked for, and how many were found: never what."""

    act: ClassVar[str] = "people-searched"
    scheme: UUID
    kind: str
    count: int


@dataclass(frozen=True, kw_only=True)
class DetailsRevealed(Event):
    """One person's details are about to be opened for the actor alone. Its reference is with the reveal."""

    act: ClassVar[str] = "details-revealed"
    registration: UUID
    reveal: UUID
    purpose: str


@dataclass(frozen=True, kw_only=True)
class RegistrationAssisted(Event):
    """Somebody asked to be registered. What became of it, the workers say to the actor alone."""

    act: ClassVar[str] = "registration-assisted"
    scheme: UUID
    given_by: str
    write_again: bool


@dataclass(frozen=True, kw_only=True)
class RegistrationClosed(Event):
    act: ClassVar[str] = "registration-closed"
    registration: UUID
    why: str
    given_by: str


@dataclass(frozen=True, kw_only=True)
class RegistrationCorrected(Event):
    act: ClassVar[str] = "registration-corrected"
    registration: UUID
    given_by: str
    address: bool
    """Whether there was another address, which its own holder has to confirm."""
    write_again: bool


@dataclass(frozen=True, kw_only=True)
class RegistrationHandedOn(Event):
    """Somebody else was asked to take it over, as `kind`. It is theirs when they confirm."""

    act: ClassVar[str] = "registration-handed-on"
    registration: UUID
    kind: str
    given_by: str


@dataclass(frozen=True, kw_only=True)
class RegistrationErased(Event):
    act: ClassVar[str] = "registration-erased"
    registration: UUID
    given_by: str


@dataclass(frozen=True, kw_only=True)
class CallSettled(Event):
    """What came of a call to a number that somebody gave for calls."""

    act: ClassVar[str] = "call-settled"
    call: UUID
    decision: str
