"""What the link below every message does besides leaving: undo it, or get less instead.

It lives as long as the registration, and many hands may hold it: it never shows or changes an address.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import func, select, text

from service.crypto.tokens import token_hash
from service.database import Transaction
from service.errors import Gone, Invalid
from service.registrations.words import Language
from service.schemes.reading import find_scheme

LOOK: Final = text("SELECT * FROM look_at_choices(:hash)")
CHANGE: Final = text("SELECT change_choices(:hash, :language, CAST(:topics AS text[]))")


@dataclass(frozen=True)
class Choices:
    """What somebody hears about, and in which language."""

    scheme: str
    language: Language
    topics: tuple[str, ...]


async def look(tx: Transaction, token: str) -> Choices:
    """What is chosen now. Raises `Gone`, also thirty days after they left."""
    row = (await tx.execute(LOOK, {"hash": token_hash(token)})).one_or_none()
    if row is None:
        raise Gone
    return Choices(scheme=row.scheme, language=Language(row.language), topics=tuple(row.topics or ()))


async def choose(tx: Transaction, token: str, language: Language, topics: Sequence[str]) -> None:
    """Hear about `topics` alone, in `language`. Who had left comes back. Raises `Gone`, `Invalid`."""
    scheme = await find_scheme(tx, (await look(tx, token)).scheme)
    if not topics or not set(topics) <= {topic.code for topic in scheme.topics}:
        raise Invalid({"topics": "Choose at least one of the scheme's topics"})
    values = {"hash": token_hash(token), "language": language.value, "topics": list(topics)}
    if not await tx.scalar(CHANGE, values):
        raise Gone


async def undo(tx: Transaction, token: str) -> None:
    """Be told again, as before; twice does no harm. Raises `Gone`."""
    if not await tx.scalar(select(func.undo_leaving(token_hash(token)))):
        raise Gone
