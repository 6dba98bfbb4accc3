"""`kept scheme apply`: makes a scheme what its file says, with the keys that it needs.

Running it again changes nothing. A topic is never taken away from a scheme that has it: people have
chosen it, and would silently hear no more.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete
from sqlmodel import col, select
from uuid6 import uuid7

from service.audit import chain
from service.audit.events import KeyMade, SchemeApplied
from service.crypto.canonical import canonical_sha256
from service.crypto.keystore import INSTALLATION_KEYS, KeyStore, Purpose
from service.crypto.private_keys import sealing_public_half
from service.database import Transaction
from service.errors import Conflict, Invalid
from service.notify.addresses import NotAnAddress, email_address, phone_number
from service.schemes.file import PublicListFile, SchemeFile
from service.schemes.reading import as_compared
from service.schemes.tables import DetailKind, PublicDetail, Scheme, SchemeTopic, SealingKeyRow


class TopicInUse(Conflict):
    """A topic that a scheme has is never taken away: people have chosen it."""

    code = "topic-in-use"


async def apply(tx: Transaction, file: SchemeFile, keys: KeyStore, *, actor: str, now: datetime) -> UUID:
    """Make or change the scheme of `file.slug`; the scheme's id.

    Raises `TopicInUse`, and `Invalid` for an address on the public list that is none.
    """
    await _installation_keys(tx, keys, actor=actor, now=now)
    details = _public_details(file.public_list)
    scheme = (await tx.exec(select(Scheme).where(Scheme.slug == file.slug))).one_or_none()
    if scheme is None:
        scheme = Scheme(id=uuid7(), slug=file.slug, created_at=now, **_settings(file))
        tx.add(scheme)
    else:
        for name, value in _settings(file).items():
            setattr(scheme, name, value)
    await tx.flush()
    await _apply_topics(tx, scheme.id, file)
    await tx.execute(delete(PublicDetail).where(col(PublicDetail.scheme_id) == scheme.id))
    tx.add_all(PublicDetail(scheme_id=scheme.id, kind=kind, value=value) for kind, value in details)
    await tx.flush()
    await _sealing_key(tx, scheme.id, keys, actor=actor, now=now)
    await chain.append(
        tx,
        SchemeApplied(
            actor=actor, scheme=scheme.id, settings_sha256=canonical_sha256(file.model_dump(mode="json"))
        ),
        now=now,
    )
    return scheme.id


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


def _public_details(given: PublicListFile) -> set[tuple[DetailKind, str]]:
    details: set[tuple[DetailKind, str]] = set()
    wrong: dict[str, str] = {}
    for position, text in enumerate(given.emails):
        try:
            details.add((DetailKind.EMAIL, email_address(text).index_form))
        except NotAnAddress as error:
            wrong[f"public_list.emails.{position}"] = str(error)
    for position, text in enumerate(given.phones):
        try:
            details.add((DetailKind.PHONE, phone_number(text).e164))
        except NotAnAddress as error:
            wrong[f"public_list.phones.{position}"] = str(error)
    if wrong:
        raise Invalid(wrong)
    details |= {(DetailKind.HOST, host) for host in given.hosts}
    details |= {(DetailKind.POSTCODE, as_compared(text)) for text in given.postcodes}
    details |= {(DetailKind.REFERENCE, as_compared(text)) for text in given.references}
    return details


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
