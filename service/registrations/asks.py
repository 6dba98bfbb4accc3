"""What lies in the letterbox beside registrations, as it is sealed: `ask` says which of these it is.

What has no `ask` is a registration, as it was before there was anything else.
"""

import json
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from service.crypto.tokens import TokenHash, token_hash
from service.registrations.form import Email, Name, Phone, Post, RegistrationForm
from service.registrations.words import ContactBy, Relationship


class _Sealed(BaseModel):
    """`repr` shows no value."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True, str_strip_whitespace=True)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    __str__ = __repr__

    def __repr_args__(self) -> tuple[()]:
        return ()  # Rich and other pretty printers ask for these.


class LinkAsk(_Sealed):
    """Somebody wants the link to the choices of whoever is told at this address or number."""

    ask: Literal["link"] = "link"
    email: Email | None = None
    mobile: Phone | None = None


class _OfOne(_Sealed):
    """What the holder of a manage link asks about that one registration."""

    link: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    """SHA-256 of the link's token, in hex: whether it held when this was asked, the worker finds out."""

    @property
    def link_hash(self) -> TokenHash:
        return TokenHash(bytes.fromhex(self.link))


class Replacement(_Sealed):
    """Another address of a registration. Its holder confirms it, and until then nothing changes."""

    ways: Annotated[list[ContactBy], Field(min_length=1, max_length=4)]
    email: Email | None = None
    mobile: Phone | None = None
    postal_address: Post | None = None
    name: Name | None = None
    """Above the postal address, where it is not the one that is held."""
    becomes: Relationship | None = None
    """Whoever confirms it takes the registration over, as its representative."""


class ReplacementAsk(_OfOne, Replacement):
    """One that the holder of a manage link asks for."""

    ask: Literal["replacement"] = "replacement"


class InboxAsk(_OfOne):
    """An organisation's further inbox: a registration of its own (docs/decisions/0009)."""

    ask: Literal["inbox"] = "inbox"
    email: Email


Ask: TypeAlias = Annotated[LinkAsk | ReplacementAsk | InboxAsk, Field(discriminator="ask")]

_ASK: TypeAdapter[LinkAsk | ReplacementAsk | InboxAsk] = TypeAdapter(Ask)


def link_of(token: str) -> str:
    """How an ask names the link that it came by."""
    return token_hash(token).hex()


def read(plain: bytes) -> RegistrationForm | LinkAsk | ReplacementAsk | InboxAsk:
    """What was sealed. Raises ValueError (pydantic's is one) for what is none of these."""
    sealed: Any = json.loads(plain)
    if isinstance(sealed, dict) and "ask" in sealed:
        return _ASK.validate_python(sealed)
    return RegistrationForm.model_validate(sealed)
