"""Seeing one person's details: recorded before anything is opened, and no more than so many in a day."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from sqlalchemy import func, text
from sqlalchemy import select as sa_select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from uuid6 import uuid7

from service.audit import chain
from service.audit.events import IncidentOpened
from service.audit.people_events import DetailsRevealed
from service.casework.records import Record, record_of
from service.casework.tables import Reveal, RevealPurpose
from service.database import Transaction
from service.errands.asking import put
from service.errands.tables import ErrandKind
from service.errors import Conflict, TooOften
from service.holds.tables import IncidentKind
from service.observability import log
from service.schemes.reading import find_scheme
from service.staff.principal import Staff, require
from service.staff.references import Reference
from service.staff.roles import Act
from service.staff.step_up import require_fresh

A_DAY: Final = timedelta(days=1)
REPORT: Final = text("SELECT report_reveals(:who, :incident, :now)")


class ShownAlready(Conflict):
    """This form was used: it shows details once. To see them again, say anew what for."""

    code = "shown-already"


class EnoughRevealed(TooOften):
    """You have seen as many people's details as you may in a day. The data-protection officer is told."""

    code = "enough-revealed"


class RevealForm(BaseModel):
    """What for."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    purpose: RevealPurpose
    reference: Reference


async def record_reveal(
    tx: Transaction,
    staff: Staff,
    registration: UUID,
    form: RevealForm,
    *,
    reveal: UUID,
    per_day: int,
    now: datetime,
) -> Record:
    """Record that `staff` is about to see who this is. Commit it before `ask`: a worker looks for it.

    `reveal`: an id that is made for one showing. Raises `NotYourRole`, `SignInAgain`, `NoSuchRegistration`,
    `ShownAlready`, `EnoughRevealed` (then `report` it).
    """
    require(staff, Act.REVEAL)
    require_fresh(staff, now)
    record = await record_of(tx, registration)
    # One at a time: two at once would each count without the other.
    await tx.execute(sa_select(func.pg_advisory_xact_lock(func.hashtext(f"reveal/{staff.subject}"))))
    times = (
        await tx.exec(
            select(Reveal.revealed_at)
            .where(Reveal.revealed_to == staff.subject, col(Reveal.revealed_at) > now - A_DAY)
            .order_by(col(Reveal.revealed_at))
        )
    ).all()
    new = await tx.execute(
        insert(Reveal)
        .values(
            id=reveal,
            registration_id=registration,
            revealed_to=staff.subject,
            purpose=form.purpose,
            reference=form.reference,
            revealed_at=now,
        )
        .on_conflict_do_nothing()
        .returning(col(Reveal.id))
    )
    if new.one_or_none() is None:
        raise ShownAlready
    if len(times) >= per_day:
        raise EnoughRevealed(times[-per_day] + A_DAY - now)
    event = DetailsRevealed(
        actor=staff.subject, registration=registration, reveal=reveal, purpose=form.purpose.value
    )
    await chain.append(tx, event, now=now)
    return record


async def report(tx: Transaction, staff: Staff, *, now: datetime) -> None:
    """Tell the data-protection officer, by an incident: once, until they may see somebody again."""
    if await tx.scalar(REPORT, {"who": staff.subject, "incident": uuid7(), "now": now}):
        kind = IncidentKind.TOO_MANY_REVEALS.value
        log.error("incidents are opened", kind=kind, count=1)
        await chain.append(tx, IncidentOpened(actor=staff.subject, kind=kind, count=1), now=now)


async def ask(
    tx: Transaction, staff: Staff, record: Record, reveal: UUID, *, answer_to: str, now: datetime
) -> UUID:
    """Ask the workers for the details of what was recorded and committed; the errand's id."""
    asked: Mapping[str, Any] = {
        "reveal": str(reveal),
        "registration": str(record.id),
        "answer_to": answer_to,
    }
    scheme = await find_scheme(tx, record.preferences.scheme)
    return await put(tx, staff, ErrandKind.REVEAL, scheme, asked, now=now)
