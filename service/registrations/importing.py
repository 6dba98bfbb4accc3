"""What an import may ask and say of registrations, a batch at a time. Workers only: by blind indexes."""

from collections.abc import Collection
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import Select, select, text, update
from sqlmodel import col

from service.database import Transaction
from service.registrations.states import RegistrationState
from service.registrations.tables import Registration


class Known(StrEnum):
    """What is known of an address, the weightiest first."""

    DO_NOT_CONTACT = "do-not-contact"
    REGISTERED = "registered"
    LEFT = "left"
    """Who was registered here has left, and nobody else is."""
    ASKED = "asked"
    """Somebody was asked to confirm it, and has not answered."""


# An index says its kind: a number's is the same for texts and calls, and never an address's.
KNOWN_AT: Final = text("""
    SELECT a.blind_index,
        bool_or(c.suppressed_why IS NOT DISTINCT FROM 'do-not-contact') AS never,
        bool_or(r.state = 'confirmed' AND rc.confirmed_at IS NOT NULL) AS registered,
        bool_or(r.state = 'left') AS has_left,
        bool_or(r.id IS NOT NULL) AS somebody
    FROM unnest(CAST(:indexes AS bytea[])) AS a (blind_index)
    JOIN contacts c ON c.scheme_id = :scheme AND c.blind_index = a.blind_index
        AND c.channel IN ('email', 'sms', 'phone', 'letter')
    LEFT JOIN registration_contacts rc ON rc.contact_id = c.id
    LEFT JOIN registrations r ON r.id = rc.registration_id
    GROUP BY a.blind_index
""")


async def known_at(tx: Transaction, scheme_id: UUID, indexes: Collection[bytes]) -> dict[bytes, Known]:
    """What is known at these blind indexes; nothing of those at which nobody is. One look-up for all."""
    rows = await tx.execute(KNOWN_AT, {"scheme": scheme_id, "indexes": list(indexes)})
    found: dict[bytes, Known] = {}
    for row in rows:
        known = (
            Known.DO_NOT_CONTACT
            if row.never
            else Known.REGISTERED
            if row.registered
            else Known.LEFT
            if row.has_left
            else Known.ASKED
            if row.somebody
            else None
        )
        if known is not None:
            found[bytes(row.blind_index)] = known
    return found


async def told(tx: Transaction, import_id: UUID, reached: Select[UUID]) -> int:
    """Those of an import whom their notice reached are registrations like any other; how many they are."""
    done = await tx.execute(
        update(Registration)
        .where(
            col(Registration.imported_in) == import_id,
            col(Registration.awaits_notice),
            col(Registration.id).in_(reached),
        )
        .values(awaits_notice=False)
        .returning(col(Registration.id))
    )
    return len(done.all())


async def awaiting(tx: Transaction) -> list[UUID]:
    """The imports of which somebody has not been told."""
    found = await tx.execute(
        select(col(Registration.imported_in))
        .where(col(Registration.awaits_notice), col(Registration.state) == RegistrationState.CONFIRMED)
        .group_by(col(Registration.imported_in))
    )
    return [each for (each,) in found if each is not None]
