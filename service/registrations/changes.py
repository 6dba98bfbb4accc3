"""Applying what the holder of a known address chose, when somebody had registered it again."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete
from sqlmodel import col, select

from service.crypto.tokens import TokenKey
from service.database import Transaction
from service.registrations.contacts import contacts_of
from service.registrations.form import RegistrationForm
from service.registrations.joining import ask_holders
from service.registrations.reading_forms import ContactKey, Opened
from service.registrations.rows import add_registrations, registration_rows, sealed_profile
from service.registrations.states import ConfirmationState, RegistrationState
from service.registrations.tables import (
    Confirmation,
    Contact,
    Registration,
    RegistrationContact,
    RegistrationTopic,
)
from service.registrations.words import Choice


async def next_change(tx: Transaction) -> Confirmation | None:
    """A change that was chosen and not yet applied, locked; None where there is none."""
    found = await tx.exec(
        select(Confirmation)
        .where(
            col(Confirmation.choice).is_not(None),
            col(Confirmation.applied_at).is_(None),
            Confirmation.state == ConfirmationState.SENT,
        )
        .order_by(col(Confirmation.used_at))
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    return found.first()


async def set_change_aside(tx: Transaction, change: Confirmation) -> None:
    """A change that cannot be read: a person must look, and the others go on."""
    change.state = ConfirmationState.SET_ASIDE
    tx.add(change)
    await tx.flush()


async def apply_change(
    tx: Transaction, change: Confirmation, opened: Opened, *, tokens: TokenKey, now: datetime
) -> None:
    """Do what was chosen: change the choices, register another person, or nothing."""
    registration = None
    if change.choice is Choice.MINE:
        registration = await _whose(tx, change.contact_id, opened.form)
        if registration is not None:
            await _change(tx, registration, opened, await contacts_of(tx, [opened], now=now))
    elif change.choice is Choice.ANOTHER:
        contacts = await contacts_of(tx, [opened], now=now)
        rows = registration_rows(
            opened, contacts=contacts, tokens=tokens, now=now, confirmed_at=change.contact_id
        )
        await add_registrations(tx, [rows])
        registration = rows.registration
    if registration is not None:
        await ask_holders(tx, registration, tokens=tokens, challenge=opened.form.challenge, now=now)
    change.applied_at = now
    change.sealed_change = b""  # It has served: nothing of it is kept.
    tx.add(change)
    await tx.flush()


async def _whose(tx: Transaction, contact_id: UUID, form: RegistrationForm) -> Registration | None:
    """The registration at this address that the change is for.

    Of several people who share it, the one of the kind that was typed; else the one who came first.
    """
    found = await tx.exec(
        select(Registration)
        .join(RegistrationContact, col(RegistrationContact.registration_id) == col(Registration.id))
        .where(
            RegistrationContact.contact_id == contact_id,
            col(RegistrationContact.confirmed_at).is_not(None),
            Registration.state == RegistrationState.CONFIRMED,
        )
        .order_by(col(Registration.created_at))
        .with_for_update(of=Registration)
    )
    registrations = found.all()
    same_kind = [each for each in registrations if each.kind is form.kind]
    return next(iter([*same_kind, *registrations]), None)


async def _change(
    tx: Transaction, registration: Registration, opened: Opened, contacts: Mapping[ContactKey, Contact]
) -> None:
    form = opened.form
    # Whoever was brought in with a list, and has registered here themselves since, needs no notice of it.
    registration.awaits_notice = False
    registration.kind = form.kind
    registration.relationship = form.relationship
    registration.language = form.language
    registration.contact_by = [way.value for way in form.contact_by]
    registration.formats = [need.value for need in form.formats]
    registration.sealed_profile = sealed_profile(opened, registration.id)
    tx.add(registration)
    await tx.execute(
        delete(RegistrationTopic).where(col(RegistrationTopic.registration_id) == registration.id)
    )
    tx.add_all(RegistrationTopic(registration_id=registration.id, code=code) for code in form.topics)
    wanted = {
        contacts[opened.key(each)].id: (position, each) for position, each in enumerate(opened.addresses)
    }
    have = (
        await tx.exec(
            select(RegistrationContact).where(RegistrationContact.registration_id == registration.id)
        )
    ).all()
    for one in have:
        if one.contact_id in wanted:
            one.position = wanted[one.contact_id][0]
            tx.add(one)
        elif one.channel.value not in registration.contact_by:
            await tx.delete(one)  # A way of being told that is not wanted any more.
    # A further contact joins unconfirmed: its own holder has to say so, too.
    known = {one.contact_id for one in have}
    tx.add_all(
        RegistrationContact(
            registration_id=registration.id, contact_id=contact, channel=address.channel, position=position
        )
        for contact, (position, address) in wanted.items()
        if contact not in known
    )
    await tx.flush()
