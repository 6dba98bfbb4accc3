"""The versions of an update: who wrote and submitted them, what was decided, and what changed since."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import col, func, select

from service.database import Transaction
from service.errors import NotFound
from service.updates.approval import Decision
from service.updates.differences import Differences, differences
from service.updates.drafting import current_version
from service.updates.tables import Approval, Submission, Update, UpdateVersion


class NoSuchVersion(NotFound):
    """The update has no version of this number."""

    code = "no-such-version"


@dataclass(frozen=True)
class Submitted:
    by: str
    at: datetime


@dataclass(frozen=True)
class Decided:
    decision: Decision
    by: str
    at: datetime
    comment: str | None


@dataclass(frozen=True)
class VersionSeen:
    """One version, without its words."""

    version: int
    content_sha256: str
    edited_by: str
    edited_at: datetime
    submitted: tuple[Submitted, ...]
    """Oldest first: what was sent back may be submitted as it is."""
    decided: tuple[Decided, ...]
    """Oldest first."""


@dataclass(frozen=True)
class Changed:
    """What changed since the version `since`."""

    since: int
    differences: Differences


async def versions(tx: Transaction, update: Update) -> list[VersionSeen]:
    """All versions of it, newest first. Three queries, however many there are."""
    submissions = await tx.exec(
        select(Submission).where(Submission.update_id == update.id).order_by(col(Submission.submitted_at))
    )
    submitted: dict[int, list[Submitted]] = {}
    for submission in submissions:
        seen = Submitted(submission.submitted_by, submission.submitted_at)
        submitted.setdefault(submission.version, []).append(seen)
    approvals = await tx.exec(
        select(Approval).where(Approval.update_id == update.id).order_by(col(Approval.decided_at))
    )
    decided: dict[int, list[Decided]] = {}
    for made in approvals:
        decision = Decided(Decision(made.decision), made.decided_by, made.decided_at, made.comment)
        decided.setdefault(made.version, []).append(decision)
    rows = await tx.exec(
        select(
            UpdateVersion.version,
            UpdateVersion.content_sha256,
            UpdateVersion.edited_by,
            UpdateVersion.edited_at,
        )
        .where(UpdateVersion.update_id == update.id)
        .order_by(col(UpdateVersion.version).desc())
    )
    return [
        VersionSeen(number, sha256, by, at, tuple(submitted.get(number, ())), tuple(decided.get(number, ())))
        for number, sha256, by, at in rows
    ]


async def version_of(tx: Transaction, update: Update, number: int) -> UpdateVersion:
    """One version with its words. Raises `NoSuchVersion`."""
    found = await tx.exec(
        select(UpdateVersion).where(UpdateVersion.update_id == update.id, UpdateVersion.version == number)
    )
    version = found.one_or_none()
    if version is None:
        raise NoSuchVersion
    return version


async def changed_since(tx: Transaction, update: Update, since: int | None = None) -> Changed | None:
    """What changed since the version `since`, or since the last one that somebody else has looked at.

    That is the last one that was approved or sent back; where none was, the last one before this that was
    submitted. None where there is no such version. Raises `NoSuchVersion`.
    """
    number = since or await _looked_at(tx, update)
    if number is None:
        return None
    before = await version_of(tx, update, number)
    now = await current_version(tx, update)
    return Changed(number, differences(before.content, now.content))


async def _looked_at(tx: Transaction, update: Update) -> int | None:
    decided = await tx.scalar(select(func.max(Approval.version)).where(Approval.update_id == update.id))
    if decided is not None:
        return int(decided)
    submitted = await tx.scalar(
        select(func.max(Submission.version)).where(
            Submission.update_id == update.id, Submission.version < update.version
        )
    )
    return int(submitted) if submitted is not None else None
