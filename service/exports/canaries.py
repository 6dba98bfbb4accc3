"""Canaries: two people in each list who do not exist. Whoever looks one up, or writes as one, has that list.

Nothing of them is kept but blind indexes. They are no registrations: no audience, no count and no search
ever finds one.
"""

import secrets
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from service.crypto.blind_index import BlindIndex, IndexKey
from service.database import Transaction
from service.exports.columns import Column
from service.exports.tables import Canary
from service.holds.incidents import open_incidents
from service.holds.tables import IncidentKind
from service.registrations.contacts import registered_at
from service.registrations.listing import Entry
from service.registrations.rows import new_number
from service.registrations.words import Kind

IN_EACH_LIST: Final = 2
NOBODYS_DOMAIN: Final = "example.org"
TRIES: Final = 30

FIRST: Final = (
    *("Adele", "Beverley", "Carlton", "Delroy", "Errol", "Gloria", "Hyacinth", "Joyce", "Leroy", "Marva"),
    *("Neville", "Pearl", "Rupert", "Sonia", "Trevor", "Una", "Verna", "Winston", "Yvonne", "Clive"),
)
LAST: Final = (
    *("Ashdown", "Bramwell", "Carrick", "Dunmore", "Elsworth", "Fairley", "Gillard", "Harcombe", "Ingleby"),
    *("Kerridge", "Lattimer", "Merrick", "Norcott", "Ockley", "Penrose", "Quarles", "Rushworth", "Selwood"),
)
STREETS: Final = (
    "Alder",
    "Beech",
    "Cedar",
    "Elder",
    "Hazel",
    "Juniper",
    "Laurel",
    "Maple",
    "Rowan",
    "Willow",
)
NOBODYS_POSTCODE: Final = "ZZ99 3VZ"
"""Statisticians write it of people without an address; no letter is delivered there."""
SIMULATED: Final = frozenset({0, 111, 222})
"""Ends of drama numbers that Notify gives a meaning to."""


@dataclass(frozen=True)
class MadeUp:
    """Somebody who does not exist, as a list shows them."""

    values: Mapping[Column, str] = field(repr=False)
    indexes: tuple[BlindIndex, ...] = field(repr=False)


def make_up(like: Entry, *, domain: str, keys: IndexKey) -> MadeUp:
    """Somebody of the kind, language, topics and day of `like`, whom nothing tells from the others.

    Their address is at `domain`, their number of the range that Ofcom keeps for films.
    """
    first, last = secrets.choice(FIRST), secrets.choice(LAST)
    number, mobile = new_number(), f"+447700900{_end():03d}"
    email = f"{first}.{last}{secrets.randbelow(90) + 10}@{domain}".lower()
    home = f"{secrets.randbelow(90) + 3} {secrets.choice(STREETS)} Walk\nLondon\n{NOBODYS_POSTCODE}"
    organisation = f"{last} and {secrets.choice(LAST)} Advice" if like.kind is Kind.ORGANISATION else ""
    values = {
        Column.NUMBER: number,
        Column.KIND: like.kind.value,
        Column.NAME: f"{first} {last}",
        Column.ORGANISATION: organisation,
        Column.EMAIL: email,
        Column.MOBILE: mobile,
        Column.POSTAL_ADDRESS: f"{organisation or f'{first} {last}'}\n{home}",
        Column.LANGUAGE: like.language.value,
        Column.TOPICS: like.topics,
        Column.REGISTERED_ON: like.registered_on.isoformat(),
    }
    return MadeUp(values, (keys.number(number), keys.email(email), keys.phone(mobile)))


async def plant(
    tx: Transaction, export_id: UUID, scheme_id: UUID, likes: Sequence[Entry], *, domain: str, keys: IndexKey
) -> list[MadeUp]:
    """Make up the canaries of a list, one like each of `likes`, and keep their indexes.

    Those of an earlier build of it go. Each is at contacts that nobody has.
    """
    await tx.execute(delete(Canary).where(col(Canary.export_id) == export_id))
    tries = [[make_up(like, domain=domain, keys=keys) for _ in range(TRIES)] for like in likes]
    indexes = {index for each in tries for made in each for index in made.indexes}
    taken = {index for _, index in await registered_at(tx, [(scheme_id, index) for index in indexes])}
    # Nor those of another list: what turns up has to say which one it is from.
    taken |= set(
        (await tx.exec(select(Canary.blind_index).where(col(Canary.blind_index).in_(indexes)))).all()
    )
    chosen: list[MadeUp] = []
    for made_up in tries:
        # Where the whole range is taken, as among sample people, anybody's number has to do.
        free = (made for made in made_up if taken.isdisjoint(made.indexes))
        chosen.append(next(free, made_up[0]))
        taken.update(chosen[-1].indexes)
    await tx.execute(
        insert(Canary).on_conflict_do_nothing(),
        [
            {"blind_index": index, "export_id": export_id, "person": person}
            for person, made in enumerate(chosen, start=1)
            for index in made.indexes
        ],
    )
    return chosen


async def notice(tx: Transaction, indexes: Collection[bytes], *, actor: str, now: datetime) -> None:
    """Open an incident for each list that has a canary at one of these contacts or numbers.

    For everything that is looked up or registered: whoever asks is told nothing of it.
    """
    if not indexes:
        return
    found: Iterable[UUID] = await tx.exec(
        select(Canary.export_id).where(col(Canary.blind_index).in_(list(indexes))).distinct()
    )
    await open_incidents(tx, IncidentKind.CANARY, found, actor=actor, now=now)


def _end() -> int:
    while (end := secrets.randbelow(1000)) in SIMULATED:
        pass
    return end
