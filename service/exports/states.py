"""The states of a list and the moves between them (ARCHITECTURE.md draws them)."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from service.errors import Conflict


class ExportState(StrEnum):
    REQUESTED = "requested"
    APPROVED = "approved"
    BUILDING = "building"
    """A worker writes it. One that died leaves it to the next, which begins again."""
    READY = "ready"
    """It can be downloaded, once."""
    DOWNLOADED = "downloaded"
    """Its holder has it, and cannot open it."""
    RELEASED = "released"
    """Its key was handed over: from now on its holder can open it."""
    EXPIRED = "expired"
    """Its key is destroyed. Nobody can open any copy who had not the key before."""
    REFUSED = "refused"


MOVES: Final[Mapping[ExportState, frozenset[ExportState]]] = {
    ExportState.REQUESTED: frozenset({ExportState.APPROVED, ExportState.REFUSED}),
    ExportState.APPROVED: frozenset({ExportState.BUILDING, ExportState.REFUSED}),
    ExportState.BUILDING: frozenset({ExportState.READY, ExportState.REFUSED}),
    ExportState.READY: frozenset({ExportState.DOWNLOADED, ExportState.EXPIRED, ExportState.REFUSED}),
    ExportState.DOWNLOADED: frozenset({ExportState.RELEASED, ExportState.EXPIRED}),
    ExportState.RELEASED: frozenset({ExportState.EXPIRED}),
    ExportState.EXPIRED: frozenset(),
    ExportState.REFUSED: frozenset(),
}

VOIDED_BY_ANOTHER_KEY: Final = (
    ExportState.REQUESTED,
    ExportState.APPROVED,
    ExportState.BUILDING,
    ExportState.READY,
)
"""What is refused when the key that it was asked for goes: the approval was over that very key."""


class WrongState(Conflict):
    """The list is not in a state that allows this."""

    code = "wrong-state"
