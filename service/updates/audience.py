"""The hash over the frozen people of an update."""

from uuid import UUID

from sqlalchemy import text

from service.database import Transaction

AUDIENCE_SHA256 = text("""
    SELECT encode(sha256(convert_to(
        '{"count":' || count(*) || ',"registrations":['
        || coalesce(string_agg('"' || registration_id || '"', ',' ORDER BY registration_id), '') || ']}',
        'UTF8')), 'hex')
    FROM audience_members WHERE update_id = :update
""")
"""SHA-256 of the canonical JSON of the sorted registration ids and their count (security.md, Staff)."""


async def audience_sha256(tx: Transaction, update_id: UUID) -> str:
    """The hash over the frozen people, computed from their rows, in lower-case hex."""
    return str(await tx.scalar(AUDIENCE_SHA256, {"update": update_id}))
