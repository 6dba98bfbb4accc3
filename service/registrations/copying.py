"""A copy of what is held of a person, for that person alone (UK GDPR, article 15). Workers only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text

from service.database import Transaction
from service.registrations.states import RegistrationState
from service.registrations.wording import ALL, Written, in_words
from service.registrations.words import Channel, ContactBy, Format, Kind, Language, Relationship

HELD: Final = text("""
    SELECT r.id, r.number, r.state, r.kind, r.relationship, r.language, r.contact_by, r.formats,
        r.sealed_profile, r.lawful_basis, r.privacy_notice_version, r.created_at, r.confirmed_at, r.left_at,
        CASE WHEN r.paused_until > :now THEN r.paused_until END AS paused_until,
        r.belongs_to IS NOT NULL AS belongs,
        (SELECT array_agg(t.code ORDER BY t.code) FROM registration_topics t
            WHERE t.registration_id = r.id) AS topics,
        (SELECT json_agg(json_build_array(k.id, k.channel, encode(k.sealed, 'hex'),
                rc.confirmed_at IS NOT NULL, k.suppressed_at IS NOT NULL) ORDER BY rc.position, k.id)
            FROM registration_contacts rc JOIN contacts k ON k.id = rc.contact_id
            WHERE rc.registration_id = r.id) AS contacts
    FROM registrations r WHERE r.id = ANY (:ids)
""")


@dataclass(frozen=True, slots=True)
class HeldContact:
    """An address of theirs, still sealed."""

    id: UUID
    channel: Channel
    sealed: bytes = field(repr=False)
    confirmed: bool
    suppressed: bool


@dataclass(frozen=True, slots=True)
class Held:
    """Everything that is held of one registration, what is sealed still sealed."""

    id: UUID
    number: str
    state: RegistrationState
    kind: Kind
    relationship: Relationship | None
    language: Language
    contact_by: tuple[ContactBy, ...]
    formats: tuple[Format, ...]
    sealed_profile: bytes = field(repr=False)
    lawful_basis: str
    privacy_notice_version: str
    created_at: datetime
    confirmed_at: datetime | None
    left_at: datetime | None
    paused_until: datetime | None
    belongs: bool
    topics: tuple[str, ...]
    contacts: tuple[HeldContact, ...]


@dataclass(frozen=True, slots=True)
class Opened:
    """What was sealed, in the clear. Its `repr` shows none of it."""

    name: str | None = field(repr=False)
    organisation: str | None = field(repr=False)
    contacts: tuple[tuple[HeldContact, str], ...] = field(repr=False)


async def held_of(tx: Transaction, ids: Sequence[UUID], *, now: datetime) -> dict[UUID, Held]:
    """What is held of each of these registrations."""
    rows = await tx.execute(HELD, {"ids": list(ids), "now": now})
    return {row.id: _held(row) for row in rows}


def copy_words(
    held: Held,
    opened: Opened,
    told: Sequence[date],
    *,
    language: Language,
    channel: Channel,
    scheme: str,
    topics: Mapping[str, str],
) -> Written:
    """The copy, in whole sentences of plain text: Notify shows every sign of markdown in it as it is.

    `told`: the days on which they were sent an update. `topics`: the scheme's own names, by code.
    """
    says = ALL[language]["held"]

    def day(moment: date) -> str:
        return in_words(moment, language)

    lines = [
        says["number"].format(number=held.number),
        says["kind"].format(kind=says[held.kind]),
        *([says["relationship"].format(relationship=says[held.relationship])] if held.relationship else []),
        *([says["named"].format(name=one_line(opened.name))] if opened.name else []),
        *([says["organisation"].format(name=one_line(opened.organisation))] if opened.organisation else []),
        *([says["belongs"]] if held.belongs else []),
        says["language"].format(language=says[held.language]),
        says["topics"].format(topics="; ".join(topics.get(code, code) for code in held.topics)),
        *(_contact(says, contact, plain) for contact, plain in opened.contacts),
        says["formats"].format(formats="; ".join(says[need] for need in held.formats) or says["none"]),
        says["since"].format(day=day(held.created_at)),
        *([says["confirmed"].format(day=day(held.confirmed_at))] if held.confirmed_at else []),
        *([says["left"].format(day=day(held.left_at))] if held.left_at else []),
        *([says["paused"].format(day=day(held.paused_until))] if held.paused_until else []),
        says["basis"].format(basis=held.lawful_basis, version=held.privacy_notice_version),
        says["told"].format(count=len(told), days="; ".join(map(day, told)) or says["none"]),
    ]
    copy = ALL[language]["copy"][channel.value]
    body = copy["body"].strip().format(scheme=scheme, held="\n\n".join(lines), number=held.number)
    return Written(subject=copy["subject"], body=body)


def one_line(typed: str) -> str:
    """What somebody typed, where it can neither begin a line nor end one."""
    return " ".join(typed.split())


def _contact(says: Mapping[str, str], contact: HeldContact, plain: str) -> str:
    state = "confirmed_way" if contact.confirmed else "waiting_way"
    return says["contact"].format(
        way=says[contact.channel],
        contact=one_line(plain.replace("\n", ", ")),
        state=says["stopped_way"] if contact.suppressed else says[state],
    )


def _held(row: Any) -> Held:
    return Held(
        id=row.id,
        number=row.number,
        state=RegistrationState(row.state),
        kind=Kind(row.kind),
        relationship=Relationship(row.relationship) if row.relationship else None,
        language=Language(row.language),
        contact_by=tuple(ContactBy(way) for way in row.contact_by),
        formats=tuple(Format(need) for need in row.formats),
        sealed_profile=bytes(row.sealed_profile),
        lawful_basis=row.lawful_basis,
        privacy_notice_version=row.privacy_notice_version,
        created_at=row.created_at,
        confirmed_at=row.confirmed_at,
        left_at=row.left_at,
        paused_until=row.paused_until,
        belongs=row.belongs,
        topics=tuple(row.topics or ()),
        contacts=tuple(
            HeldContact(UUID(contact_id), Channel(channel), bytes.fromhex(sealed), confirmed, suppressed)
            for contact_id, channel, sealed, confirmed, suppressed in row.contacts or ()
        ),
    )
