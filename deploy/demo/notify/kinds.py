"""The few words that every file here uses."""

from dataclasses import dataclass, field
from typing import Final, Literal

MessageType = Literal["email", "sms", "letter"]
KeyType = Literal["live", "team", "test"]
MESSAGE_TYPES: Final[tuple[MessageType, ...]] = (
    "sms",
    "email",
    "letter",
)  # in the order of Notify's messages
KEY_TYPES: Final[tuple[KeyType, ...]] = ("live", "team", "test")

STATUSES: Final = (
    "cancelled",
    "created",
    "sending",
    "sent",
    "delivered",
    "pending",
    "failed",
    "technical-failure",
    "temporary-failure",
    "permanent-failure",
    "pending-virus-check",
    "validation-failed",
    "virus-scan-failed",
    "returned-letter",
    "accepted",
    "received",
)


@dataclass(frozen=True, slots=True)
class Key:
    """An API key of the service. Its `repr` leaves the secret out."""

    secret: str = field(repr=False)
    type: KeyType
    name: str
    revoked: bool = False
