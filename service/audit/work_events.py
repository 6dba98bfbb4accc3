"""What is recorded of work sessions: who asked, who approved, who opened whom, what came of them."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from service.audit.events import Event


@dataclass(frozen=True, kw_only=True)
class WorkRequested(Event):
    """Somebody asked to open so many people one by one."""

    act: ClassVar[str] = "work-requested"
    session: UUID
    scheme: UUID
    kind: str
    purpose: str
    people: int
    request_sha256: str


@dataclass(frozen=True, kw_only=True)
class WorkApproved(Event):
    act: ClassVar[str] = "work-approved"
    session: UUID
    people: int
    request_sha256: str


@dataclass(frozen=True, kw_only=True)
class WorkRefused(Event):
    act: ClassVar[str] = "work-refused"
    session: UUID


@dataclass(frozen=True, kw_only=True)
class WorkItemOpened(Event):
    """Their details were asked for: recorded before a worker opens them."""

    act: ClassVar[str] = "work-item-opened"
    session: UUID
    item: UUID
    registration: UUID


@dataclass(frozen=True, kw_only=True)
class WorkItemSettled(Event):
    act: ClassVar[str] = "work-item-settled"
    session: UUID
    item: UUID
    registration: UUID
    outcome: str


@dataclass(frozen=True, kw_only=True)
class WorkEnded(Event):
    act: ClassVar[str] = "work-ended"
    session: UUID
    how: str
    """`finished`, or `expired` where its seven days were over first."""
