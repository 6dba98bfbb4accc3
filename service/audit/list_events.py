"""What is recorded of lists, out and in: keys, requests, decisions, releases, files that came in."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from service.audit.events import Event


@dataclass(frozen=True, kw_only=True)
class RecipientKeyEnrolled(Event):
    act: ClassVar[str] = "recipient-key-enrolled"
    key: UUID
    fingerprint: str


@dataclass(frozen=True, kw_only=True)
class RecipientKeyConfirmed(Event):
    act: ClassVar[str] = "recipient-key-confirmed"
    key: UUID
    fingerprint: str


@dataclass(frozen=True, kw_only=True)
class RecipientKeyRevoked(Event):
    act: ClassVar[str] = "recipient-key-revoked"
    key: UUID


@dataclass(frozen=True, kw_only=True)
class ExportRequested(Event):
    act: ClassVar[str] = "export-requested"
    export: UUID
    purpose: str
    people: int
    request_sha256: str


@dataclass(frozen=True, kw_only=True)
class ExportApproved(Event):
    act: ClassVar[str] = "export-approved"
    export: UUID
    request_sha256: str


@dataclass(frozen=True, kw_only=True)
class ExportRefused(Event):
    act: ClassVar[str] = "export-refused"
    export: UUID
    why: str
    """A code of `service.exports.words.Refusal`."""


@dataclass(frozen=True, kw_only=True)
class ExportBuilt(Event):
    act: ClassVar[str] = "export-built"
    export: UUID
    rows: int
    file_sha256: str


@dataclass(frozen=True, kw_only=True)
class ExportDownloaded(Event):
    act: ClassVar[str] = "export-downloaded"
    export: UUID


@dataclass(frozen=True, kw_only=True)
class ExportReleased(Event):
    """The key of a list was handed over. `release_is_recorded` in the database looks for this very event."""

    act: ClassVar[str] = "export-released"
    export: UUID
    fingerprint: str


@dataclass(frozen=True, kw_only=True)
class ExportExpired(Event):
    """Its key is destroyed."""

    act: ClassVar[str] = "export-expired"
    export: UUID
    opened: bool
    """Whether its key had been handed over before."""


@dataclass(frozen=True, kw_only=True)
class ImportHandedIn(Event):
    act: ClassVar[str] = "import-handed-in"
    import_id: UUID
    scheme: UUID
    size: int
    """Bytes of the file."""


@dataclass(frozen=True, kw_only=True)
class ImportMatched(Event):
    act: ClassVar[str] = "import-matched"
    import_id: UUID


@dataclass(frozen=True, kw_only=True)
class ImportCommitted(Event):
    act: ClassVar[str] = "import-committed"
    import_id: UUID
    new: int
    """How many people whoever committed it was shown as new."""


@dataclass(frozen=True, kw_only=True)
class ImportGivenUp(Event):
    act: ClassVar[str] = "import-given-up"
    import_id: UUID


@dataclass(frozen=True, kw_only=True)
class ImportEnded(Event):
    """A worker ended it: refused, done, or nobody decided in time. Its file is destroyed."""

    act: ClassVar[str] = "import-ended"
    import_id: UUID
    outcome: str
    registered: int
