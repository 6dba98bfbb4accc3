"""What other features may ask about the people who registered: SQL that they use, never tables.

An update reaches a person by one channel: the first of their own order that is confirmed, that is not
suppressed, and that has words, or is a call.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Select, or_
from sqlalchemy import select as sa_select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlmodel import col

from service.registrations.states import RegistrationState
from service.registrations.tables import Contact, Registration, RegistrationContact, RegistrationTopic
from service.registrations.words import Channel, Kind, Language


@dataclass(frozen=True)
class AudienceRule:
    """Who an update is for. A key that was left out means all."""

    kinds: tuple[Kind, ...] | None = None
    topics: tuple[str, ...] | None = None
    languages: tuple[Language, ...] | None = None
    registrations: tuple[UUID, ...] | None = None
    """These very people, and no rule."""
    reached_by: UUID | None = None
    """Those whom something with this id reached, and no rule. Who they are, its own feature knows."""
    imported_in: UUID | None = None
    """Those of this list who await their notice, and no rule. Every other rule leaves them out."""


def reachable_people(
    scheme_id: UUID,
    rule: AudienceRule,
    channels: Sequence[Channel],
    *,
    reached: Select[UUID] | None = None,
    now: datetime,
) -> Select[UUID, UUID, Channel, Language]:
    """SQL: registration_id, contact_id, channel, language of everyone whom `rule` means and who can be told.

    `reached` gives the ids of those whom `rule.reached_by` means, where it is set.
    One row a registration, with the first of `channels` in the person's own order. Nobody who has left, has
    not confirmed, is paused, or was brought in with a list and has not been told so.
    """
    return (
        sa_select(
            col(Registration.id).label("registration_id"),
            col(RegistrationContact.contact_id).label("contact_id"),
            col(RegistrationContact.channel).label("channel"),
            col(Registration.language).label("language"),
        )
        .join(RegistrationContact, col(RegistrationContact.registration_id) == col(Registration.id))
        .join(Contact, col(Contact.id) == col(RegistrationContact.contact_id))
        .where(
            col(Registration.scheme_id) == scheme_id,
            col(Registration.state) == RegistrationState.CONFIRMED,
            or_(col(Registration.paused_until).is_(None), col(Registration.paused_until) <= now),
            col(RegistrationContact.confirmed_at).is_not(None),
            col(RegistrationContact.channel).in_(channels),
            col(Contact.suppressed_at).is_(None),
            col(Registration.awaits_notice).is_(rule.imported_in is not None),
            *_meant(rule, reached),
        )
        .ext(distinct_on(col(Registration.id)))
        .order_by(col(Registration.id), col(RegistrationContact.position))
    )


def _meant(rule: AudienceRule, reached: Select[UUID] | None) -> list[ColumnElement[bool]]:
    if rule.registrations is not None:
        return [col(Registration.id).in_(rule.registrations)]
    if rule.imported_in is not None:
        return [col(Registration.imported_in) == rule.imported_in]
    if rule.reached_by is not None:
        if reached is None:
            # Else it would mean everybody.
            raise ValueError("nobody said whom it reached")
        return [col(Registration.id).in_(reached)]
    conditions: list[ColumnElement[bool]] = []
    if rule.kinds is not None:
        conditions.append(col(Registration.kind).in_(rule.kinds))
    if rule.languages is not None:
        conditions.append(col(Registration.language).in_(rule.languages))
    if rule.topics is not None:
        chosen = sa_select(col(RegistrationTopic.registration_id)).where(
            col(RegistrationTopic.code).in_(rule.topics)
        )
        conditions.append(col(Registration.id).in_(chosen))
    return conditions
