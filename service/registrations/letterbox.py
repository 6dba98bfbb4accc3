"""The letterbox: what a person typed is sealed and dropped in, whoever they are.

The process that does this cannot open it, cannot read a person's row, and cannot learn whether an
address is known (promise 3). Everything that depends on that happens in `workers.intake`.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, TypedDict
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid6 import uuid7

from service.crypto.canonical import canonical_json
from service.crypto.sealing import seal
from service.database import Transaction
from service.errors import Conflict, Invalid, Unavailable
from service.registrations.asks import InboxAsk, LinkAsk, ReplacementAsk
from service.registrations.form import RegistrationForm
from service.registrations.places import intake_place
from service.schemes.reading import SchemeView

# The driver's own SQL, and one statement for any number, its arrays in binary: putting the same statement
# together for each person costs more than sealing.
INSERT: Final = (
    "INSERT INTO intake (id, scheme_id, sealed, received_at) SELECT * FROM unnest("
    "%(id)b::uuid[], %(scheme_id)b::uuid[], %(sealed)b::bytea[], %(received_at)b::timestamptz[])"
)
COLUMNS: Final = ("id", "scheme_id", "sealed", "received_at")


class SchemeClosed(Conflict):
    """The scheme takes no more registrations."""

    code = "scheme-closed"


class Envelope(TypedDict):
    """A sealed form, as its row."""

    id: UUID
    scheme_id: UUID
    sealed: bytes
    received_at: datetime


def enclose(scheme: SchemeView, form: RegistrationForm, *, now: datetime) -> Envelope:
    """Seal `form` to the scheme's key.

    Raises `SchemeClosed` with the date, `Invalid` for a topic that the scheme does not have.
    """
    refuse_what_the_scheme_has_not(scheme, form)
    return _sealed(scheme, form, now=now)


def refuse_what_the_scheme_has_not(scheme: SchemeView, form: RegistrationForm) -> None:
    """Go on only if the scheme is open, and has the topics; else `SchemeClosed` or `Invalid`."""
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


def _sealed(scheme: SchemeView, said: BaseModel, *, now: datetime) -> Envelope:
    if scheme.sealing_key is None:
        raise Unavailable
    row = uuid7()
    sealed = seal(
        canonical_json(said.model_dump(mode="json")),
        key=scheme.sealing_key,
        place=intake_place(row),
    )
    return Envelope(id=row, scheme_id=scheme.id, sealed=sealed, received_at=now)


async def drop_in(connection: AsyncConnection, envelopes: Sequence[Envelope]) -> None:
    """Insert a row for each, in one statement."""
    rows = {column: [envelope[column] for envelope in envelopes] for column in COLUMNS}
    await connection.exec_driver_sql(INSERT, rows)


async def drop(tx: Transaction, scheme: SchemeView, form: RegistrationForm, *, now: datetime) -> None:
    """Seal one form and drop it in: see `enclose`."""
    await drop_in(await tx.connection(), [enclose(scheme, form, now=now)])


async def drop_ask(
    tx: Transaction, scheme: SchemeView, ask: LinkAsk | ReplacementAsk | InboxAsk, *, now: datetime
) -> None:
    """The same for what somebody asks about a registration; also where the scheme has closed."""
    await drop_in(await tx.connection(), [_sealed(scheme, ask, now=now)])
