"""Links in messages, as the process that faces the public may act on them.

It holds no right to read a row: each function here calls one that the owner wrote
(`migrations/sql/0001_links.sql`). A used, an expired and an unknown link are the same.
"""

from dataclasses import dataclass

from sqlalchemy import func, select

from service.crypto.tokens import find_hash, prove_hash, token_hash
from service.database import Transaction
from service.errors import Gone
from service.registrations.words import Channel, Choice, ContactBy, Kind, Language, Purpose


@dataclass(frozen=True)
class LinkShown:
    """What a link is about, for the page that asks before it acts."""

    scheme: str
    purpose: Purpose
    kind: Kind | None
    """None for a change: what it would change stays sealed."""
    language: Language
    topics: tuple[str, ...]
    contact_by: tuple[ContactBy, ...]
    channel: Channel
    """That of the contact which the link was sent to."""


async def look_at(tx: Transaction, token: str) -> LinkShown:
    """What the link would do; nothing is used up. Raises `Gone`."""
    columns = ("scheme", "purpose", "kind", "language", "topics", "contact_by", "channel")
    call = func.look_at_link(token_hash(token)).table_valued(*columns)
    row = (await tx.execute(select(call))).one_or_none()
    if row is None:
        raise Gone
    return LinkShown(
        scheme=row.scheme,
        purpose=Purpose(row.purpose),
        kind=Kind(row.kind) if row.kind else None,
        language=Language(row.language),
        topics=tuple(row.topics or ()),
        contact_by=tuple(ContactBy(way) for way in row.contact_by or ()),
        channel=Channel(row.channel),
    )


async def use(tx: Transaction, token: str, choice: Choice = Choice.MINE) -> Purpose:
    """Use the link up: confirm a registration, or say what a change is. Raises `Gone`."""
    purpose = await tx.scalar(select(func.use_link(token_hash(token), choice.value)))
    if purpose is None:
        raise Gone
    return Purpose(purpose)


async def use_code(tx: Transaction, challenge: str, code: str) -> bool:
    """Confirm a contact by the code that was sent to it; whether it was right.

    `challenge`: for a text what its caller made, for a letter the registration's number. A code has five
    tries. Let the transaction end well when it was wrong, so that the try counts.
    """
    return bool(await tx.scalar(select(func.use_code(find_hash(challenge), prove_hash(challenge, code)))))


async def language_of(tx: Transaction, token: str) -> Language | None:
    """The language that the holder of an unsubscribe link chose."""
    found = await tx.scalar(select(func.language_of_registration(token_hash(token))))
    return Language(found) if found else None


async def leave(tx: Transaction, token: str) -> None:
    """Leave at once. An unknown link does nothing, and nobody can tell."""
    await tx.execute(select(func.leave(token_hash(token))))
