"""Making a scheme what its file says: `kept scheme apply`, with the keys that it needs, and the page for it.

Running it again changes nothing. A topic is never taken away from a scheme that has it: people have
chosen it, and would silently hear no more. The public list of a scheme that is there changes only when a
second person agrees; until then what the file says of it is a proposal.
"""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlmodel import col, select
from uuid6 import uuid7

from service.audit import chain
from service.audit.events import KeyMade, SchemeApplied
from service.crypto.canonical import canonical_sha256
from service.crypto.keystore import INSTALLATION_KEYS, KeyStore, Purpose
from service.crypto.private_keys import sealing_public_half
from service.database import Transaction
from service.errors import Conflict
from service.schemes.file import SchemeFile
from service.schemes.public_list import Detail, details_in, details_of, differences, propose
from service.schemes.reading import NoSuchScheme
from service.schemes.tables import PublicDetail, Scheme, SchemeTopic, SealingKeyRow
from service.staff.principal import Staff, require
from service.staff.roles import Act

FROM_THE_FILE: Final = "The scheme's file says so."


class TopicInUse(Conflict):
    """A topic that a scheme has is never taken away: people have chosen it."""

    code = "topic-in-use"


async def apply(tx: Transaction, file: SchemeFile, keys: KeyStore, *, actor: str, now: datetime) -> UUID:
    """Make or change the scheme of `file.slug`; the scheme's id.

    The public list of one that is there is not changed: `waiting` has what a second person has to agree to.
    Raises `TopicInUse`, and `Invalid` for an address on the public list that is none.
    """
    await _installation_keys(tx, keys, actor=actor, now=now)
    details = details_in(file.public_list)
    scheme = (await tx.exec(select(Scheme).where(Scheme.slug == file.slug))).one_or_none()
    if scheme is None:
        scheme = Scheme(id=uuid7(), slug=file.slug, created_at=now, **_settings(file))
        tx.add(scheme)
        await tx.flush()
        await _apply_topics(tx, scheme.id, file)
        tx.add_all(PublicDetail(scheme_id=scheme.id, kind=kind, value=value) for kind, value in details)
    else:
        await _change(tx, scheme, file, details, by=actor, now=now)
    await _sealing_key(tx, scheme.id, keys, actor=actor, now=now)
    await _record(tx, scheme.id, file, actor=actor, now=now)
    return scheme.id


async def change(tx: Transaction, staff: Staff, file: SchemeFile, *, now: datetime) -> int:
    """Make the scheme of `file.slug`, which is there, what the file says; how many changes to its list wait.

    Raises `NotYourRole`, `NoSuchScheme`, `TopicInUse`, `Invalid`. A new scheme needs keys, which only
    `kept scheme apply` makes.
    """
    require(staff, Act.EDIT_SCHEME)
    details = details_in(file.public_list)
    scheme = (await tx.exec(select(Scheme).where(Scheme.slug == file.slug).with_for_update())).one_or_none()
    if scheme is None:
        raise NoSuchScheme
    proposed = await _change(tx, scheme, file, details, by=staff.subject, now=now)
    await _record(tx, scheme.id, file, actor=staff.subject, now=now)
    return proposed


async def _change(
    tx: Transaction, scheme: Scheme, file: SchemeFile, details: set[Detail], *, by: str, now: datetime
) -> int:
    for name, value in _settings(file).items():
        setattr(scheme, name, value)
    await tx.flush()
    await _apply_topics(tx, scheme.id, file)
    wanted = differences(await details_of(tx, scheme.id), details)
    return await propose(tx, scheme.id, wanted, why=FROM_THE_FILE, by=by, now=now)


async def _record(tx: Transaction, scheme: UUID, file: SchemeFile, *, actor: str, now: datetime) -> None:
    digest = canonical_sha256(file.model_dump(mode="json"))
    await chain.append(tx, SchemeApplied(actor=actor, scheme=scheme, settings_sha256=digest), now=now)


def _settings(file: SchemeFile) -> dict[str, Any]:
    return {
        "name_en": file.name.en,
        "name_cy": file.name.cy,
        "open": file.open,
        "closed_on": file.closed_on,
        "privacy_notice": file.privacy_notice,
        "privacy_notice_version": file.privacy_notice_version,
        "lawful_basis": file.lawful_basis,
        "reply_to_id": file.reply_to_id,
        "about": file.about.model_dump(mode="json"),
    }


async def _apply_topics(tx: Transaction, scheme_id: UUID, file: SchemeFile) -> None:
    have = {
        topic.code: topic
        for topic in await tx.exec(select(SchemeTopic).where(SchemeTopic.scheme_id == scheme_id))
    }
    gone = sorted(have.keys() - {topic.code for topic in file.topics})
    if gone:
        raise TopicInUse(f"The scheme has topics that the file leaves out: {', '.join(gone)}.")
    for position, topic in enumerate(file.topics):
        row = have.get(topic.code) or SchemeTopic(
            scheme_id=scheme_id, code=topic.code, en="", cy="", position=0
        )
        row.en, row.cy, row.position = topic.en, topic.cy, position
        tx.add(row)
    await tx.flush()


async def _installation_keys(tx: Transaction, keys: KeyStore, *, actor: str, now: datetime) -> None:
    have = {name.purpose for name in keys.names()}
    for purpose in INSTALLATION_KEYS:
        if purpose not in have:
            name = keys.make(purpose)
            await chain.append(tx, KeyMade(actor=actor, purpose=purpose.value, key_id=name.key_id), now=now)


async def _sealing_key(
    tx: Transaction, scheme_id: UUID, keys: KeyStore, *, actor: str, now: datetime
) -> None:
    current = await tx.exec(
        select(SealingKeyRow).where(
            SealingKeyRow.scheme_id == scheme_id, col(SealingKeyRow.retired_at).is_(None)
        )
    )
    if current.one_or_none() is not None:
        return
    # On the disk before the row is committed: a public key without its private half would lose people.
    name = keys.make(Purpose.SEALING)
    tx.add(
        SealingKeyRow(
            key_id=name.key_id,
            scheme_id=scheme_id,
            public_key=sealing_public_half(keys.get(name)),
            made_at=now,
        )
    )
    await tx.flush()
    await chain.append(tx, KeyMade(actor=actor, purpose=Purpose.SEALING.value, key_id=name.key_id), now=now)
