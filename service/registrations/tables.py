"""Registrations, contacts, the letterbox, confirmations.

No column here holds a detail of a person in the clear: what was typed is sealed, what is looked up
is a blind index, what is in a link is stored as its SHA-256. No table can hold two addresses for one
contact, or one address for two contacts of a scheme and channel.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, ForeignKeyConstraint, Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel

from service.database import BYTES, MOMENT, words
from service.notify.one_by_one import OneMessage
from service.registrations.states import ConfirmationState, RegistrationState
from service.registrations.words import Channel, Choice, GivenBy, Kind, Language, Purpose, Relationship


class Intake(SQLModel, table=True):
    """The letterbox. The public process inserts the first four columns and can read none.

    No server defaults: SQLAlchemy would add RETURNING, which an INSERT-only role may not use.
    """

    __tablename__ = "intake"
    __table_args__ = (Index("intake_in_order", "received_at", postgresql_where=text("set_aside_at IS NULL")),)

    id: UUID = Field(primary_key=True)
    scheme_id: UUID = Field(foreign_key="schemes.id")
    sealed: bytes = Field(sa_type=BYTES)
    received_at: datetime = Field(sa_type=MOMENT)
    set_aside_at: datetime | None = Field(default=None, sa_type=MOMENT)
    """When a worker could not use it: a person must look."""


class Registration(SQLModel, table=True):
    """A person's or organisation's standing wish to be told."""

    __tablename__ = "registrations"
    __table_args__ = (
        CheckConstraint(
            "(kind = 'representative') = (relationship IS NOT NULL)",
            name="representatives_have_a_relationship",
        ),
        CheckConstraint(
            "state <> 'confirmed' OR confirmed_at IS NOT NULL", name="confirmed_when_it_was_confirmed"
        ),
        CheckConstraint("(state = 'left') = (left_at IS NOT NULL)", name="left_when_they_left"),
        Index("registrations_of_a_scheme", "scheme_id", "state"),
        Index("registrations_that_belong_to_one", "belongs_to"),
        CheckConstraint(
            "imported_in IS NOT NULL OR NOT awaits_notice", name="only_the_imported_await_a_notice"
        ),
        Index("registrations_that_await_a_notice", "imported_in", postgresql_where=text("awaits_notice")),
    )

    id: UUID = Field(primary_key=True)
    scheme_id: UUID = Field(foreign_key="schemes.id")
    number: str = Field(unique=True)
    """What a person can say on the telephone: `KI-7F3K-9QXM`. It gives no access."""
    kind: Kind = Field(sa_type=words(Kind, "registration_kind"))
    relationship: Relationship | None = Field(
        default=None, sa_type=words(Relationship, "registration_relationship")
    )
    language: Language = Field(sa_type=words(Language, "registration_language"))
    contact_by: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    formats: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    state: RegistrationState = Field(sa_type=words(RegistrationState, "registration_state"))
    sealed_profile: bytes = Field(sa_type=BYTES)
    """Name, organisation: JSON, sealed."""
    unsubscribe_hash: bytes = Field(sa_type=BYTES, unique=True)
    unsubscribe_generation: int = 0
    lawful_basis: str
    privacy_notice_version: str
    created_at: datetime = Field(sa_type=MOMENT)
    confirmed_at: datetime | None = Field(default=None, sa_type=MOMENT)
    left_at: datetime | None = Field(default=None, sa_type=MOMENT)
    paused_until: datetime | None = Field(default=None, sa_type=MOMENT)
    belongs_to: UUID | None = Field(default=None, foreign_key="registrations.id", ondelete="SET NULL")
    """The first registration of an organisation that has several inboxes (docs/decisions/0009)."""
    given_by: GivenBy | None = Field(default=None, sa_type=words(GivenBy, "registration_given_by"))
    """How it came to a caseworker who typed it; None where they registered themselves."""
    imported_in: UUID | None = None
    """The list that it was brought in with (docs/decisions/0017)."""
    awaits_notice: bool = False
    """Nobody has told them yet that their address was written down here: nothing else is sent before."""


class RegistrationTopic(SQLModel, table=True):
    __tablename__ = "registration_topics"

    registration_id: UUID = Field(primary_key=True, foreign_key="registrations.id", ondelete="CASCADE")
    code: str = Field(primary_key=True)


class Contact(SQLModel, table=True):
    """One sealed address of one scheme and channel, unique; people may share one."""

    __tablename__ = "contacts"
    __table_args__ = (
        UniqueConstraint("scheme_id", "channel", "blind_index", name="one_contact_an_address"),
        UniqueConstraint("id", "channel", name="contacts_by_id_and_channel"),
        CheckConstraint("octet_length(blind_index) = 32", name="an_index_is_a_mac"),
        CheckConstraint("(channel = 'letter') = (place_index IS NOT NULL)", name="letters_go_to_a_place"),
        Index("contacts_at_a_place", "place_index", postgresql_where=text("place_index IS NOT NULL")),
        Index("contacts_suppressed", "id", postgresql_where=text("suppressed_at IS NOT NULL")),
    )

    id: UUID = Field(primary_key=True)
    scheme_id: UUID = Field(foreign_key="schemes.id")
    channel: Channel = Field(sa_type=words(Channel, "contact_channel"))
    blind_index: bytes = Field(sa_type=BYTES)
    sealed: bytes = Field(sa_type=BYTES)
    created_at: datetime = Field(sa_type=MOMENT)
    asked_at: list[datetime] = Field(default_factory=list, sa_column=Column(ARRAY(MOMENT), nullable=False))
    """When its holder was last asked to confirm something; the last three."""
    place_index: bytes | None = Field(default=None, sa_type=BYTES)
    """Of a postal address: the blind index of the place, without the name. Neighbours in a home share it."""
    suppressed_at: datetime | None = Field(default=None, sa_type=MOMENT)
    suppressed_why: str | None = None
    """`permanent-failure`, or `do-not-contact`, which only staff lift."""


class RegistrationContact(SQLModel, table=True):
    """That a registration can be reached at a contact, and whether its holder has said so."""

    __tablename__ = "registration_contacts"
    __table_args__ = (
        ForeignKeyConstraint(["contact_id", "channel"], ["contacts.id", "contacts.channel"]),
        # Another address of the same channel waits beside it, until it is confirmed and takes its place.
        Index(
            "one_confirmed_contact_a_channel",
            "registration_id",
            "channel",
            unique=True,
            postgresql_where=text("confirmed_at IS NOT NULL"),
        ),
        Index("registrations_at_a_contact", "contact_id"),
    )

    registration_id: UUID = Field(primary_key=True, foreign_key="registrations.id", ondelete="CASCADE")
    contact_id: UUID = Field(primary_key=True)
    channel: Channel = Field(sa_type=words(Channel, "registration_contact_channel"))
    position: int
    """The person's own order: an update uses the first that is confirmed and has words."""
    confirmed_at: datetime | None = Field(default=None, sa_type=MOMENT)


class Confirmation(OneMessage, table=True):
    """One message to the holder of one contact, with at most one link.

    What its link or code does is said by its purpose. For an address that is already confirmed it holds
    the sealed change that somebody asked for, which only this link can apply.
    """

    __tablename__ = "confirmations"
    __table_args__ = (
        CheckConstraint(
            "(purpose = 'change') = (registration_id IS NULL)", name="changes_have_no_registration"
        ),
        CheckConstraint("(purpose = 'change') = (sealed_change IS NOT NULL)", name="only_changes_are_sealed"),
        CheckConstraint("(find_hash IS NULL) = (prove_hash IS NULL)", name="a_code_is_found_and_proved"),
        CheckConstraint("tries BETWEEN 0 AND 5", name="a_code_has_five_tries"),
        CheckConstraint("(state = 'sent') <= (expires_at IS NOT NULL)", name="links_end"),
        Index("confirmations_of_a_contact", "contact_id", "created_at"),
        Index("confirmations_sent", "sent_at"),
        Index("confirmations_by_code", "find_hash", postgresql_where=text("find_hash IS NOT NULL")),
        Index(
            "confirmations_to_remind_of", "sent_at", postgresql_where=text("state = 'sent' AND NOT reminded")
        ),
        Index(
            "confirmations_to_do",
            "try_at",
            postgresql_where=text("state IN ('due', 'claimed', 'uncertain')"),
        ),
        Index(
            "confirmations_to_ring",
            "try_at",
            postgresql_where=text("state = 'to_ring' AND used_at IS NULL"),
        ),
        Index(
            "changes_to_apply",
            "used_at",
            postgresql_where=text("choice IS NOT NULL AND applied_at IS NULL"),
        ),
    )

    scheme_id: UUID = Field(foreign_key="schemes.id")
    contact_id: UUID = Field(foreign_key="contacts.id")
    registration_id: UUID | None = Field(default=None, foreign_key="registrations.id", ondelete="CASCADE")
    purpose: Purpose = Field(sa_type=words(Purpose, "confirmation_purpose"))
    sealed_change: bytes | None = Field(default=None, sa_type=BYTES)
    becomes: Relationship | None = Field(default=None, sa_type=words(Relationship, "confirmation_becomes"))
    """Who takes the registration over once this contact is confirmed, as its representative."""
    language: Language = Field(sa_type=words(Language, "confirmation_language"))
    state: ConfirmationState = Field(sa_type=words(ConfirmationState, "confirmation_state"))
    reminded: bool = False
    """Whether its holder was reminded, or this is the reminder: there is one."""
    reminds: bool = False
    token_hash: bytes | None = Field(default=None, sa_type=BYTES, unique=True)
    find_hash: bytes | None = Field(default=None, sa_type=BYTES)
    """Of a code: SHA-256("find" ‖ challenge). Of a letter's, the registration's number is the challenge."""
    prove_hash: bytes | None = Field(default=None, sa_type=BYTES)
    """SHA-256("prove" ‖ challenge ‖ code)."""
    tries: int = 0
    expires_at: datetime | None = Field(default=None, sa_type=MOMENT)
    used_at: datetime | None = Field(default=None, sa_type=MOMENT)
    choice: Choice | None = Field(default=None, sa_type=words(Choice, "confirmation_choice"))
    applied_at: datetime | None = Field(default=None, sa_type=MOMENT)


class JourneyAnswers(SQLModel, table=True):
    """Answers on their way through a form of several pages; only the browser has the key."""

    __tablename__ = "journey_answers"

    id_hash: bytes = Field(primary_key=True, sa_type=BYTES)
    encrypted: bytes = Field(sa_type=BYTES)
    expires_at: datetime = Field(sa_type=MOMENT, index=True)


class EndedConfirmation(SQLModel, table=True):
    """The bare id of a confirmation that was handed over and deleted since (a trigger writes it).

    Notify lists messages for seven days: without this, one would look like a message that is not ours.
    """

    __tablename__ = "ended_confirmations"

    id: UUID = Field(primary_key=True)
    ended_at: datetime = Field(sa_type=MOMENT)
