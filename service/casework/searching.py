"""Finding a person: only the workers have the index, so that what is looked for goes to them, sealed."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Final, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from service.audit import chain
from service.audit.people_events import PeopleSearched
from service.casework.records import Record, records_of
from service.database import Transaction
from service.errands.asking import put
from service.errands.tables import ErrandKind
from service.registrations.form import Email, Phone
from service.schemes.reading import SchemeView
from service.staff.principal import Staff, require
from service.staff.roles import Act

ONE_OF: Final = ("email", "mobile", "number")


class SearchForm(BaseModel):
    """One thing to look for. `repr` shows no value."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True, str_strip_whitespace=True)

    email: Email | None = None
    mobile: Phone | None = None
    number: Annotated[str, Field(min_length=1, max_length=40, pattern="^[^\0]*$")] | None = None

    def __repr__(self) -> str:
        return "<search>"

    __str__ = __repr__

    def __repr_args__(self) -> tuple[()]:
        return ()  # Rich and other pretty printers ask for these.

    @model_validator(mode="after")
    def _one(self) -> Self:
        if sum(getattr(self, name) is not None for name in ONE_OF) != 1:
            raise PydanticCustomError("one_thing", "It has to have one of email, mobile and number")
        return self

    @property
    def by(self) -> str:
        """What is looked for: the name of a field."""
        return next(name for name in ONE_OF if getattr(self, name) is not None)


async def ask(
    tx: Transaction, staff: Staff, scheme: SchemeView, form: SearchForm, *, answer_to: str, now: datetime
) -> UUID:
    """Ask the workers who it is; the errand's id. `answer_to`: the key that the answer is sealed to.

    Raises `NotYourRole`, `TooOften` beyond sixty in an hour, `Unavailable`.
    """
    require(staff, Act.SEARCH)
    asked = {form.by: getattr(form, form.by), "answer_to": answer_to}
    return await put(tx, staff, ErrandKind.SEARCH, scheme, asked, now=now)


async def found(
    tx: Transaction,
    staff: Staff,
    scheme: SchemeView,
    form: SearchForm,
    registrations: Sequence[UUID],
    *,
    now: datetime,
) -> list[Record]:
    """The records of what the workers found, up to a hundred. It is recorded how many, and not of what."""
    records = await records_of(tx, registrations)
    event = PeopleSearched(actor=staff.subject, scheme=scheme.id, kind=form.by, count=len(records))
    await chain.append(tx, event, now=now)
    return records
