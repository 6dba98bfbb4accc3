"""Checking an update before it is submitted: what was found, what people will see, how many they are."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import TypeAdapter, ValidationError
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from service.database import Transaction
from service.doorbell import Job
from service.errors import Conflict, Invalid, TooOften, Unavailable
from service.schemes.reading import SchemeView, get_scheme
from service.staff.principal import Staff
from service.staff.roles import Act
from service.updates import drafting
from service.updates.checks import Blocked, Finding
from service.updates.content import body_of, send_time
from service.updates.drafting import OutsideHours, SendTimePassed, SomebodyElseSaved, current_version
from service.updates.reading import get_update
from service.updates.reasons import findings_of
from service.updates.states import UpdateState
from service.updates.tables import Update, UpdateVersion
from service.updates.windows import wrong_time
from service.web.staff.chosen_people import Counted, count
from service.web.staff.forms import SentForm, text
from service.web.staff.naming import STATES
from service.web.staff.pages import Errors, go_to
from service.web.staff.places import input_of, named
from service.web.staff.previewing import Seen, around, costs, seen
from service.web.staff.process import Here, StaffProcess, allowed
from service.web.staff.reading import leaves
from service.web.staff.remarks import Remark
from service.web.staff.test_sends import send_test
from service.web.staff.wording import counted
from service.web.staff.written import Written

router: Final = APIRouter(include_in_schema=False)

Submitter = Annotated[Staff, Depends(allowed(Act.SUBMIT_UPDATE))]

Tester = Annotated[Staff, Depends(allowed(Act.TEST_SEND))]

NOBODY: Final = "Nobody who can be reached is in its audience"
DONE: Final = {
    "sent": "It was sent to your own address, in each language.",
    "unclear": "GOV.UK Notify did not answer. It may still come to your own address.",
}
REASON: Final = "reason:"
"""What the names of the inputs of reasons begin with; the key of the finding follows."""
_REASONS: Final = TypeAdapter(dict[str, Remark])


@dataclass(frozen=True)
class Shown:
    """A finding as the page shows it."""

    input: str
    """The id of its reason's input, or of its own place on the page."""
    name: str
    """The name of its reason's input."""
    where: str
    words: str
    at: str
    """The input of the form to go to."""
    reason: str


@dataclass(frozen=True)
class Checked:
    """All that the page shows of an update, beside what went wrong."""

    update: Update
    version: UpdateVersion
    scheme: SchemeView
    findings: list[Finding]
    seen: list[Seen]
    people: Counted
    cost: str
    wrong_time: str | None

    @property
    def nobody(self) -> bool:
        """Whether its people can be counted, and are none."""
        return self.people.people is not None and not self.people.people.people

    @property
    def title(self) -> str:
        return str(self.version.content["title"])


@router.get("/updates/{update_id}/check")
async def check(request: Request, update_id: UUID, here: Here, staff: Submitter, done: str = "") -> Response:
    """What stands in the way of submitting, and what people will see."""
    async with here.transactions.begin() as tx:
        checked = await _checked(tx, here, staff, update_id)
    said = {finding.key: finding.reason or "" for finding in checked.findings}
    return _show(request, here, checked, said, done=DONE.get(done))


@router.post("/updates/{update_id}/submit")
async def submit(request: Request, update_id: UUID, here: Here, staff: Submitter, form: SentForm) -> Response:
    """Hand it in with its reasons, or say what stands in the way."""
    said = {name.removeprefix(REASON): text(form, name) for name in form if name.startswith(REASON)}
    try:
        reasons = _reasons(said)
        async with here.transactions.begin() as tx:
            await drafting.submit(
                tx, staff, update_id, reasons=reasons, read=_version(form), now=here.clock.now()
            )
            if (await _checked(tx, here, staff, update_id)).nobody:
                raise Invalid({"audience": NOBODY})
    except (Blocked, SendTimePassed, OutsideHours, SomebodyElseSaved, Invalid) as error:
        refusal = error
    else:
        await here.doorbell.ring(Job.PLAN)
        return go_to(f"/updates/{update_id}?done=submitted")
    async with here.transactions.begin() as tx:
        checked = await _checked(tx, here, staff, update_id)
    return _show(request, here, checked, said, errors=_errors(refusal, checked))


@router.post("/updates/{update_id}/test-send")
async def send_to_oneself(
    request: Request, update_id: UUID, here: Here, staff: Tester, form: SentForm
) -> Response:
    """Its emails as they are now, to whoever asks for them."""
    try:
        sent = await send_test(update_id, here, staff)
    except (Conflict, TooOften, Unavailable) as error:
        refusal = error
    else:
        return go_to(f"/updates/{update_id}/check?done={sent['status']}")
    async with here.transactions.begin() as tx:
        checked = await _checked(tx, here, staff, update_id)
    said = {finding.key: finding.reason or "" for finding in checked.findings}
    if isinstance(refusal, Blocked):
        return _show(request, here, checked, said, errors=_errors(refusal, checked))
    return _show(request, here, checked, said, errors=(("test-send", refusal.message),))


async def _checked(tx: Transaction, here: StaffProcess, staff: Staff, update_id: UUID) -> Checked:
    update = await get_update(tx, update_id)
    version = await current_version(tx, update)
    scheme = await get_scheme(tx, update.scheme_id)
    them, words = await around(tx, here, scheme), body_of(version.content)
    written = Written.of_content(version.content, version=version.version)
    people = await count(tx, staff, scheme, written, update_id, now=here.clock.now())
    send_at = send_time(version.content)
    return Checked(
        update=update,
        version=version,
        scheme=scheme,
        findings=await findings_of(tx, update, version),
        seen=[each for each in seen(words, them) if each.message is not None],
        people=people,
        cost=costs(people.people, words, them),
        wrong_time=wrong_time(send_at, scheme.about.hours, now=here.clock.now()) if send_at else None,
    )


def _show(
    request: Request,
    here: StaffProcess,
    checked: Checked,
    said: dict[str, str],
    *,
    errors: Errors = (),
    done: str | None = None,
) -> Response:
    shown = {finding.key: _shown(number, finding, said) for number, finding in enumerate(checked.findings)}
    in_the_way = [shown[finding.key] for finding in checked.findings if finding.blocks]
    if checked.wrong_time is not None:
        in_the_way.append(_in_the_way("send_at", f"{checked.wrong_time}. Give it another time."))
    if checked.nobody:
        in_the_way.append(_in_the_way("audience", f"{NOBODY}."))
    update = checked.update
    return here.pages.show(
        request,
        "check",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if errors else HTTPStatus.OK,
        errors=errors,
        checked=checked,
        path=f"/updates/{update.id}",
        state=None if update.state is UpdateState.DRAFT else STATES[update.state][0],
        in_the_way=in_the_way,
        to_explain=[
            shown[finding.key] for finding in checked.findings if finding.wants_reason and not finding.blocks
        ],
        to_know=[
            shown[finding.key]
            for finding in checked.findings
            if not finding.blocks and not finding.wants_reason
        ],
        counted=counted,
        leaves=leaves(checked.version.content, here),
        done=done,
    )


def _shown(number: int, finding: Finding, said: dict[str, str]) -> Shown:
    return Shown(
        input=f"finding-{number}",
        name=f"{REASON}{finding.key}",
        where=named(finding.where),
        words=finding.message,
        at=input_of(finding.where),
        reason=said.get(finding.key, ""),
    )


def _in_the_way(where: str, words: str) -> Shown:
    """What stands in the way and is no finding in its words."""
    return Shown(f"finding-{where}", "", named(where), words, input_of(where), "")


def _reasons(said: dict[str, str]) -> dict[str, str]:
    """Raises `Invalid` for one that cannot be kept."""
    try:
        return _REASONS.validate_python(said)
    except ValidationError as error:
        places = {".".join(str(part) for part in each["loc"]) for each in error.errors(include_input=False)}
        raise Invalid({f"reasons.{key}": "It may have at most 2,000 characters" for key in places}) from None


def _errors(
    error: Blocked | SendTimePassed | OutsideHours | SomebodyElseSaved | Invalid, checked: Checked
) -> Errors:
    """What went wrong, beside the finding that it is about."""
    inputs = {finding.key: f"finding-{number}" for number, finding in enumerate(checked.findings)}
    match error:
        case Blocked():
            return tuple(
                (inputs[finding.key], f"{named(finding.where)}: {finding.message}")
                for finding in checked.findings
                if finding.blocks
            )
        case Invalid():
            return tuple(_of_field(field, rule, inputs) for field, rule in error.fields.items())
        case SendTimePassed() | OutsideHours():
            return (("finding-send_at", error.message),)
        case SomebodyElseSaved():
            return (
                ("", "Somebody else has saved this update since you opened this page. Look at it again."),
            )


def _of_field(field: str, rule: str, inputs: dict[str, str]) -> tuple[str, str]:
    key = field.removeprefix("reasons.")
    if key in inputs:
        return inputs[key], f"The reason: {rule}"
    if field in ("send_at", "audience"):
        return f"finding-{field}", f"{named(field)}: {rule}"
    return "", "A reason is for something that is no longer found. Look at the findings again."


def _version(form: FormData) -> int:
    sent = text(form, "version")
    return int(sent) if sent.isascii() and sent.isdigit() and len(sent) < 10 else 0
