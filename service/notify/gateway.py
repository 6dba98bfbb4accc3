"""What the service wants of GOV.UK Notify, and everything that Notify may answer, as values.

One message has one recipient: no type here has room for a second (promise 1).
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Final, Protocol, TypeAlias
from uuid import UUID

from service.notify.addresses import EmailAddress, PhoneNumber, PostalAddress

FINAL: Final = frozenset({"delivered", "permanent-failure", "temporary-failure", "technical-failure"})
"""The statuses that never change."""


class MessageType(StrEnum):
    """What Notify sends, in its own words. Each has a template of its own."""

    EMAIL = "email"
    SMS = "sms"
    LETTER = "letter"


@dataclass(frozen=True, slots=True)
class EmailMessage:
    """One email to one address, as it will leave. Its `repr` shows neither address nor words."""

    type: ClassVar = MessageType.EMAIL

    recipient: EmailAddress
    subject: str = field(repr=False)
    body: str = field(repr=False)
    reference: str
    """Opaque, one for each attempt. Notify does not treat it as an idempotency key."""
    own_links: tuple[str, ...] = field(default=(), repr=False)
    """Links of ours in the body, which the guard takes out by value before it reads."""
    one_click_unsubscribe_url: str | None = field(default=None, repr=False)
    reply_to_id: str | None = None
    own_details: frozenset[str] = field(default=frozenset(), repr=False)
    """The recipient's own addresses and numbers beside this one, in index form: the guard lets them pass."""
    sanitised: bool = False
    """Whether the body holds what a person typed: Notify then escapes markdown and takes links out of it."""


@dataclass(frozen=True, slots=True)
class TextMessage:
    """One text to one number, as it will leave. Its `repr` shows neither number nor words."""

    type: ClassVar = MessageType.SMS

    recipient: PhoneNumber
    body: str = field(repr=False)
    reference: str
    own_links: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class LetterMessage:
    """One letter to one postal address, as it will be printed. Its `repr` shows neither address nor words."""

    type: ClassVar = MessageType.LETTER

    recipient: PostalAddress
    heading: str = field(repr=False)
    body: str = field(repr=False)
    reference: str
    own_links: tuple[str, ...] = field(default=(), repr=False)
    own_details: frozenset[str] = field(default=frozenset(), repr=False)
    """As an email's."""


Message: TypeAlias = EmailMessage | TextMessage | LetterMessage


@dataclass(frozen=True, slots=True)
class FencedToken:
    """A token for Notify, made before its attempts were committed and never renewed for them.

    Notify refuses it 30 seconds after `made_at`, so that a process that was paused cannot post late.
    """

    text: str = field(repr=False)
    made_at: float
    """Seconds, `time.time()`: Notify compares it with its own clock."""


class Busy(StrEnum):
    """Why a message was certainly not taken, and can be offered again."""

    RATE = "rate"
    DAILY_LIMIT = "daily-limit"
    STALE_TOKEN = "stale-token"  # noqa: S105
    UNREACHABLE = "unreachable"
    STOPPED = "stopped"
    """A halt or a hold came first: we did not offer it."""


class Refusal(StrEnum):
    """Why Notify would take no message of ours like this one."""

    KEY = "key"
    TEMPLATE = "template"


@dataclass(frozen=True, slots=True)
class Accepted:
    """Notify has it: the row was committed before the 201."""

    notify_id: UUID
    template_version: int


@dataclass(frozen=True, slots=True)
class TryLater:
    """Notify certainly did not take it."""

    why: Busy


@dataclass(frozen=True, slots=True)
class AddressRefused:
    """Notify says that this address is not valid. Nothing will ever go to it."""


@dataclass(frozen=True, slots=True)
class ServiceRefused:
    """Notify refuses us, not this person: everything like it has to stop."""

    why: Refusal


@dataclass(frozen=True, slots=True)
class Unknown:
    """No answer that counts: it may have been taken. Notify has to be asked."""

    by_notify: bool
    """Whether Notify itself answered with a 500 of its own shape, which a bad payload gets for ever. A 504
    of its own says that it was slow, not that the payload is bad."""


Outcome: TypeAlias = Accepted | TryLater | AddressRefused | ServiceRefused | Unknown


@dataclass(frozen=True, slots=True)
class Found:
    """A message that Notify has. Its address and words are never read."""

    notify_id: UUID
    status: str
    reference: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class TemplateSeen:
    """A template as Notify has it now."""

    template_id: UUID
    version: int


class NotifyGateway(Protocol):
    """GOV.UK Notify. Calls block for up to 40 seconds and belong in a thread."""

    def fence(self) -> FencedToken:
        """A token for the attempts that are about to be written down."""
        ...

    @property
    def offers(self) -> frozenset[MessageType]:
        """What it has a template for. Anything else is refused as our own mistake."""
        ...

    def send(self, message: Message, token: FencedToken) -> Outcome:
        """Hand one message over. Never raises: everything that can happen is an outcome."""
        ...

    def find(self, reference: str) -> list[Found] | None:
        """What Notify has under `reference`; None where it could not be asked."""
        ...

    def look(self, notify_id: UUID) -> list[Found] | None:
        """One message, or none; None where Notify could not be asked."""
        ...

    def listed(self, older_than: UUID | None) -> list[Found] | None:
        """A page of everything that Notify has, newest first, uploads by hand included; empty at the end.

        None where it could not be asked.
        """
        ...

    def template(self, of: MessageType) -> TemplateSeen | None:
        """The template as it is now; None where Notify could not be asked, or there is none."""
        ...

    def close(self) -> None:
        """Let go of its connections."""
        ...
