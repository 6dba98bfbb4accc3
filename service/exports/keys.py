"""Caseworkers' own keys: enrolled by their holder, confirmed by another person, replaced, revoked.

The secret half never comes here. A list is encrypted to the one key in use of whoever asked for it.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import func, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from uuid6 import uuid7

from service.audit import chain
from service.audit.list_events import RecipientKeyConfirmed, RecipientKeyEnrolled, RecipientKeyRevoked
from service.crypto.recipients import NotARecipient, fingerprint, read_recipient
from service.database import Transaction
from service.errors import Conflict, Forbidden, Invalid, NotFound
from service.exports.states import VOIDED_BY_ANOTHER_KEY, ExportState
from service.exports.tables import Export, RecipientKey
from service.exports.words import Refusal
from service.staff.members import describe
from service.staff.principal import Staff, require
from service.staff.roles import Act
from service.staff.step_up import require_fresh

HEX: Final = frozenset("0123456789abcdef")


class NoSuchKey(NotFound):
    """There is no such key, or it was revoked."""

    code = "no-such-key"


class KnownKey(Conflict):
    """This key was enrolled before. Make a new one: a key is one person's, and is enrolled once."""

    code = "known-key"


class OwnKey(Forbidden):
    """Nobody confirms their own key."""

    code = "own-key"


class OtherFingerprint(Conflict):
    """The fingerprint is not that of this key. Compare it with its holder again, and confirm nothing else."""

    code = "other-fingerprint"


class ConfirmedBefore(Conflict):
    """This key is confirmed already."""

    code = "confirmed-before"


async def enrol(tx: Transaction, staff: Staff, recipient: str, *, now: datetime) -> RecipientKey:
    """Enrol a key of one's own. It waits for another person; an earlier one that waited is revoked.

    Raises `NotYourRole`, a step-up error, `Invalid` with what is expected, `KnownKey`.
    """
    require(staff, Act.ENROL_KEY)
    require_fresh(staff, now)
    try:
        read = read_recipient(recipient)
    except NotARecipient as error:
        raise Invalid({"recipient": str(error)}) from None
    await tx.execute(
        update(RecipientKey)
        .where(
            col(RecipientKey.subject) == staff.subject,
            col(RecipientKey.confirmed_at).is_(None),
            col(RecipientKey.revoked_at).is_(None),
        )
        .values(revoked_by=staff.subject, revoked_at=now)
    )
    enrolled = insert(RecipientKey).values(
        id=uuid7(), subject=staff.subject, recipient=read, fingerprint=fingerprint(read), enrolled_at=now
    )
    # Where they send two at the same moment, one of them counts.
    made = await tx.execute(enrolled.on_conflict_do_nothing().returning(col(RecipientKey.id)))
    key_id = made.scalar_one_or_none()
    if key_id is None:
        raise KnownKey
    key = await get_key(tx, key_id)
    await chain.append(
        tx, RecipientKeyEnrolled(actor=staff.subject, key=key.id, fingerprint=key.fingerprint), now=now
    )
    return key


async def confirm(tx: Transaction, staff: Staff, key_id: UUID, typed: str, *, now: datetime) -> RecipientKey:
    """Confirm somebody else's key by the fingerprint that they read out; what they had before is revoked.

    Lists that were asked for to that earlier key are void. Raises `NotYourRole`, `NoSuchKey`, `OwnKey`, a
    step-up error, `ConfirmedBefore`, `OtherFingerprint`.
    """
    require(staff, Act.CONFIRM_KEY)
    key = await _locked(tx, key_id)
    if key.subject == staff.subject:
        raise OwnKey
    require_fresh(staff, now)
    if key.confirmed_at is not None:
        raise ConfirmedBefore
    if _digits(typed) != _digits(key.fingerprint):
        raise OtherFingerprint
    await describe(tx, staff, now=now)
    earlier = await key_in_use(tx, key.subject)
    if earlier is not None:
        await _revoke(tx, earlier, by=staff.subject, now=now)
    key.confirmed_by, key.confirmed_at = staff.subject, now
    tx.add(key)
    await tx.flush()
    await chain.append(
        tx, RecipientKeyConfirmed(actor=staff.subject, key=key.id, fingerprint=key.fingerprint), now=now
    )
    return key


async def revoke(tx: Transaction, staff: Staff, key_id: UUID, *, now: datetime) -> RecipientKey:
    """Revoke a key: one's own, or anybody's. What was asked for to it is void, its lists expire.

    Raises `NotYourRole`, `NoSuchKey`, a step-up error.
    """
    require(staff, Act.CONFIRM_KEY)
    key = await _locked(tx, key_id)
    require_fresh(staff, now)
    await _revoke(tx, key, by=staff.subject, now=now)
    await chain.append(tx, RecipientKeyRevoked(actor=staff.subject, key=key.id), now=now)
    return key


async def key_in_use(tx: Transaction, subject: str) -> RecipientKey | None:
    """The confirmed key of a member of staff."""
    found = select(RecipientKey).where(
        RecipientKey.subject == subject,
        col(RecipientKey.confirmed_at).is_not(None),
        col(RecipientKey.revoked_at).is_(None),
    )
    return (await tx.exec(found)).one_or_none()


async def get_key(tx: Transaction, key_id: UUID) -> RecipientKey:
    """The key with this id. Raises `NoSuchKey`."""
    key = (await tx.exec(select(RecipientKey).where(RecipientKey.id == key_id))).one_or_none()
    if key is None:
        raise NoSuchKey
    return key


async def keys(tx: Transaction, staff: Staff) -> Sequence[RecipientKey]:
    """Every key that was not revoked, those that wait for somebody first. Raises `NotYourRole`."""
    require(staff, Act.CONFIRM_KEY)
    found = await tx.exec(
        select(RecipientKey)
        .where(col(RecipientKey.revoked_at).is_(None))
        .order_by(col(RecipientKey.confirmed_at).is_not(None), col(RecipientKey.enrolled_at))
    )
    return found.all()


async def unconfirmed(tx: Transaction, *, besides: str) -> int:
    """How many keys wait for somebody to confirm them, without those of `besides`."""
    waiting = select(func.count()).where(
        RecipientKey.subject != besides,
        col(RecipientKey.confirmed_at).is_(None),
        col(RecipientKey.revoked_at).is_(None),
    )
    return int((await tx.exec(waiting)).one())


async def _locked(tx: Transaction, key_id: UUID) -> RecipientKey:
    found = select(RecipientKey).where(RecipientKey.id == key_id, col(RecipientKey.revoked_at).is_(None))
    key = (await tx.exec(found.with_for_update())).one_or_none()
    if key is None:
        raise NoSuchKey
    return key


async def _revoke(tx: Transaction, key: RecipientKey, *, by: str, now: datetime) -> None:
    key.revoked_by, key.revoked_at = by, now
    tx.add(key)
    await tx.flush()
    # What was downloaded to it already expires with it (`service.exports.expiring`).
    await tx.execute(
        update(Export)
        .where(col(Export.key_id) == key.id, col(Export.state).in_(VOIDED_BY_ANOTHER_KEY))
        .values(state=ExportState.REFUSED, refused_why=Refusal.KEY_CHANGED, build=None, lease_until=None)
    )


def _digits(typed: str) -> str:
    """A fingerprint however it was typed: in capitals, with spaces, without its hyphens."""
    return "".join(each for each in typed.lower() if each in HEX)
