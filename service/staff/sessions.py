"""Sessions of staff (security.md, Staff): fifteen minutes idle, eight hours in all, ended at once.

The cookie holds the only key. The row is named by a hash of it, and what the issuer said of the person
beyond their roles (a name, an address) is encrypted under it.
"""

import json
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from service.crypto.browser_secret import BrowserSecret
from service.database import Transaction
from service.staff.principal import Staff, Subject
from service.staff.roles import Role
from service.staff.sign_in import Attempt, SignInFailed
from service.staff.tables import HeldForm, StaffSession, UsedSignIn

IDLE: Final = timedelta(minutes=15)
IN_ALL: Final = timedelta(hours=8)
KNOWN_FOR: Final = timedelta(hours=24)
"""How long an ended session's row says whose it was: a form that was sent too late is theirs still."""
TOUCHED_EVERY: Final = timedelta(minutes=1)
PURPOSE: Final = "staff-session"


async def start(
    tx: Transaction, staff: Staff, *, instead_of: BrowserSecret | None, now: datetime
) -> BrowserSecret:
    """A new session, in place of the browser's earlier one: ids change at every sign-in."""
    secret = BrowserSecret.new()
    if instead_of is not None:
        await end(tx, instead_of)
    await tx.execute(delete(StaffSession).where(col(StaffSession.started_at) < now - KNOWN_FOR))
    known = json.dumps({"email": staff.email, "name": staff.name}).encode()
    tx.add(
        StaffSession(
            id_hash=secret.row(PURPOSE),
            subject=staff.subject,
            roles=sorted(staff.roles),
            encrypted=secret.encrypt(PURPOSE, known),
            auth_time=staff.auth_time,
            started_at=now,
            seen_at=now,
        )
    )
    await tx.flush()
    return secret


async def find(tx: Transaction, secret: BrowserSecret, *, touch: bool, now: datetime) -> Staff | None:
    """Whose session it is; None where it has ended. `touch`: whether this keeps it from going idle."""
    row = await _row(tx, secret)
    if row is None or now - row.seen_at > IDLE or now - row.started_at > IN_ALL:
        return None
    known = secret.decrypt(PURPOSE, row.encrypted)
    if known is None:
        return None
    if touch and now - row.seen_at > TOUCHED_EVERY:
        row.seen_at = now
        tx.add(row)
    said = json.loads(known)
    return Staff(
        subject=Subject(row.subject),
        roles=frozenset(role for role in Role if role.value in row.roles),
        auth_time=row.auth_time,
        email=said["email"],
        name=said["name"],
    )


async def former(tx: Transaction, secret: BrowserSecret) -> Subject | None:
    """Whose session it was, within the last day; None where it was nobody's, or they signed out."""
    row = await _row(tx, secret)
    return Subject(row.subject) if row is not None else None


async def end(tx: Transaction, secret: BrowserSecret) -> None:
    """Sign out, at once."""
    await tx.execute(delete(StaffSession).where(col(StaffSession.id_hash) == secret.row(PURPOSE)))


async def use_once(tx: Transaction, attempt: Attempt, *, now: datetime) -> None:
    """Write down that a sign-in was used. Raises `SignInFailed` where it was used before."""
    await tx.execute(delete(UsedSignIn).where(col(UsedSignIn.used_at) < now - KNOWN_FOR))
    done = await tx.execute(
        insert(UsedSignIn)
        .values(state_hash=attempt.secret.row("sign-in"), used_at=now)
        .on_conflict_do_nothing()
        .returning(col(UsedSignIn.state_hash))
    )
    if done.first() is None:
        raise SignInFailed


async def hold_form(
    tx: Transaction, subject: Subject, path: str, body: bytes, *, now: datetime
) -> BrowserSecret:
    """Keep a form that could not be taken yet, until its sender has signed in again. Its only key."""
    secret = BrowserSecret.new()
    await tx.execute(delete(HeldForm).where(col(HeldForm.expires_at) <= now))
    kept = json.dumps({"path": path, "body": body.decode("latin-1")}).encode()
    tx.add(
        HeldForm(
            id_hash=secret.row("held-form"),
            subject=subject,
            encrypted=secret.encrypt("held-form", kept),
            expires_at=now + IN_ALL,
        )
    )
    await tx.flush()
    return secret


async def held_form(
    tx: Transaction, secret: BrowserSecret, subject: Subject, *, now: datetime
) -> tuple[str, bytes] | None:
    """Path and body of the form that is held for this browser and this person."""
    row = (
        await tx.exec(
            select(HeldForm).where(
                HeldForm.id_hash == secret.row("held-form"),
                HeldForm.subject == subject,
                HeldForm.expires_at > now,
            )
        )
    ).one_or_none()
    kept = secret.decrypt("held-form", row.encrypted) if row is not None else None
    if kept is None:
        return None
    said = json.loads(kept)
    return said["path"], said["body"].encode("latin-1")


async def _row(tx: Transaction, secret: BrowserSecret) -> StaffSession | None:
    found = await tx.exec(select(StaffSession).where(StaffSession.id_hash == secret.row(PURPOSE)))
    return found.one_or_none()
