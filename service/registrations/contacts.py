"""Contacts: one sealed address of one scheme and channel, found by its blind index. Workers only."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import text, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from uuid6 import uuid7

from service.crypto.sealing import SealingKey, seal
from service.database import Transaction
from service.registrations.places import contact_place
from service.registrations.reading_forms import Address, Addressed, ContactKey
from service.registrations.tables import Contact

# An index says its kind: a number's is the same for texts and calls, and never an address's.
REGISTERED_AT: Final = text("""
    SELECT DISTINCT a.scheme_id, a.blind_index
    FROM unnest(CAST(:schemes AS uuid[]), CAST(:indexes AS bytea[])) AS a (scheme_id, blind_index)
    JOIN contacts c ON c.scheme_id = a.scheme_id AND c.blind_index = a.blind_index
        AND c.channel IN ('email', 'sms', 'phone')
    WHERE EXISTS (SELECT FROM registration_contacts rc WHERE rc.contact_id = c.id)
""")


# Oldest first. A number is found whether it is for texts or for calls.
REGISTRATIONS_AT: Final = text("""
    SELECT r.id FROM registrations r
    WHERE r.scheme_id = :scheme AND r.id IN (
        SELECT rc.registration_id FROM contacts c
        JOIN registration_contacts rc ON rc.contact_id = c.id
        WHERE c.scheme_id = :scheme AND c.channel IN ('email', 'sms', 'phone', 'letter')
            AND c.blind_index = ANY (:indexes)
    )
    ORDER BY r.created_at, r.id LIMIT 100
""")


async def contacts_of(
    tx: Transaction, opened: Iterable[Addressed], *, now: datetime
) -> dict[ContactKey, Contact]:
    """Every contact that these name, made where they lack, locked in the order of their ids."""
    wanted = {each.key(address): (each.sealing_key, address) for each in opened for address in each.addresses}
    await tx.execute(
        insert(Contact).on_conflict_do_nothing(),
        [_contact_row(scheme, key, address, now) for (scheme, _, _), (key, address) in wanted.items()],
    )
    # The lock makes two workers with one address go one after the other; the order, without deadlock.
    found = await tx.exec(
        select(Contact)
        .where(
            tuple_(col(Contact.scheme_id), col(Contact.channel), col(Contact.blind_index)).in_(list(wanted))
        )
        .order_by(col(Contact.id))
        .with_for_update()
    )
    return {(row.scheme_id, row.channel.value, bytes(row.blind_index)): row for row in found}


async def registered_at(tx: Transaction, asked: Collection[tuple[UUID, bytes]]) -> set[tuple[UUID, bytes]]:
    """Those of these schemes' blind indexes at which somebody is registered, in whatever state."""
    rows = await tx.execute(
        REGISTERED_AT, {"schemes": [scheme for scheme, _ in asked], "indexes": [index for _, index in asked]}
    )
    return {(scheme, bytes(index)) for scheme, index in rows}


async def registrations_at(tx: Transaction, scheme_id: UUID, indexes: Collection[bytes]) -> list[UUID]:
    """Who of a scheme is registered at any of these, in whatever state: up to a hundred, oldest first."""
    rows = await tx.execute(REGISTRATIONS_AT, {"scheme": scheme_id, "indexes": list(indexes)})
    return list(rows.scalars())


async def lift_stops(tx: Transaction, opened: Addressed, *, now: datetime) -> None:
    """Let their holders be asked again at these addresses: they said to staff that they want it."""
    for contact in (await contacts_of(tx, [opened], now=now)).values():
        contact.suppressed_at = contact.suppressed_why = None
        tx.add(contact)
    await tx.flush()


def _contact_row(scheme_id: UUID, key: SealingKey, address: Address, now: datetime) -> dict[str, object]:
    contact_id = uuid7()
    return {
        "id": contact_id,
        "scheme_id": scheme_id,
        "channel": address.channel,
        "blind_index": address.index,
        "place_index": address.place,
        "sealed": seal(address.text.encode(), key=key, place=contact_place(contact_id)),
        "created_at": now,
        "asked_at": [],
    }
