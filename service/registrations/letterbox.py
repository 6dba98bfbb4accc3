"""The letterbox: what a person typed is sealed and dropped in, whoever they are.

The process that does this cannot open it, cannot read a person's row, and cannot learn whether an
address is known (promise 3). Everything that depends on that happens in `workers.intake`.
"""

from datetime import datetime

from pydantic import BaseModel
from sqlmodel import insert
from uuid6 import uuid7

from service.crypto.canonical import canonical_json
from service.crypto.sealing import seal
from service.database import Transaction
from service.errors import Conflict, Invalid, Unavailable
from service.registrations.asks import InboxAsk, LinkAsk, ReplacementAsk
from service.registrations.form import RegistrationForm
from service.registrations.places import intake_place
from service.registrations.tables import Intake
from service.schemes.reading import SchemeView


class SchemeClosed(Conflict):
    """The scheme takes no more registrations."""

    code = "scheme-closed"


async def drop(tx: Transaction, scheme: SchemeView, form: RegistrationForm, *, now: datetime) -> None:
    """Seal `form` to the scheme's key and insert one row.

    Raises `SchemeClosed` with the date, `Invalid` for a topic that the scheme does not have.
    """
    if not scheme.open:
        raise SchemeClosed(f"The scheme closed on {scheme.closed_on:%-d %B %Y}.")
    known = {topic.code for topic in scheme.topics}
    wrong = {
        f"topics.{position}": "It is not one of the scheme's topics"
        for position, code in enumerate(form.topics)
        if code not in known
    }
    if wrong:
        raise Invalid(wrong)
    await _put(tx, scheme, form, now=now)


async def drop_ask(
    tx: Transaction, scheme: SchemeView, ask: LinkAsk | ReplacementAsk | InboxAsk, *, now: datetime
) -> None:
    """The same for what somebody asks about a registration; also where the scheme has closed."""
    await _put(tx, scheme, ask, now=now)


async def _put(tx: Transaction, scheme: SchemeView, said: BaseModel, *, now: datetime) -> None:
    if scheme.sealing_key is None:
        raise Unavailable
    row = uuid7()
    sealed = seal(
        canonical_json(said.model_dump(mode="json")),
        key=scheme.sealing_key,
        place=intake_place(row),
    )
    await tx.exec(insert(Intake).values(id=row, scheme_id=scheme.id, sealed=sealed, received_at=now))
