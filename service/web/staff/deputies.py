"""Whom staff want to be told instead of them, over the staff JSON API."""

from datetime import date
from typing import Annotated, Any, Final, Self

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from service.staff.principal import Staff
from service.staff.roles import Act
from service.telling import deputies
from service.telling.deputies import StandIn
from service.web.problem_schema import documented
from service.web.staff.process import Here, allowed

router: Final = APIRouter(tags=["staff"])

Member = Annotated[Staff, Depends(allowed(Act.NAME_DEPUTY))]


class DeputyForm(BaseModel):
    """Who, and from which day to which, both included; nobody where `deputy` is null."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    deputy: Annotated[str, Field(min_length=1, max_length=255, pattern="^[^\0]*$")] | None
    first_day: Annotated[date | None, Field(alias="from")] = None
    last_day: Annotated[date | None, Field(alias="to")] = None

    @model_validator(mode="after")
    def _has_its_days(self) -> Self:
        if self.deputy is not None and (self.first_day is None or self.last_day is None):
            raise PydanticCustomError("no_days", "It has to say from which day to which")
        return self

    @property
    def stand_in(self) -> StandIn | None:
        if self.deputy is None or self.first_day is None or self.last_day is None:
            return None
        return StandIn(self.deputy, self.first_day, self.last_day)


@router.get("/v1/me/deputy", responses=documented(401, 403))
async def show(here: Here, staff: Member) -> dict[str, Any]:
    """Who is told instead of you; `deputy` is null where nobody is."""
    async with here.transactions.begin() as tx:
        return _shown(await deputies.deputy_of(tx, staff))


@router.put("/v1/me/deputy", responses=documented(401, 403, 422))
async def name(form: DeputyForm, here: Here, staff: Member) -> dict[str, Any]:
    """Have somebody of a role of yours told instead of you, or nobody any more."""
    wanted = form.stand_in
    async with here.transactions.begin() as tx:
        if wanted is None:
            await deputies.end_deputy(tx, staff, now=here.clock.now())
        else:
            await deputies.name_deputy(tx, staff, wanted, now=here.clock.now())
    return _shown(wanted)


def _shown(found: StandIn | None) -> dict[str, Any]:
    if found is None:
        return {"deputy": None}
    return {
        "deputy": found.deputy,
        "from": found.first_day.isoformat(),
        "to": found.last_day.isoformat(),
    }
