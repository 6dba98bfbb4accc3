"""Tokens in links. The service keeps only their SHA-256 (security.md, The public endpoint).

Base64url, because hex tokens now and then look like a phone number to the outgoing guard.
"""

import hmac
import secrets
from base64 import urlsafe_b64encode
from hashlib import sha256
from typing import NewType, NoReturn
from uuid import UUID

Token = NewType("Token", str)
TokenHash = NewType("TokenHash", bytes)


def new_token() -> Token:
    """32 random bytes."""
    return Token(_text(secrets.token_bytes(32)))


def token_hash(token: str) -> TokenHash:
    """What is stored. Any text has one: a malformed token is then simply unknown."""
    return TokenHash(sha256(token.encode("utf-8", "replace")).digest())


class TokenKey:
    """The workers' key for links that live as long as a registration. No `repr` and no pickle shows it."""

    __slots__ = ("_key",)

    def __init__(self, key: bytes) -> None:
        if len(key) != 32:
            raise ValueError("a token key is 32 bytes")
        self._key = key

    def __reduce__(self) -> NoReturn:
        raise TypeError("a key is never pickled")

    def unsubscribe_token(self, registration: UUID, generation: int) -> Token:
        """Derived, so that nothing is stored per message: HMAC(key, registration ‖ generation)."""
        material = b"unsubscribe/v1" + registration.bytes + generation.to_bytes(4, "big")
        return Token(_text(hmac.digest(self._key, material, sha256)))


def _text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()
