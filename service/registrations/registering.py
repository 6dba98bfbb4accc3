"""What becomes of an opened intake (ARCHITECTURE.md, A sign-up).

An intake changes nothing that is confirmed: otherwise anybody who knows an address could change its
topics, or attach a mobile of their own. For a known address it becomes a sealed change, which only the
link sent to that address can apply.

Everything here works on a batch: the number of queries does not depend on how many intakes there are.
Only workers call it, because only they have opened anything.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import delete, tuple_
from sqlalchemy import select as sa_select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from uuid6 import uuid7

from service.crypto.canonical import canonical_json
from service.crypto.sealing import SealingKey, seal
from service.crypto.tokens import TokenKey
from service.database import Transaction
from service.registrations.asking import may_be_asked_at
from service.registrations.places import change_place, contact_place
from service.registrations.reading_forms import Address, Opened
from service.registrations.rows import RegistrationRows, add_registrations, registration_rows
from service.registrations.states import ConfirmationState, RegistrationState
from service.registrations.tables import (
    Confirmation,
    Contact,
    Intake,
    Registration,
    RegistrationContact,
)
from service.registrations.words import Language

AFTER_A_BOUNCE: Final = timedelta(days=30)
"""How long an address that bounced is left alone, whoever registers it."""

ContactKey = tuple[UUID, str, bytes]


@dataclass
class Standing:
    """What is known of one email address, under its contact's lock."""

    contact: Contact
    confirmed_language: Language | None = None
    """The language of a confirmed registration at this address; None where there is none."""
    pending: list[UUID] = field(default_factory=list)
    waiting: list[UUID] = field(default_factory=list)
    """Confirmations that have not been sent."""
    link_in_hand: bool = False
    """A confirmation was sent, or may have been, and its link still works."""


def ask_at(standing: Standing, now: datetime) -> datetime | None:
    """When to ask the holder of the address; None where nothing is to be sent.

    Whoever has a link that works gets no second one within the limits; whoever has none waits for
    them, and is not lost.
    """
    suppressed = standing.contact.suppressed_at
    if suppressed is not None and now - suppressed < AFTER_A_BOUNCE:
        return None
    when = may_be_asked_at(standing.contact.asked_at, now)
    return None if standing.link_in_hand and when > now else when


async def register(tx: Transaction, opened: Sequence[Opened], *, tokens: TokenKey, now: datetime) -> None:
    """Turn opened intakes into pending registrations, or into changes that wait for a link.

    Of several for one address the last counts: it takes the place of the others, which were never asked
    about. So a flood of one address costs no more than as many addresses do.
    """
    newest = {(each.scheme.id, each.email.channel.value, each.email.index): each for each in opened}
    contacts = await _contacts(tx, newest.values(), now=now)
    standings = await _standings(tx, [contacts[key] for key in newest], now=now)
    asked = {key: ask_at(standings[contacts[key].id], now) for key in newest}
    await _replace(tx, [standings[contacts[key].id] for key, when in asked.items() if when])
    new: list[RegistrationRows] = []
    confirmations: list[Confirmation] = []
    for key, each in newest.items():
        when = asked[key]
        if when is None:
            continue
        standing = standings[contacts[key].id]
        confirmation = Confirmation(
            id=uuid7(),
            scheme_id=each.scheme.id,
            contact_id=standing.contact.id,
            language=standing.confirmed_language or each.form.language,
            state=ConfirmationState.DUE,
            try_at=when,
            created_at=now,
        )
        if standing.confirmed_language is None:
            rows = registration_rows(each, contacts=contacts, tokens=tokens, now=now)
            confirmation.registration_id = rows.registration.id
            new.append(rows)
        else:
            confirmation.sealed_change = seal(
                canonical_json(each.form.model_dump(mode="json")),
                key=each.sealing_key,
                place=change_place(confirmation.id),
            )
        confirmations.append(confirmation)
    await add_registrations(tx, new)
    tx.add_all(confirmations)
    await tx.flush()
    await tx.execute(delete(Intake).where(col(Intake.id).in_([each.intake for each in opened])))


async def contacts_of(tx: Transaction, opened: Opened, *, now: datetime) -> dict[ContactKey, Contact]:
    """The contacts of one opened form, made where they lack."""
    return await _contacts(tx, [opened], now=now)


async def _contacts(tx: Transaction, opened: Iterable[Opened], *, now: datetime) -> dict[ContactKey, Contact]:
    """Every contact that these name, made where they lack, locked in the order of their ids."""
    wanted: dict[ContactKey, tuple[SealingKey, Address]] = {}
    for each in opened:
        for address in each.addresses:
            wanted[(each.scheme.id, address.channel.value, address.index)] = (each.sealing_key, address)
    await tx.execute(
        insert(Contact).on_conflict_do_nothing(),
        [_contact_row(scheme, key, address, now) for (scheme, _, _), (key, address) in wanted.items()],
    )
    # The lock makes two workers with one address go one after the other; the order, without deadlock.
    found = await tx.exec(
        select(Contact)
        .where(
            tuple_(col(Contact.scheme_id), col(Contact.channel), col(Contact.blind_index)).in_(list(wanted))
        )
        .order_by(col(Contact.id))
        .with_for_update()
    )
    return {(row.scheme_id, row.channel.value, bytes(row.blind_index)): row for row in found}


def _contact_row(scheme_id: UUID, key: SealingKey, address: Address, now: datetime) -> dict[str, object]:
    contact_id = uuid7()
    return {
        "id": contact_id,
        "scheme_id": scheme_id,
        "channel": address.channel,
        "blind_index": address.index,
        "sealed": seal(address.text.encode(), key=key, place=contact_place(contact_id)),
        "created_at": now,
        "asked_at": [],
    }


async def _standings(tx: Transaction, contacts: Sequence[Contact], *, now: datetime) -> dict[UUID, Standing]:
    standings = {contact.id: Standing(contact) for contact in contacts}
    people = await tx.execute(
        sa_select(
            col(RegistrationContact.contact_id),
            col(RegistrationContact.confirmed_at),
            col(Registration.id),
            col(Registration.state),
            col(Registration.language),
        )
        .join(Registration, col(Registration.id) == col(RegistrationContact.registration_id))
        .where(
            col(RegistrationContact.contact_id).in_(list(standings)),
            col(Registration.state).in_([RegistrationState.PENDING, RegistrationState.CONFIRMED]),
        )
        .order_by(col(Registration.created_at).desc())
    )
    for contact_id, confirmed_at, registration_id, state, language in people:
        if state is RegistrationState.PENDING:
            standings[contact_id].pending.append(registration_id)
        elif confirmed_at is not None:
            standings[contact_id].confirmed_language = language
    unanswered = await tx.execute(
        select(Confirmation.contact_id, Confirmation.id, Confirmation.state, Confirmation.expires_at).where(
            col(Confirmation.contact_id).in_(list(standings)), col(Confirmation.used_at).is_(None)
        )
    )
    for contact_id, confirmation_id, state, expires_at in unanswered:
        if state is ConfirmationState.DUE:
            standings[contact_id].waiting.append(confirmation_id)
        elif state in {ConfirmationState.CLAIMED, ConfirmationState.UNCERTAIN} or (
            state is ConfirmationState.SENT and expires_at > now
        ):
            standings[contact_id].link_in_hand = True
    return standings


async def _replace(tx: Transaction, standings: Sequence[Standing]) -> None:
    """Drop what a newer intake takes the place of. Nothing of it was ever confirmed."""
    gone: defaultdict[str, list[UUID]] = defaultdict(list)
    for standing in standings:
        gone["confirmations"] += standing.waiting
        gone["registrations"] += standing.pending
    if gone["confirmations"]:
        await tx.execute(delete(Confirmation).where(col(Confirmation.id).in_(gone["confirmations"])))
    if gone["registrations"]:
        # Its topics, links to contacts and confirmations go with it (ON DELETE CASCADE).
        await tx.execute(
            delete(Registration).where(
                col(Registration.id).in_(gone["registrations"]),
                col(Registration.state) == RegistrationState.PENDING,
            )
        )
