"""Registrations by their numbers, for an update to a few people whom staff have a list of.

Staff learn whether there is a registration of a number, and its id; of nobody's row do they see more.
"""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import text

from service.crypto.tokens import SAYABLE
from service.database import Transaction
from service.errors import Invalid
from service.staff.principal import Staff, require
from service.staff.roles import Act

AT_ONCE: Final = 500
FIND: Final = text("SELECT number, id FROM registrations_numbered(:scheme, :numbers)")
_LETTERS: Final = frozenset(SAYABLE)


@dataclass(frozen=True)
class Listed:
    """What a list of numbers names."""

    registrations: tuple[UUID, ...]
    """Each once, in the order of the list."""
    unknown: tuple[int, ...]
    """The lines, from 1, on which there is something that is no number of this scheme's."""


async def find_numbers(tx: Transaction, staff: Staff, scheme_id: UUID, typed: str) -> Listed:
    """The registrations whose numbers were typed, one a line; empty lines are passed over.

    Raises `NotYourRole`, and `Invalid` for more than 500 of them.
    """
    require(staff, Act.DRAFT_UPDATE)
    lines = {line: text for line, text in enumerate(typed.splitlines(), start=1) if text.strip()}
    if len(lines) > AT_ONCE:
        raise Invalid({"registrations": f"It has more than {AT_ONCE} numbers"})
    numbers = {line: as_made(text) for line, text in lines.items()}
    found = {
        row.number: row.id
        for row in await tx.execute(FIND, {"scheme": scheme_id, "numbers": sorted(set(numbers.values()))})
    }
    return Listed(
        registrations=tuple(dict.fromkeys(found[each] for each in numbers.values() if each in found)),
        unknown=tuple(line for line, each in numbers.items() if each not in found),
    )


def as_made(typed: str) -> str:
    """`KI-7F3K-9QXM`, however it was typed: in small letters, with spaces, without its beginning."""
    letters = "".join(each for each in typed.strip().upper().removeprefix("KI") if each in _LETTERS)
    return f"KI-{letters[:4]}-{letters[4:]}"
