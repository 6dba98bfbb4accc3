"""Every act that is recorded, as a type. None has a field for an address, a name or a text.

An event is appended in the act's own transaction (`service.audit.chain.append`).
"""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that somebody did. `actor` is a staff subject, or `worker:…` for the service itself."""

    act: ClassVar[str]
    actor: str


@dataclass(frozen=True, kw_only=True)
class UpdateDrafted(Event):
    act: ClassVar[str] = "update-drafted"
    update: UUID
    version: int
    content_sha256: str


@dataclass(frozen=True, kw_only=True)
class UpdateEdited(Event):
    act: ClassVar[str] = "update-edited"
    update: UUID
    version: int
    content_sha256: str


@dataclass(frozen=True, kw_only=True)
class UpdateTested(Event):
    """Its words were asked for by their own address, which is not in the record."""

    act: ClassVar[str] = "update-tested"
    update: UUID
    version: int


@dataclass(frozen=True, kw_only=True)
class RegistrantNamed(Event):
    """What somebody saved had addresses or numbers at which people are registered. It was blacked out."""

    act: ClassVar[str] = "registrant-named-in-draft"
    update: UUID
    count: int
    """Of these addresses and numbers."""


@dataclass(frozen=True, kw_only=True)
class DeputyNamed(Event):
    """Somebody is told instead of the actor what waits, on certain days."""

    act: ClassVar[str] = "deputy-named"


@dataclass(frozen=True, kw_only=True)
class DeputyEnded(Event):
    act: ClassVar[str] = "deputy-ended"


@dataclass(frozen=True, kw_only=True)
class UpdateSubmitted(Event):
    act: ClassVar[str] = "update-submitted"
    update: UUID
    version: int
    reasons_sha256: str
    """Of what was said to its findings, which the approver reads."""


@dataclass(frozen=True, kw_only=True)
class AudienceFrozen(Event):
    act: ClassVar[str] = "audience-frozen"
    update: UUID
    planned: int
    audience_sha256: str


@dataclass(frozen=True, kw_only=True)
class UpdateApproved(Event):
    act: ClassVar[str] = "update-approved"
    update: UUID
    version: int
    content_sha256: str
    audience_sha256: str
    window: str
    """`usual`, or `urgent` where the hold window was shortened; its reason is with the approval."""


@dataclass(frozen=True, kw_only=True)
class WordGiven(Event):
    """An update under embargo may leave."""

    act: ClassVar[str] = "word-given"
    update: UUID
    version: int


@dataclass(frozen=True, kw_only=True)
class UpdateReleased(Event):
    """One recipient: approved without a senior, within the author's limits."""

    act: ClassVar[str] = "update-released-to-one"
    update: UUID
    version: int


@dataclass(frozen=True, kw_only=True)
class UpdateSentBack(Event):
    act: ClassVar[str] = "update-sent-back"
    update: UUID
    version: int


@dataclass(frozen=True, kw_only=True)
class SendingBegan(Event):
    act: ClassVar[str] = "sending-began"
    update: UUID
    planned: int
    audience_sha256: str


@dataclass(frozen=True, kw_only=True)
class UpdateHalted(Event):
    act: ClassVar[str] = "update-halted"
    update: UUID
    why: str
    """A code, such as `staff` or `guard`; never what somebody typed."""


@dataclass(frozen=True, kw_only=True)
class UpdateResumed(Event):
    act: ClassVar[str] = "update-resumed"
    update: UUID


@dataclass(frozen=True, kw_only=True)
class UpdateSent(Event):
    act: ClassVar[str] = "update-sent"
    update: UUID
    planned: int


@dataclass(frozen=True, kw_only=True)
class UpdatePassedOn(Event):
    """People whose message can never arrive are told by their next channel."""

    act: ClassVar[str] = "update-passed-on"
    update: UUID
    count: int
    """New deliveries."""


@dataclass(frozen=True, kw_only=True)
class NeedMet(Event):
    act: ClassVar[str] = "need-met"
    update: UUID
    registration: UUID
    need: str


@dataclass(frozen=True, kw_only=True)
class CertificateSigned(Event):
    act: ClassVar[str] = "certificate-signed"
    update: UUID
    root: str
    final: bool


@dataclass(frozen=True, kw_only=True)
class HoldSet(Event):
    act: ClassVar[str] = "hold-set"
    hold: UUID
    scope: str


@dataclass(frozen=True, kw_only=True)
class HoldLifted(Event):
    act: ClassVar[str] = "hold-lifted"
    hold: UUID


@dataclass(frozen=True, kw_only=True)
class KeyMade(Event):
    act: ClassVar[str] = "key-made"
    purpose: str
    key_id: int


@dataclass(frozen=True, kw_only=True)
class KeyRetired(Event):
    act: ClassVar[str] = "key-retired"
    purpose: str
    key_id: int


@dataclass(frozen=True, kw_only=True)
class SchemeApplied(Event):
    act: ClassVar[str] = "scheme-applied"
    scheme: UUID
    settings_sha256: str


@dataclass(frozen=True, kw_only=True)
class PublicListProposed(Event):
    act: ClassVar[str] = "public-list-proposed"
    scheme: UUID
    change: UUID


@dataclass(frozen=True, kw_only=True)
class PublicListDecided(Event):
    act: ClassVar[str] = "public-list-decided"
    scheme: UUID
    change: UUID
    decision: str


@dataclass(frozen=True, kw_only=True)
class DuplicateFound(Event):
    act: ClassVar[str] = "duplicate-found"
    update: UUID
    delivery: UUID


@dataclass(frozen=True, kw_only=True)
class IncidentOpened(Event):
    act: ClassVar[str] = "incident-opened"
    kind: str
    count: int
    """How many at once: each has a row of its own, with what it is about."""
