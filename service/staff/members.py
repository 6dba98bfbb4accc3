"""Keeping what the issuer says of a member of staff, which the database compares what they do with."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from uuid6 import uuid7

from service.crypto.envelope import Place
from service.database import Transaction
from service.staff.principal import Staff
from service.staff.tables import StaffMember

Seal = Callable[[str, UUID], bytes]
"""Seals an address to the workers, at the row with this id."""


async def describe(tx: Transaction, staff: Staff, *, seal: Seal | None = None, now: datetime) -> None:
    """Keep the roles that they have now and, where `seal` is given and they have one, their address."""
    row: dict[str, Any] = {"roles": sorted(staff.roles), "seen_at": now}
    known = await tx.scalar(select(StaffMember.id).where(StaffMember.subject == staff.subject))
    member_id = known or uuid7()
    if seal is not None:
        row["sealed_email"] = seal(staff.email, member_id) if staff.email else None
    await tx.execute(
        insert(StaffMember)
        .values(subject=staff.subject, id=member_id, **row)
        .on_conflict_do_update(index_elements=[col(StaffMember.subject)], set_=row)
    )


def email_place(member: UUID) -> Place:
    """Where the address of the member with this id is sealed, for the workers."""
    return Place("staff_members", "sealed_email", member)
