"""The demo's people, named by what they do (contract.md, after the table of roles)."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody made up. `name` is what they are called in commands and on the sign-in page."""

    name: str
    display_name: str

    @property
    def role(self) -> str:
        """What they are here for: their name without the digit that tells two of them apart."""
        return self.name.rstrip("0123456789")

    @property
    def subject(self) -> str:
        """The `sub` of their tokens; the same after every restart."""
        return f"demo-{self.name}"

    @property
    def email(self) -> str:
        """In a domain that RFC 2606 keeps for examples."""
        return f"{self.name}@staff.example.org"


PEOPLE: Final[Mapping[str, Person]] = MappingProxyType(
    {
        name: Person(name, display_name)
        for name, display_name in (
            ("comms", "Carys Morgan"),
            ("comms2", "Callum Reid"),
            ("senior", "Sandra Okafor"),
            ("senior2", "Simon Hughes"),
            ("caseworker", "Chandra Patel"),
            ("caseworker2", "Ciara Byrne"),
            ("dpo", "Dilys Price"),
            ("operator", "Oscar Lindqvist"),
            ("reviewer", "Ruth Abara"),
        )
    }
)
