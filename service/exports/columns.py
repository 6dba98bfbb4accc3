"""What a list may hold of a registration. Whoever asks for a list names each of them (contract.md)."""

from enum import StrEnum
from typing import Final


class Column(StrEnum):
    """One column of a list, under the name that stands in its header row."""

    NUMBER = "number"
    KIND = "kind"
    NAME = "name"
    ORGANISATION = "organisation"
    EMAIL = "email"
    MOBILE = "mobile"
    POSTAL_ADDRESS = "postal_address"
    LANGUAGE = "language"
    TOPICS = "topics"
    REGISTERED_ON = "registered_on"


CONTACT_COLUMNS: Final = frozenset({Column.EMAIL, Column.MOBILE, Column.POSTAL_ADDRESS})
"""Those by which somebody can be reached: a list with one of them needs a senior's approval."""
