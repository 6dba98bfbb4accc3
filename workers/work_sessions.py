"""Opens the next person of a work session, for the one caseworker to whom they are leased."""

import json
from collections.abc import Mapping
from typing import Any, Final, NamedTuple
from uuid import UUID

from service.casework.work.opening import may_be_opened
from service.casework.work.words import SHOWN, Detail, WorkKind
from service.crypto.one_answer import answer_key
from service.database import Transaction
from service.errands import doing
from service.errands.doing import Taken
from service.errands.tables import ErrandKind, errand_place
from service.observability import log
from service.registrations.states import RegistrationState
from service.registrations.words import Channel
from workers.context import WorkerContext
from workers.opening_people import OpenedPerson, open_people
from workers.unsealing import CannotOpen

WHERE: Final[Mapping[Detail, frozenset[Channel]]] = {
    Detail.NUMBERS: frozenset({Channel.PHONE, Channel.SMS}),
    Detail.EMAIL: frozenset({Channel.EMAIL}),
    Detail.POSTAL_ADDRESS: frozenset({Channel.LETTER}),
}


async def open_next(context: WorkerContext) -> None:
    """Answer everybody who asks for their next person, one after the other."""
    while True:
        async with context.transactions.begin() as tx:
            now = context.clock.now()
            taken = await doing.take(tx, ErrandKind.WORK_ITEM, limit=1, now=now)
            for errand in taken:
                if (asked := _asked(context, errand)) is not None:
                    said = await _opened(context, tx, errand, asked.item)
                    await doing.answer_sealed(tx, errand.id, said, to=asked.key, now=now)
        if not taken:
            return


async def _opened(context: WorkerContext, tx: Transaction, errand: Taken, item: UUID) -> dict[str, Any]:
    """What is answered: nothing of anybody whose opening was not approved, or is not this caseworker's."""
    allowed = (await may_be_opened(tx, {item: errand.asked_by}, now=context.clock.now())).get(item)
    if allowed is None:
        log.error("a person of a work session may not be opened", errand=str(errand.id))
        return {"status": "refused"}
    try:
        person = (await open_people(context, tx, [allowed.registration])).get(allowed.registration)
    except CannotOpen as error:
        log.error("a person of a work session does not open", errand=str(errand.id), error=error)
        return {"status": "refused"}
    # Whoever was erased, or has left, is not rung any more.
    if person is None or person.state is not RegistrationState.CONFIRMED:
        return {"status": "gone"}
    return {"status": "open", "person": _shown(person, allowed.kind)}


def _shown(person: OpenedPerson, kind: WorkKind) -> dict[str, Any]:
    """What of a person the work needs."""
    channels = frozenset[Channel]().union(*(WHERE[detail] for detail in SHOWN[kind]))
    return {
        "number": person.number,
        "kind": person.kind,
        "relationship": person.relationship,
        "name": person.name,
        "organisation": person.organisation,
        "language": person.language,
        "formats": list(person.formats),
        "contacts": [
            {
                "channel": each.channel,
                "text": each.text,
                "confirmed": each.confirmed,
                "suppressed": each.suppressed,
            }
            for each in person.contacts
            if each.channel in channels
        ],
    }


class Asked(NamedTuple):
    """Who is asked for, and the key to seal the answer to."""

    item: UUID
    key: str


def _asked(context: WorkerContext, errand: Taken) -> Asked | None:
    """None where the errand cannot be used."""
    try:
        asked = json.loads(context.keys.open(errand.sealed, errand_place(errand.id)))
        answer_key(asked["key"])
        return Asked(UUID(asked["item"]), asked["key"])
    except (CannotOpen, ValueError, KeyError) as error:
        log.error("an errand cannot be used", errand=str(errand.id), error=error)
        return None
