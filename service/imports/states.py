"""The states of an import, the moves between them, and what may become of a row."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class ImportState(StrEnum):
    ARRIVING = "arriving"
    """Its file is on its way here."""
    ARRIVED = "arrived"
    """The file is here, sealed. A worker looks what it is."""
    READ = "read"
    """Its sheets and columns are known. A person says what they are."""
    MATCHED = "matched"
    """The columns are said. A worker looks what would become of each row."""
    CHECKED = "checked"
    """What would become of each row is known: the dry run. A person decides."""
    COMMITTED = "committed"
    """A worker registers those who are new."""
    DONE = "done"
    REFUSED = "refused"
    """The file cannot be used; `why` is a code."""
    GIVEN_UP = "given_up"
    """Nothing of it was brought in."""


class Verdict(StrEnum):
    """What becomes of a row."""

    NEW = "new"
    """It would be registered."""
    REGISTERED = "registered"
    KNOWN = "known"
    """Somebody is registered at one of its addresses."""
    ASKED = "asked"
    """Its holder was asked to confirm the address, and has not answered."""
    DUPLICATE = "duplicate"
    """An earlier line has one of its addresses."""
    LEFT = "left"
    """They have left, and are not brought back."""
    DO_NOT_CONTACT = "do-not-contact"
    UNUSABLE = "unusable"
    """One of its fields breaks a rule."""


ENDED: Final = frozenset({ImportState.DONE, ImportState.REFUSED, ImportState.GIVEN_UP})

_GIVES_UP: Final = ImportState.GIVEN_UP
MOVES: Final[Mapping[ImportState, frozenset[ImportState]]] = {
    ImportState.ARRIVING: frozenset({ImportState.ARRIVED, _GIVES_UP}),
    ImportState.ARRIVED: frozenset({ImportState.READ, ImportState.REFUSED, _GIVES_UP}),
    ImportState.READ: frozenset({ImportState.MATCHED, _GIVES_UP}),
    ImportState.MATCHED: frozenset({ImportState.CHECKED, ImportState.REFUSED, _GIVES_UP}),
    # Columns may be said anew until it is committed.
    ImportState.CHECKED: frozenset({ImportState.MATCHED, ImportState.COMMITTED, _GIVES_UP}),
    ImportState.COMMITTED: frozenset({ImportState.DONE}),
    ImportState.DONE: frozenset(),
    ImportState.REFUSED: frozenset(),
    ImportState.GIVEN_UP: frozenset(),
}
