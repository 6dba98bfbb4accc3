"""The record, for those who may read it."""

import json
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query
from sqlmodel import col, select

from service.audit.tables import AuditEvent
from service.staff.principal import Staff
from service.staff.roles import Act
from service.web.problem_schema import documented
from service.web.staff.process import Here, allowed

router: Final = APIRouter(tags=["audit"])

PAGE: Final = 500
LAST: Final = 2**63 - 1
"""The largest number that an event can have: a bigint."""


@router.get("/v1/audit", responses=documented(401, 403, 422))
async def read(
    here: Here,
    staff: Annotated[Staff, Depends(allowed(Act.AUDIT))],
    after: Annotated[int, Query(ge=0, le=LAST)] = 0,
) -> dict[str, Any]:
    """Events after number `after`, with their hashes: `next` goes on where this page ends."""
    async with here.transactions.begin() as tx:
        rows = (
            await tx.exec(
                select(AuditEvent)
                .where(col(AuditEvent.seq) > after)
                .order_by(col(AuditEvent.seq))
                .limit(PAGE)
            )
        ).all()
    return {
        "events": [
            {"seq": row.seq, "event": json.loads(row.body), "hash": bytes(row.hash).hex()} for row in rows
        ],
        "next": rows[-1].seq if rows else after,
    }
