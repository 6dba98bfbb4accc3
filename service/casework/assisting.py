"""Registering somebody who rang, wrote or came: the same form, and the same path, as for everybody.

A caseworker confirms nobody's address. Only a number for calls is confirmed by ringing it (`calling`).
"""

from datetime import datetime
from uuid import UUID

from service.audit import chain
from service.audit.people_events import RegistrationAssisted
from service.database import Transaction
from service.errands.asking import put
from service.errands.tables import ErrandKind
from service.registrations.form import RegistrationForm
from service.registrations.letterbox import refuse_what_the_scheme_has_not
from service.registrations.words import GivenBy
from service.schemes.reading import SchemeView
from service.staff.principal import Staff, require
from service.staff.roles import Act


class AssistedForm(RegistrationForm):
    """What somebody said, and how. `consent`: that they agreed, having been told what we do with it."""

    given_by: GivenBy
    write_again: bool = False
    """They ask to be written to, also where a message came back or they had not wanted any."""


async def ask(
    tx: Transaction, staff: Staff, scheme: SchemeView, form: AssistedForm, *, answer_to: str, now: datetime
) -> UUID:
    """Ask the workers to register them; the errand's id. `answer_to`: the key that the answer is sealed to.

    Raises `NotYourRole`, `SchemeClosed`, `Invalid` for a topic that the scheme does not have, `Unavailable`.
    """
    require(staff, Act.ASSIST)
    refuse_what_the_scheme_has_not(scheme, form)
    said = form.model_dump(mode="json", exclude={"given_by", "write_again"})
    asked = {
        "form": said,
        "given_by": form.given_by.value,
        "write_again": form.write_again,
        "answer_to": answer_to,
    }
    errand = await put(tx, staff, ErrandKind.ASSIST, scheme, asked, now=now)
    event = RegistrationAssisted(
        actor=staff.subject,
        scheme=scheme.id,
        given_by=form.given_by.value,
        write_again=form.write_again,
    )
    await chain.append(tx, event, now=now)
    return errand
