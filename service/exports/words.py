"""The words that describe a list: what it is for, and why it came to nothing."""

from enum import StrEnum


class Purpose(StrEnum):
    """What a list may be for (contract.md, Staff JSON API). To write to people is not among them."""

    CASE_MATCHING = "case-matching"
    CALL_BACK = "call-back"
    POST = "post"
    LEGAL = "legal"
    REGULATOR = "regulator"


MESSAGING = "messaging"
"""What lists are never for: for that there are updates."""


class Decision(StrEnum):
    APPROVE = "approve"
    REFUSE = "refuse"


class Refusal(StrEnum):
    """Why there is no list."""

    DECLINED = "declined"
    """Whoever was asked said no."""
    KEY_CHANGED = "key-changed"
    """The key that it was asked for was revoked, or another took its place."""
    TOO_MANY = "too-many"
    """More people are meant than were asked for."""
    CANNOT_OPEN = "cannot-open"
    """Something of somebody does not open: an operator must look."""
