"""Who is signed in, as the service sees them, and whom they want to be told while they are away."""

from datetime import date
from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Depends
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from service.errors import Invalid
from service.staff.principal import Staff
from service.staff.roles import Act
from service.telling import deputies
from service.telling.deputies import StandIn
from service.web.staff.forms import SentForm, text
from service.web.staff.pages import Errors, go_to
from service.web.staff.process import Here, StaffProcess, Who, allowed, who
from service.web.staff.reading_times import NoSuchTime, read_date
from service.web.staff.rows import row
from service.web.staff.wording import ROLES, moment

router: Final = APIRouter(include_in_schema=False)

Member = Annotated[Staff, Depends(allowed(Act.NAME_DEPUTY))]

INPUTS: Final = {"deputy": "deputy", "from": "from-day", "to": "to-day"}
"""The inputs of the page, by the field of the rule that they break."""
TYPED: Final = ("deputy", *(f"{end}-{part}" for end in ("from", "to") for part in ("day", "month", "year")))


@router.get("/me")
async def page(request: Request, here: Here, staff: Who) -> Response:
    """Who they are, and their deputy."""
    return await _page(request, here)


@router.post("/me/deputy")
async def name(request: Request, here: Here, staff: Member, form: SentForm) -> Response:
    """Have somebody told instead of them."""
    try:
        wanted = StandIn(text(form, "deputy"), _day(form, "from"), _day(form, "to"))
        async with here.transactions.begin() as tx:
            await deputies.name_deputy(tx, staff, wanted, now=here.clock.now())
    except NoSuchTime as error:
        return await _page(request, here, form=form, errors=((error.input, str(error)),))
    except Invalid as error:
        errors = tuple((INPUTS[field], rule) for field, rule in error.fields.items())
        return await _page(request, here, form=form, errors=errors)
    return go_to("/me")


@router.post("/me/deputy/end")
async def end(here: Here, staff: Member, form: SentForm) -> Response:
    """Be told oneself again."""
    async with here.transactions.begin() as tx:
        await deputies.end_deputy(tx, staff, now=here.clock.now())
    return go_to("/me")


async def _page(
    request: Request, here: StaffProcess, *, form: FormData | None = None, errors: Errors = ()
) -> Response:
    staff = who(request)
    found, others = None, []
    if staff.may(Act.NAME_DEPUTY):
        async with here.transactions.begin() as tx:
            found = await deputies.deputy_of(tx, staff)
            others = await deputies.could_stand_in(tx, staff)
    return here.pages.show(
        request,
        "me",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if errors else HTTPStatus.OK,
        errors=errors,
        rows=[
            row("Name", staff.name or "Not given by the sign-in service"),
            row("Known here as", staff.subject),
            row("Roles", ", ".join(ROLES[role] for role in ROLES if role in staff.roles) or "None"),
            row("Address", staff.email or "Not given by the sign-in service: nothing can be sent to you"),
            row("Signed in", f"On {moment(staff.auth_time)}" if staff.auth_time else "It is not known when"),
        ],
        may_name=staff.may(Act.NAME_DEPUTY),
        deputy=f"{found.deputy}, from {_said(found.first_day)} to {_said(found.last_day)}" if found else None,
        others=others,
        said={name: text(form, name) if form is not None else "" for name in TYPED},
    )


def _day(form: FormData, end: str) -> date:
    parts = (text(form, f"{end}-{part}") for part in ("day", "month", "year"))
    return read_date(*parts, field=end)


def _said(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
