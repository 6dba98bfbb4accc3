"""Registrations for a list: those whom a rule means, a page after the other, with no more than is asked for.

Everybody who is confirmed and has not left; whoever has paused, too: a list is not for writing to people.
What is sealed stays sealed. Workers only.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ARRAY, Text, Uuid, bindparam, text

from service.database import Transaction
from service.registrations.recipients import AudienceRule
from service.registrations.words import Channel, Kind, Language


class Reach(StrEnum):
    """A contact that a list may hold, by what it is and not by what it is used for."""

    EMAIL = "email"
    MOBILE = "mobile"
    POST = "post"


# The number that somebody gave to be rung, before the one for texts: nobody writes to a list.
_CHANNELS: Final = {
    Reach.EMAIL: "rc.channel = 'email'",
    Reach.MOBILE: "rc.channel IN ('phone', 'sms')",
    Reach.POST: "rc.channel = 'letter'",
}

_MEANT: Final = """
    r.scheme_id = :scheme AND r.state = 'confirmed' AND NOT r.awaits_notice
    AND (:kinds IS NULL OR r.kind = ANY (:kinds))
    AND (:languages IS NULL OR r.language = ANY (:languages))
    AND (:registrations IS NULL OR r.id = ANY (:registrations))
    AND (:topics IS NULL OR EXISTS (
        SELECT FROM registration_topics t WHERE t.registration_id = r.id AND t.code = ANY (:topics)
    ))
"""
_OF_A_RULE: Final = (
    bindparam("kinds", type_=ARRAY(Text)),
    bindparam("topics", type_=ARRAY(Text)),
    bindparam("languages", type_=ARRAY(Text)),
    bindparam("registrations", type_=ARRAY(Uuid)),
)
COUNT: Final = text(f"SELECT count(*) FROM registrations r WHERE {_MEANT}").bindparams(*_OF_A_RULE)  # noqa: S608


@dataclass(frozen=True, slots=True)
class Entry:
    """One registration as a list may show it, what is sealed still sealed."""

    id: UUID
    number: str
    kind: Kind
    language: Language
    registered_on: date
    topics: str
    """Codes, joined by `;`."""
    sealed_profile: bytes | None = field(repr=False)
    contacts: dict[Reach, tuple[UUID, bytes]] = field(repr=False)
    """Of each kind that was asked for and that they have: the contact's id, and its sealed address."""


@dataclass(frozen=True)
class Wanted:
    """What of a registration is asked for."""

    profile: bool
    contacts: tuple[Reach, ...]
    suppressed_too: bool
    """Whether also contacts that are not to be used any more: for whoever only has to know them."""


async def count_listed(tx: Transaction, scheme_id: UUID, rule: AudienceRule) -> int:
    """How many people a list of this rule holds now."""
    return int(await tx.scalar(COUNT, _parameters(scheme_id, rule)) or 0)


async def entries(
    tx: Transaction,
    scheme_id: UUID,
    rule: AudienceRule,
    wanted: Wanted,
    *,
    after: UUID | None,
    limit: int,
    offset: int = 0,
) -> list[Entry]:
    """Up to `limit` registrations whose ids come after `after`, in the order of their ids."""
    rows = await tx.execute(
        text(_page(wanted)).bindparams(*_OF_A_RULE, bindparam("after", type_=Uuid)),
        {**_parameters(scheme_id, rule), "after": after, "limit": limit, "offset": offset},
    )
    return [_entry(row, wanted) for row in rows]


def _page(wanted: Wanted) -> str:
    usable = "" if wanted.suppressed_too else "AND c.suppressed_at IS NULL"
    contacts = [
        f"""LEFT JOIN LATERAL (
            SELECT c.id, c.sealed FROM registration_contacts rc JOIN contacts c ON c.id = rc.contact_id
            WHERE rc.registration_id = r.id AND rc.confirmed_at IS NOT NULL AND {_CHANNELS[each]} {usable}
            ORDER BY rc.channel = '{Channel.SMS.value}' LIMIT 1
        ) AS {each.value} ON true"""  # noqa: S608
        for each in wanted.contacts
    ]
    columns = [
        "r.id, r.number, r.kind, r.language",
        "(r.created_at AT TIME ZONE 'Europe/London')::date AS registered_on",
        """(SELECT string_agg(t.code, ';' ORDER BY t.code) FROM registration_topics t
            WHERE t.registration_id = r.id) AS topics""",
        *(["r.sealed_profile"] if wanted.profile else []),
        *(
            f"{each.value}.id AS {each.value}_id, {each.value}.sealed AS {each.value}"
            for each in wanted.contacts
        ),
    ]
    return f"""
        SELECT {", ".join(columns)} FROM registrations r {" ".join(contacts)}
        WHERE {_MEANT} AND (:after IS NULL OR r.id > :after)
        ORDER BY r.id LIMIT :limit OFFSET :offset
    """  # noqa: S608


def _parameters(scheme_id: UUID, rule: AudienceRule) -> dict[str, Any]:
    if rule.reached_by is not None or rule.imported_in is not None:
        # Else it would mean everybody.
        raise ValueError("a list is of a rule, or of these very people")

    def values(words: Sequence[str] | None) -> list[str] | None:
        return [str(each) for each in words] if words is not None else None

    return {
        "scheme": scheme_id,
        "kinds": values(rule.kinds),
        "topics": values(rule.topics),
        "languages": values(rule.languages),
        "registrations": list(rule.registrations) if rule.registrations is not None else None,
    }


def _entry(row: Any, wanted: Wanted) -> Entry:
    found = row._mapping
    return Entry(
        id=row.id,
        number=row.number,
        kind=Kind(row.kind),
        language=Language(row.language),
        registered_on=row.registered_on,
        topics=row.topics or "",
        sealed_profile=bytes(row.sealed_profile) if wanted.profile else None,
        contacts={
            each: (found[f"{each.value}_id"], bytes(found[each.value]))
            for each in wanted.contacts
            if found[f"{each.value}_id"] is not None
        },
    )
