"""The staff JSON API for caseworkers' own keys, which lists are encrypted to (contract.md)."""

from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from service.exports import keys
from service.exports.tables import RecipientKey
from service.staff.principal import Staff
from service.staff.roles import Act
from service.web.problem_schema import documented
from service.web.staff.process import Here, allowed

router: Final = APIRouter(tags=["exports"])

Consenter = Annotated[Staff, Depends(allowed(Act.CONFIRM_KEY))]


class KeyForm(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    recipient: Annotated[str, Field(max_length=200)]


class FingerprintForm(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    fingerprint: Annotated[str, Field(max_length=100)]


@router.post("/v1/recipient-keys", status_code=201, responses=documented(401, 403, 409, 422))
async def enrol(
    form: KeyForm, here: Here, staff: Annotated[Staff, Depends(allowed(Act.ENROL_KEY))]
) -> dict[str, Any]:
    """Enrol the public half of a key of your own. Another person confirms it by its fingerprint."""
    async with here.transactions.begin() as tx:
        return _shown(await keys.enrol(tx, staff, form.recipient, now=here.clock.now()))


@router.get("/v1/recipient-keys", responses=documented(401, 403))
async def listed(here: Here, staff: Consenter) -> dict[str, Any]:
    """Every key that was not revoked, those that wait for their confirmation first."""
    async with here.transactions.begin() as tx:
        return {"keys": [_shown(each) for each in await keys.keys(tx, staff)]}


@router.post("/v1/recipient-keys/{key_id}/confirmation", responses=documented(401, 403, 404, 409, 422))
async def confirm(key_id: UUID, form: FingerprintForm, here: Here, staff: Consenter) -> dict[str, Any]:
    """Confirm somebody else's key, by the fingerprint that its holder read out to you."""
    async with here.transactions.begin() as tx:
        return _shown(await keys.confirm(tx, staff, key_id, form.fingerprint, now=here.clock.now()))


@router.post("/v1/recipient-keys/{key_id}/revocation", responses=documented(401, 403, 404))
async def revoke(key_id: UUID, here: Here, staff: Consenter) -> dict[str, Any]:
    """Revoke a key. What was asked for to it is void, and its lists cannot be opened any more."""
    async with here.transactions.begin() as tx:
        return _shown(await keys.revoke(tx, staff, key_id, now=here.clock.now()))


def _shown(key: RecipientKey) -> dict[str, Any]:
    return {
        "id": str(key.id),
        "subject": key.subject,
        "fingerprint": key.fingerprint,
        "enrolled_at": key.enrolled_at.isoformat(),
        "confirmed_by": key.confirmed_by,
        "confirmed_at": key.confirmed_at.isoformat() if key.confirmed_at else None,
        "revoked_at": key.revoked_at.isoformat() if key.revoked_at else None,
    }
