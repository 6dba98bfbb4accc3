"""The ledger: one row for one update to one contact, one row for each hand-over, one for each receipt."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from service.database import BYTES, MOMENT, words
from service.deliveries.states import DeliveryState
from service.registrations.words import Channel


class Need(StrEnum):
    """What a person needs and Notify cannot do: somebody rings, or sends it in another format."""

    PHONE = "phone"
    LARGE_PRINT = "large-print"
    BRAILLE = "braille"
    AUDIO = "audio"
    BSL = "bsl"
    EASY_READ = "easy-read"


class Delivery(SQLModel, table=True):
    """One update to one contact. There is no column for a second one."""

    __tablename__ = "deliveries"
    __table_args__ = (
        UniqueConstraint("update_id", "contact_id", name="an_update_reaches_a_contact_once"),
        CheckConstraint("(state = 'claimed') = (lease_until IS NOT NULL)", name="a_claim_has_a_lease"),
        Index("deliveries_to_claim", "update_id", "id", postgresql_where=text("state = 'planned'")),
        Index(
            "deliveries_in_flight",
            "state",
            postgresql_where=text("state IN ('claimed', 'uncertain', 'accepted')"),
        ),
        Index("deliveries_by_outcome", "update_id", "state"),
        Index("deliveries_instead", "instead_of", postgresql_where=text("instead_of IS NOT NULL")),
    )

    id: UUID = Field(primary_key=True)
    update_id: UUID = Field(foreign_key="updates.id")
    contact_id: UUID
    """No foreign key: after an erasure the delivery keeps a bare id."""
    channel: Channel = Field(sa_type=words(Channel, "delivery_channel"))
    state: DeliveryState = Field(sa_type=words(DeliveryState, "delivery_state"))
    attempts: int = 0
    lease_until: datetime | None = Field(default=None, sa_type=MOMENT)
    changed_at: datetime = Field(sa_type=MOMENT)
    instead_of: UUID | None = Field(default=None, foreign_key="deliveries.id")
    """The delivery that can never arrive, where this is somebody's next channel."""


class PassedOn(SQLModel, table=True):
    """One person whom an update could not reach at one contact, and the next contact that it goes to."""

    __tablename__ = "passed_on"
    __table_args__ = (
        Index("passed_on_to_a_contact", "update_id", "contact_id"),
        Index("passed_on_from_a_delivery", "from_delivery"),
    )

    update_id: UUID = Field(primary_key=True, foreign_key="updates.id")
    registration_id: UUID = Field(primary_key=True)
    """A bare id: it outlives an erasure."""
    from_delivery: UUID = Field(primary_key=True, foreign_key="deliveries.id")
    contact_id: UUID
    channel: Channel = Field(sa_type=words(Channel, "passed_on_channel"))
    passed_at: datetime = Field(sa_type=MOMENT)


class Fulfilment(SQLModel, table=True):
    """One thing that one person of an update needs besides, or instead of, a message. Frozen with them."""

    __tablename__ = "fulfilments"

    update_id: UUID = Field(primary_key=True, foreign_key="updates.id")
    registration_id: UUID = Field(primary_key=True)
    """A bare id: it outlives an erasure."""
    need: Need = Field(primary_key=True, sa_type=words(Need, "fulfilment_need"))
    done_at: datetime | None = Field(default=None, sa_type=MOMENT)
    done_by: str | None = None
    """Who of staff said that it was done."""


class Attempt(SQLModel, table=True):
    """One hand-over, written and committed before it happens. Its reference is what Notify is asked for."""

    __tablename__ = "attempts"
    __table_args__ = (
        UniqueConstraint("delivery_id", "number", name="attempts_are_numbered"),
        Index("attempts_to_ask_about", "ask_at", postgresql_where=text("ask_at IS NOT NULL")),
        Index("attempts_by_time", "started_at"),
    )

    id: UUID = Field(primary_key=True)
    delivery_id: UUID = Field(foreign_key="deliveries.id")
    number: int
    reference: str = Field(unique=True)
    started_at: datetime = Field(sa_type=MOMENT)
    outcome: str | None = None
    """accepted, not-sent, refused, unknown, missed, set-aside; empty while it is in the air."""
    notify_id: UUID | None = None
    ask_at: datetime | None = Field(default=None, sa_type=MOMENT)
    """When Notify is to be asked about it: what became of the hand-over, or of an accepted message."""
    misses: int = 0
    notify_erred: bool = Field(default=False, sa_column_kwargs={"server_default": "false"})
    """Whether Notify itself answered with a 500 of its own shape, which a bad payload gets for ever."""
    seen_at: datetime | None = Field(default=None, sa_type=MOMENT)
    """When Notify's own list had it."""


class Receipt(SQLModel, table=True):
    """What Notify told us about one message. Its `to` is dropped before anything else sees it."""

    __tablename__ = "receipts"
    __table_args__ = (Index("receipts_to_apply", "received_at", postgresql_where=text("applied_at IS NULL")),)

    id: UUID = Field(primary_key=True)
    reference: str = Field(index=True)
    notify_id: UUID
    status: str
    received_at: datetime = Field(sa_type=MOMENT)
    applied_at: datetime | None = Field(default=None, sa_type=MOMENT)


class Duplicate(SQLModel, table=True):
    """A second acceptance of one delivery. It is counted, in the certificate, and never hidden."""

    __tablename__ = "duplicates"

    notify_id: UUID = Field(primary_key=True)
    delivery_id: UUID = Field(foreign_key="deliveries.id", index=True)
    found_at: datetime = Field(sa_type=MOMENT)


class Certificate(SQLModel, table=True):
    """What became of everybody, signed. A request for one sets `asked_at`; a worker makes it."""

    __tablename__ = "certificates"

    update_id: UUID = Field(primary_key=True, foreign_key="updates.id")
    asked_at: datetime = Field(sa_type=MOMENT)
    made_at: datetime | None = Field(default=None, sa_type=MOMENT)
    body: dict[str, Any] | None = Field(default=None, sa_column=Column(JSONB))
    signature: bytes | None = Field(default=None, sa_type=BYTES)


class Comparison(SQLModel, table=True):
    """One comparison of Notify's own list with the ledger, written down when it was done."""

    __tablename__ = "comparisons"
    __table_args__ = (Index("comparisons_in_order", "until"),)

    id: UUID = Field(primary_key=True)
    since: datetime = Field(sa_type=MOMENT)
    until: datetime = Field(sa_type=MOMENT)
    listed: int
    """Messages that Notify listed."""
    adopted: int
    """Messages of ours that the ledger did not know: it is an older copy."""
    unowned: int
    """Messages that are not ours."""
    missing: int
    """Messages of ours that Notify did not list."""
    done_at: datetime = Field(sa_type=MOMENT)
