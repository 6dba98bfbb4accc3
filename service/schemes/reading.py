"""What other features may know of a scheme."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from uuid import UUID

from sqlmodel import col, select

from service.crypto.envelope import KeyId
from service.crypto.sealing import SealingKey
from service.database import Transaction
from service.errors import NotFound
from service.schemes.about import About
from service.schemes.tables import DetailKind, PublicDetail, Scheme, SchemeTopic, SealingKeyRow


class NoSuchScheme(NotFound):
    """There is no scheme of this name."""

    code = "no-such-scheme"


@dataclass(frozen=True)
class Topic:
    code: str
    en: str
    cy: str


@dataclass(frozen=True)
class SchemeView:
    """A scheme with its topics, and the key that its letterbox seals to."""

    id: UUID
    slug: str
    name: Mapping[str, str]
    """By language: `en`, `cy`."""
    open: bool
    closed_on: date | None
    privacy_notice: str
    privacy_notice_version: str
    lawful_basis: str
    reply_to_id: str | None
    topics: tuple[Topic, ...]
    sealing_key: SealingKey | None
    about: About


@dataclass(frozen=True)
class PublicList:
    """What a scheme publishes of itself, in index form: the guard and the checks let it pass."""

    emails: frozenset[str]
    phones: frozenset[str]
    hosts: frozenset[str] = frozenset()
    postcodes: frozenset[str] = frozenset()
    references: frozenset[str] = frozenset()


async def find_scheme(tx: Transaction, slug: str) -> SchemeView:
    """The scheme called `slug`. Raises `NoSuchScheme`."""
    views = await _views(tx, (await tx.exec(select(Scheme).where(Scheme.slug == slug))).all())
    if not views:
        raise NoSuchScheme
    return views[0]


async def get_scheme(tx: Transaction, scheme_id: UUID) -> SchemeView:
    """The scheme with this id. Raises `NoSuchScheme`."""
    views = await _views(tx, (await tx.exec(select(Scheme).where(Scheme.id == scheme_id))).all())
    if not views:
        raise NoSuchScheme
    return views[0]


async def all_schemes(tx: Transaction) -> list[SchemeView]:
    """Every scheme, by slug."""
    return await _views(tx, (await tx.exec(select(Scheme).order_by(Scheme.slug))).all())


async def public_list(tx: Transaction, scheme_id: UUID) -> PublicList:
    """What the outgoing guard and the checks let pass for this scheme."""
    rows = (await tx.exec(select(PublicDetail).where(PublicDetail.scheme_id == scheme_id))).all()

    def of(kind: DetailKind) -> frozenset[str]:
        return frozenset(row.value for row in rows if row.kind is kind)

    return PublicList(
        emails=of(DetailKind.EMAIL),
        phones=of(DetailKind.PHONE),
        hosts=of(DetailKind.HOST),
        postcodes=of(DetailKind.POSTCODE),
        references=of(DetailKind.REFERENCE),
    )


def as_compared(number: str) -> str:
    """A postcode or a reference in index form."""
    return re.sub(r"[\s-]", "", number).upper()


async def _views(tx: Transaction, schemes: Sequence[Scheme]) -> list[SchemeView]:
    """Three queries, however many schemes."""
    ids = [scheme.id for scheme in schemes]
    topics: dict[UUID, list[Topic]] = {scheme_id: [] for scheme_id in ids}
    for topic in await tx.exec(
        select(SchemeTopic)
        .where(col(SchemeTopic.scheme_id).in_(ids))
        .order_by(col(SchemeTopic.position), col(SchemeTopic.code))
    ):
        topics[topic.scheme_id].append(Topic(topic.code, topic.en, topic.cy))
    keys = {
        row.scheme_id: SealingKey(KeyId(row.key_id), row.public_key)
        for row in await tx.exec(
            select(SealingKeyRow).where(
                col(SealingKeyRow.scheme_id).in_(ids), col(SealingKeyRow.retired_at).is_(None)
            )
        )
    }
    return [
        SchemeView(
            id=scheme.id,
            slug=scheme.slug,
            name=MappingProxyType({"en": scheme.name_en, "cy": scheme.name_cy}),
            open=scheme.open,
            closed_on=scheme.closed_on,
            privacy_notice=scheme.privacy_notice,
            privacy_notice_version=scheme.privacy_notice_version,
            lawful_basis=scheme.lawful_basis,
            reply_to_id=scheme.reply_to_id,
            topics=tuple(topics[scheme.id]),
            sealing_key=keys.get(scheme.id),
            about=About.model_validate(scheme.about),
        )
        for scheme in schemes
    ]
