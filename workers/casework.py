"""What caseworkers wait for: finding one person, showing one person's details once, registering somebody.

Every answer that says who somebody is, or whether they are registered, is sealed to the one who asked.
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final
from uuid import UUID

from sqlalchemy import exists
from sqlmodel import col, select

from service.casework.tables import Reveal
from service.database import Transaction
from service.doorbell import Job
from service.errands import doing
from service.errands.doing import Taken
from service.errands.tables import ErrandKind, errand_place
from service.exports import canaries
from service.notify.addresses import email_address, phone_number
from service.observability import log
from service.registrations import replacing
from service.registrations.asks import Replacement
from service.registrations.contacts import lift_stops, registrations_at
from service.registrations.form import RegistrationForm
from service.registrations.numbers import as_made
from service.registrations.reading_forms import read_form
from service.registrations.registering import register
from service.registrations.states import RegistrationState
from service.registrations.tables import Registration
from service.registrations.words import GivenBy
from service.schemes.reading import get_scheme
from workers.context import WorkerContext
from workers.intake import replace_contacts
from workers.opening_people import OpenedPerson, open_people
from workers.unsealing import CannotOpen

UNUSABLE: Final = (CannotOpen, ValueError, KeyError)

Answer = Mapping[str, Any]
Does = Callable[[WorkerContext, Transaction, Taken, Any], Awaitable[Answer]]


async def serve_caseworkers(context: WorkerContext) -> None:
    """Do everything that caseworkers wait for, one thing a transaction."""
    for kind, does in DOES.items():
        while await _one(context, kind, does):
            pass


async def _one(context: WorkerContext, kind: ErrandKind, does: Does) -> bool:
    """Do one errand of a kind; whether there was one. One that cannot be used is taken, and not answered."""
    async with context.transactions.begin() as tx:
        taken = await doing.take(tx, kind, limit=1, now=context.clock.now())
        if not taken:
            return False
        [errand] = taken
        try:
            asked = json.loads(context.keys.open(errand.sealed, errand_place(errand.id)))
            answer_to = asked.pop("answer_to", None)
            async with tx.begin_nested():
                said = await does(context, tx, errand, asked)
        except UNUSABLE as error:
            log.error("an errand cannot be used", errand=str(errand.id), error=error)
            return True
        now = context.clock.now()
        if answer_to is None:
            await doing.answer(tx, [errand.id], said, now=now)
        else:
            await doing.answer_sealed(tx, errand.id, said, to=answer_to, now=now)
    if kind in (ErrandKind.ASSIST, ErrandKind.REPLACE):
        await context.doorbell.ring(Job.CONFIRM)
    return True


async def _search(context: WorkerContext, tx: Transaction, errand: Taken, asked: Any) -> Answer:
    index = context.keys.index
    if "number" in asked:
        number = as_made(asked["number"])
        at = index.number(number)
        of_number = select(Registration.id).where(
            Registration.scheme_id == errand.scheme_id, Registration.number == number
        )
        found = list((await tx.exec(of_number)).all())
    else:
        at = (
            index.email(email_address(asked["email"]).index_form)
            if "email" in asked
            else index.phone(phone_number(asked["mobile"]).e164)
        )
        found = await registrations_at(tx, errand.scheme_id, [at])
    # Whoever looks for somebody who does not exist has a list that they should not have.
    await canaries.notice(tx, [at], actor=errand.asked_by, now=context.clock.now())
    return {"registrations": [str(each) for each in found]}


async def _reveal(context: WorkerContext, tx: Transaction, errand: Taken, asked: Any) -> Answer:
    """Only what was recorded: without a committed reveal of theirs nobody is shown anything."""
    registration = UUID(asked["registration"])
    recorded = exists().where(
        col(Reveal.id) == UUID(asked["reveal"]),
        col(Reveal.registration_id) == registration,
        col(Reveal.revealed_to) == errand.asked_by,
    )
    if not await tx.scalar(select(recorded)):
        raise ValueError("nobody recorded this")
    opened = await open_people(context, tx, [registration])
    return {"person": _shown(opened[registration]) if opened else None}


async def _assist(context: WorkerContext, tx: Transaction, errand: Taken, asked: Any) -> Answer:
    scheme, now = await get_scheme(tx, errand.scheme_id), context.clock.now()
    form = RegistrationForm.model_validate(asked["form"])
    opened = read_form(errand.id, scheme, form, context.keys.index, given_by=GivenBy(asked["given_by"]))
    if asked["write_again"]:
        await lift_stops(tx, opened, now=now)
    await canaries.notice(tx, [each.index for each in opened.addresses], actor=errand.asked_by, now=now)
    new = await register(tx, [opened], tokens=context.keys.tokens, now=now)
    if errand.id in new:
        return {"status": "registered", "numbers": [new[errand.id].number]}
    at = await registrations_at(tx, scheme.id, [each.index for each in opened.addresses])
    known = await tx.exec(
        select(Registration.number)
        .where(col(Registration.id).in_(at), Registration.state != RegistrationState.LEFT)
        .order_by(col(Registration.created_at))
    )
    numbers = list(known)
    return {"status": "known" if numbers else "stopped", "numbers": numbers}


async def _replace(context: WorkerContext, tx: Transaction, errand: Taken, asked: Any) -> Answer:
    registration = await replacing.registration_with(tx, errand.scheme_id, UUID(asked["registration"]))
    if registration is None:
        return {"asked": False}
    scheme = await get_scheme(tx, errand.scheme_id)
    said = Replacement.model_validate(asked["replacement"])
    await replace_contacts(context, tx, registration, scheme, said, actor=errand.asked_by)
    return {"asked": True}


def _shown(person: OpenedPerson) -> dict[str, Any]:
    return {
        "number": person.number,
        "kind": person.kind.value,
        "name": person.name,
        "organisation": person.organisation,
        "relationship": person.relationship.value if person.relationship else None,
        "email": person.email,
        "mobile": person.mobile,
        "postal_address": person.postal_address,
        "contacts": [
            {
                "channel": each.channel.value,
                "contact": each.text,
                "confirmed": each.confirmed,
                "stopped": each.suppressed,
            }
            for each in person.contacts
        ],
    }


DOES: Final[Mapping[ErrandKind, Does]] = {
    ErrandKind.SEARCH: _search,
    ErrandKind.REVEAL: _reveal,
    ErrandKind.ASSIST: _assist,
    ErrandKind.REPLACE: _replace,
}
