"""The certificate of an update: as JSON for programs (contract.md), and as a page for people."""

from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import HTMLResponse

from service.crypto.signing import Signed
from service.deliveries import certificate
from service.deliveries.certificate import NoCertificateYet
from service.deliveries.states import AWAITING_RECEIPT, UNSENT, DeliveryState
from service.deliveries.unreached import UNREACHED
from service.doorbell import Job
from service.registrations.words import Language
from service.schemes.reading import get_scheme
from service.staff.principal import Staff
from service.staff.roles import Act
from service.updates.content import email_words
from service.updates.drafting import current_version
from service.updates.reading import approval_of, get_update
from service.updates.states import UpdateState
from service.updates.tables import Approval
from service.web.problem_schema import documented
from service.web.staff.process import Here, StaffProcess, allowed
from service.web.staff.rows import Row, row
from service.web.staff.waiting import ring_and_wait
from service.web.staff.wording import BEFORE_THE_FIRST_MESSAGE, OUTCOMES, counted, finished, moment

router: Final = APIRouter(tags=["updates"])

Reader = Annotated[Staff, Depends(allowed(Act.READ_CERTIFICATES))]


@router.get("/v1/updates/{update_id}/certificate", responses=documented(401, 403, 404, 409, 503))
async def certify(update_id: UUID, here: Here, staff: Reader) -> dict[str, Any]:
    """What became of everybody, signed by a worker as of now."""
    return (await _made_now(here, staff, update_id)).as_json()


@router.get("/updates/{update_id}/certificate", include_in_schema=False)
async def page(request: Request, update_id: UUID, here: Here, staff: Reader) -> HTMLResponse:
    """The same, for people to read."""
    try:
        signed = await _made_now(here, staff, update_id)
    except NoCertificateYet:
        return await _not_yet(request, here, update_id)
    async with here.transactions.begin() as tx:
        update = await get_update(tx, update_id)
        version = await current_version(tx, update)
        scheme = await get_scheme(tx, update.scheme_id)
        approval = await approval_of(tx, update)
    body, subjects = signed.body, email_words(version.content)
    outcomes = {state: body["outcomes"][state.value] for state in OUTCOMES}
    unreached = sum(outcomes[state] for state in UNREACHED)
    duplicates = body["duplicates"]
    return here.pages.show(
        request,
        "certificate",
        title=version.content["title"],
        halted_why=update.halted_why,
        duplicates=duplicates,
        twice=counted(duplicates, "message was sent twice", "messages were sent twice"),
        made_at=moment(datetime.fromisoformat(body["made_at"])),
        finished=finished(outcomes[DeliveryState.ACCEPTED]) if body["final"] else None,
        awaited=[
            (f"{count:,}", OUTCOMES[state])
            for state, count in outcomes.items()
            if count and state in UNSENT | AWAITING_RECEIPT
        ],
        approved=[
            row("Scheme", scheme.name["en"]),
            *(
                row(f"Subject in {language.name.title()}", words.subject)
                for language in Language
                if (words := subjects.get(language)) is not None
            ),
            row("Messages", f"{body['planned']:,}, one to each address"),
            row("Approved", _by_whom(approval)),
        ],
        outcomes=[
            *(_counts(OUTCOMES[state], count) for state, count in outcomes.items() if count),
            _counts("All messages that were planned", body["planned"], total=True),
        ],
        unreached=counted(unreached, "address", "addresses") if unreached else "",
        set_aside=outcomes[DeliveryState.SET_ASIDE] > 0,
        json_at=f"/v1/updates/{update_id}/certificate",
        signed=[
            row("Words approved", body["content_sha256"]),
            row("People approved", body["audience_sha256"]),
            row("Root of all outcomes", body["root"]),
            row("Signature", signed.signature),
        ],
    )


async def _made_now(here: StaffProcess, staff: Staff, update_id: UUID) -> Signed:
    """A certificate as of now. Raises `NoSuchUpdate`, `NoCertificateYet`, `Unavailable`."""
    asked = here.clock.now()
    async with here.transactions.begin() as tx:
        await get_update(tx, update_id)
        await certificate.ask(tx, staff, update_id, now=asked)
    return await ring_and_wait(here, Job.CERTIFY, lambda tx: certificate.made_since(tx, update_id, asked))


async def _not_yet(request: Request, here: StaffProcess, update_id: UUID) -> HTMLResponse:
    async with here.transactions.begin() as tx:
        update = await get_update(tx, update_id)
        version = await current_version(tx, update)
    so_far = BEFORE_THE_FIRST_MESSAGE.get(update.state, "Sending has just begun.")
    if update.state is UpdateState.APPROVED and update.not_before is None:
        so_far += " The first message leaves when somebody gives the word."
    elif update.state is UpdateState.APPROVED and update.not_before is not None:
        so_far += f" The first message leaves on {moment(update.not_before)}, or soon after."
    return here.pages.show(request, "no_certificate", title=version.content["title"], so_far=so_far)


def _by_whom(approval: Approval | None) -> str:
    if approval is None:
        return "By its author: an update to one address needs no second person"
    return f"By {approval.decided_by}, on {moment(approval.decided_at)}"


def _counts(words: str, count: int, *, total: bool = False) -> list[Row]:
    weight = "govuk-!-font-weight-bold" if total else "govuk-!-font-weight-regular"
    return [
        {"text": words, "classes": weight},
        {"text": f"{count:,}", "format": "numeric", "classes": weight},
    ]
