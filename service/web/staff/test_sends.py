"""Sending an update to oneself (contract.md, Staff JSON API)."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends

from service.doorbell import Job
from service.errors import Conflict, Unavailable
from service.staff.principal import Staff
from service.staff.roles import Act
from service.updates import trying_out
from service.web.problem_schema import documented
from service.web.staff import waiting
from service.web.staff.process import Here, allowed

router: Final = APIRouter(tags=["updates"])


class StoppedByGuard(Conflict):
    """An email address or telephone number in these words may not leave, also not as a test."""

    code = "guard"


class EverythingIsHeld(Conflict):
    """Nothing may be sent while everything is held, also no test."""

    code = "held"


class AddressRefused(Conflict):
    """GOV.UK Notify does not take your address. Ask whoever manages access to put it right."""

    code = "address-refused"


REFUSED: Final[dict[str, type[Conflict]]] = {
    "blocked": StoppedByGuard,
    "held": EverythingIsHeld,
    "address-refused": AddressRefused,
}


@router.post(
    "/v1/updates/{update_id}/test-sends",
    status_code=202,
    responses=documented(401, 403, 404, 409, 429, 503),
)
async def send_test(
    update_id: UUID, here: Here, staff: Annotated[Staff, Depends(allowed(Act.TEST_SEND))]
) -> dict[str, str]:
    """Send its emails to your own address, in each language, as a recipient would get them.

    `unclear`: it was handed over, and may still arrive.
    """
    async with here.transactions.begin() as tx:
        errand = await trying_out.ask_for_test(tx, staff, update_id, now=here.clock.now())
    status = str((await waiting.answer(here, Job.TEST_SENDS, errand))["status"])
    if (refused := REFUSED.get(status)) is not None:
        raise refused
    if status == "not-sent":
        raise Unavailable
    return {"status": status}
