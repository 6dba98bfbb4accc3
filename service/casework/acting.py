"""What caseworkers do for somebody who rang, wrote or came: close, correct, hand on, erase.

Each is a function of the owner's that refuses whoever is no caseworker
(`migrations/sql/0015_one_person.sql`), and each is recorded with how it was asked for. Another address goes
to the workers, sealed, and only its own holder lets it take the place of the old one.
"""

from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from sqlalchemy import text

from service.audit import chain
from service.audit.people_events import (
    RegistrationClosed,
    RegistrationCorrected,
    RegistrationErased,
    RegistrationHandedOn,
)
from service.casework.records import NoSuchRegistration, Record, record_of
from service.database import Transaction
from service.errands.asking import put
from service.errands.tables import ErrandKind
from service.errors import Conflict, Invalid
from service.registrations.form import NEEDS
from service.registrations.preferences import HasLeft, PreferencesChange, unusable, what_is_wrong
from service.registrations.states import RegistrationState
from service.registrations.words import ContactBy, GivenBy, Relationship
from service.schemes.reading import SchemeView, find_scheme
from service.staff.members import describe
from service.staff.principal import Staff, require
from service.staff.roles import Act

CLOSE: Final = text("SELECT close_registration(:who, :whose, :never_again)")
CORRECT: Final = text("""
    SELECT correct_registration(:who, :whose, :language, CAST(:topics AS text[]), CAST(:contact_by AS text[]),
        CAST(:formats AS text[]), CAST(:paused_until AS timestamptz), :write_again)
""")
ERASE: Final = text("SELECT erase_for_somebody(:who, :whose)")

REACHED_BY: Final = {
    "email": ContactBy.EMAIL,
    "mobile": ContactBy.SMS,
    "postal_address": ContactBy.LETTER,
}
"""How the one who takes over is asked, by what was given."""


class NotConfirmed(Conflict):
    """Nobody has confirmed this registration yet. Register them again instead: what is typed last counts."""

    code = "not-confirmed"


class ClosingReason(StrEnum):
    """Why nothing is to be sent any more."""

    ASKED = "asked"
    BEREAVEMENT = "bereavement"
    """Somebody told us that the person has died. An executor may take it over."""
    NEVER_AGAIN = "never-again"
    """They want no message ever, whoever registers their addresses, until they ask for it."""


class _Told(BaseModel):
    """What somebody told a caseworker. Fields break their rules without their values."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True, str_strip_whitespace=True)

    given_by: GivenBy


class ClosureForm(_Told):
    why: ClosingReason = ClosingReason.ASKED


class ErasureForm(_Told):
    pass


class CorrectionForm(PreferencesChange):
    """What to change: what is left out, or null, stays as it is."""

    given_by: GivenBy
    write_again: bool = False
    """Write again to their addresses that came back, or that they did not want to be written to at."""
    becomes: Relationship | None = None
    """Who takes it over, as the person's representative: with one address of theirs and nothing else."""


async def close(
    tx: Transaction, staff: Staff, registration: UUID, form: ClosureForm, *, now: datetime
) -> None:
    """Send them nothing any more, at once. Raises `NotYourRole`, `NoSuchRegistration`."""
    require(staff, Act.CLOSE_REGISTRATION)
    await describe(tx, staff, now=now)
    values = {
        "who": staff.subject,
        "whose": registration,
        "never_again": form.why is ClosingReason.NEVER_AGAIN,
    }
    if not await tx.scalar(CLOSE, values):
        raise NoSuchRegistration
    event = RegistrationClosed(
        actor=staff.subject, registration=registration, why=form.why.value, given_by=form.given_by.value
    )
    await chain.append(tx, event, now=now)


async def erase(
    tx: Transaction, staff: Staff, registration: UUID, form: ErasureForm, *, now: datetime
) -> None:
    """Delete all that is held of them, in this transaction. Raises `NotYourRole`, `NoSuchRegistration`.

    What stays is said in `service.registrations.preferences.erase`; and who saw their details, as bare ids.
    """
    require(staff, Act.ERASE_REGISTRATION)
    await describe(tx, staff, now=now)
    if not await tx.scalar(ERASE, {"who": staff.subject, "whose": registration}):
        raise NoSuchRegistration
    event = RegistrationErased(actor=staff.subject, registration=registration, given_by=form.given_by.value)
    await chain.append(tx, event, now=now)


async def correct(
    tx: Transaction, staff: Staff, registration: UUID, form: CorrectionForm, *, now: datetime
) -> UUID | None:
    """Change what `form` names. The errand of its addresses, if it has any: wait for that.

    Raises `NotYourRole`, `NoSuchRegistration`, `HasLeft`, `NotConfirmed`, `Invalid`, `Unavailable`.
    """
    require(staff, Act.CORRECT_REGISTRATION)
    record = await record_of(tx, registration)
    if form.becomes is not None:
        return await _hand_on(tx, staff, record, form, form.becomes, now=now)
    before = record.preferences
    if before.status is not RegistrationState.CONFIRMED:
        raise HasLeft if before.status is RegistrationState.LEFT else NotConfirmed
    scheme = await find_scheme(tx, before.scheme)
    ways = tuple(form.contact_by or before.contact_by)
    if wrong := what_is_wrong(form, before, ways, scheme, now):
        raise Invalid(wrong)
    await describe(tx, staff, now=now)
    pausing = "paused_until" in form.model_fields_set
    formats = before.formats if form.formats is None else form.formats
    await tx.scalar(
        CORRECT,
        {
            "who": staff.subject,
            "whose": registration,
            "language": (form.language or before.language).value,
            "topics": form.topics or list(before.topics),
            "contact_by": [way.value for way in ways],
            "formats": [need.value for need in formats],
            "paused_until": form.paused_until if pausing else before.paused_until,
            "write_again": form.write_again,
        },
    )
    used = tuple(way for way in ways if NEEDS[way] in form.contacts)
    errand = await _replace(tx, staff, scheme, record, form, used, now=now) if used else None
    event = RegistrationCorrected(
        actor=staff.subject,
        registration=registration,
        given_by=form.given_by.value,
        address=bool(used),
        write_again=form.write_again,
    )
    await chain.append(tx, event, now=now)
    return errand


async def _hand_on(
    tx: Transaction,
    staff: Staff,
    record: Record,
    form: CorrectionForm,
    becomes: Relationship,
    *,
    now: datetime,
) -> UUID:
    """Ask the holder of another address to take it over. Nothing changes until they confirm."""
    if record.preferences.status is RegistrationState.PENDING:
        raise NotConfirmed
    others = form.model_fields_set - {"given_by", "becomes", "name", *REACHED_BY}
    if len(form.contacts) != 1 or others:
        raise Invalid({"becomes": "With it there is one address of theirs, and nothing else to change"})
    way = REACHED_BY[next(iter(form.contacts))]
    if wrong := unusable((way,), mobile=form.mobile, postal=form.postal_address):
        raise Invalid(wrong)
    scheme = await find_scheme(tx, record.preferences.scheme)
    errand = await _replace(tx, staff, scheme, record, form, (way,), now=now)
    event = RegistrationHandedOn(
        actor=staff.subject, registration=record.id, kind=becomes.value, given_by=form.given_by.value
    )
    await chain.append(tx, event, now=now)
    return errand


async def _replace(
    tx: Transaction,
    staff: Staff,
    scheme: SchemeView,
    record: Record,
    form: CorrectionForm,
    ways: tuple[ContactBy, ...],
    *,
    now: datetime,
) -> UUID:
    asked = {
        "registration": str(record.id),
        "replacement": {
            "ways": [way.value for way in ways],
            "email": form.email,
            "mobile": form.mobile,
            "postal_address": form.postal_address,
            "name": form.name,
            "becomes": form.becomes.value if form.becomes else None,
        },
    }
    return await put(tx, staff, ErrandKind.REPLACE, scheme, asked, now=now)
