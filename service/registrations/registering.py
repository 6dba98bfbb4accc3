"""What becomes of an opened intake (ARCHITECTURE.md, A sign-up).

An intake changes nothing that is confirmed: otherwise anybody who knows an address could change its
topics, or attach a mobile of their own. For a known address it becomes a sealed change, which only the
link sent to that address can apply.

Everything here works on a batch: the number of queries does not depend on how many intakes there are.
Only workers call it, because only they have opened anything.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete
from sqlmodel import col

from service.crypto.tokens import TokenKey
from service.database import Transaction
from service.registrations.contacts import contacts_of
from service.registrations.messages import change_message, confirming_message
from service.registrations.reading_forms import ContactKey, Opened
from service.registrations.rows import RegistrationRows, add_registrations, registration_rows
from service.registrations.standings import Standing, standings_of
from service.registrations.states import RegistrationState
from service.registrations.tables import Confirmation, Contact, Registration


async def register(
    tx: Transaction, opened: Sequence[Opened], *, tokens: TokenKey, now: datetime
) -> dict[UUID, Registration]:
    """Turn opened intakes into pending registrations, or into changes that wait for a link.

    The new registrations, each by its intake.

    Of several for one address the last counts: it takes the place of the others, which were never asked
    about. So a flood of one address costs no more than as many addresses do.
    """
    contacts = await contacts_of(tx, opened, now=now)
    standings = await standings_of(tx, list(contacts.values()), now=now)
    newest: dict[UUID, Opened] = {}
    for each in opened:
        if (lead := _lead(each, contacts, standings, now)) is not None:
            newest[lead] = each
    new: dict[UUID, RegistrationRows] = {}
    asked: dict[UUID, Confirmation] = {}
    for lead, each in newest.items():
        standing = standings[lead]
        when = standing.ask_at(now)
        if when is None:
            continue
        if standing.confirmed_language is not None:
            asked[lead] = change_message(
                each, standing.contact, standing.confirmed_language, when=when, now=now
            )
            continue
        rows = registration_rows(each, contacts=contacts, tokens=tokens, now=now)
        new[each.intake] = rows
        for address in each.addresses:
            contact = contacts[each.key(address)]
            if (when := standings[contact.id].ask_at(now)) is not None:
                asked[contact.id] = confirming_message(
                    contact,
                    rows.registration,
                    tokens=tokens,
                    challenge=each.form.challenge,
                    when=when,
                    now=now,
                )
    await _replace(tx, [standings[contact] for contact in asked], leads=newest.keys())
    await add_registrations(tx, list(new.values()))
    tx.add_all(asked.values())
    await tx.flush()
    return {intake: rows.registration for intake, rows in new.items()}


def _lead(
    opened: Opened, contacts: Mapping[ContactKey, Contact], standings: Mapping[UUID, Standing], now: datetime
) -> UUID | None:
    """The contact that decides: the first that is known, whose holder alone may change anything; else the
    first that may be written to. None where none may.
    """
    usable = [
        standing
        for address in opened.addresses
        for standing in [standings[contacts[opened.key(address)].id]]
        if not standing.is_suppressed(now)
    ]
    known = [standing for standing in usable if standing.confirmed_language is not None]
    return next((standing.contact.id for standing in [*known, *usable]), None)


async def _replace(tx: Transaction, standings: Sequence[Standing], *, leads: Collection[UUID]) -> None:
    """Drop what a newer intake takes the place of. Nothing of it was ever confirmed.

    A registration goes only where its first contact leads again: whoever knows the number that somebody
    gave beside their email address cannot take their link away.
    """
    waiting = [each for standing in standings for each in standing.waiting]
    pending = [each for standing in standings if standing.contact.id in leads for each in standing.pending]
    if waiting:
        await tx.execute(delete(Confirmation).where(col(Confirmation.id).in_(waiting)))
    if pending:
        # Its topics, links to contacts and confirmations go with it (ON DELETE CASCADE).
        await tx.execute(
            delete(Registration).where(
                col(Registration.id).in_(pending), col(Registration.state) == RegistrationState.PENDING
            )
        )
