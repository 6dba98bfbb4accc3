"""Tokens in links, and codes to type. The service keeps only SHA-256 (security.md, The public endpoint).

Base64url, because hex tokens now and then look like a phone number to the outgoing guard.
"""

import hmac
import secrets
from base64 import urlsafe_b64encode
from hashlib import sha256
from typing import Final, NewType, NoReturn
from uuid import UUID

Token = NewType("Token", str)
TokenHash = NewType("TokenHash", bytes)

SAYABLE: Final = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Without the letters and digits that are taken for one another on paper or on the telephone."""


def new_token() -> Token:
    """32 random bytes."""
    return Token(_text(secrets.token_bytes(32)))


def new_challenge() -> str:
    """16 random bytes, which only whoever asked for a text's code keeps (contract.md, Public JSON API)."""
    return _text(secrets.token_bytes(16))


def token_hash(token: str) -> TokenHash:
    """What is stored. Any text has one: a malformed token is then simply unknown."""
    return TokenHash(sha256(token.encode("utf-8", "replace")).digest())


def find_hash(challenge: str) -> TokenHash:
    """Under what a code is stored: SHA-256("find" ‖ challenge) (contract.md, Public JSON API)."""
    return token_hash("find" + challenge)


def prove_hash(challenge: str, code: str) -> TokenHash:
    """What shows that a code was right: SHA-256("prove" ‖ challenge ‖ code)."""
    return token_hash("prove" + challenge + code)


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

    def digits(self, confirmation: UUID) -> str:
        """The code of a text message: six digits. Derived, so that it lies nowhere until it leaves."""
        return f"{self._number(b'digits/v1', confirmation) % 1_000_000:06d}"

    def letters(self, confirmation: UUID) -> str:
        """The code of a letter: eight characters that are hard to misread, such as `7F3K9QXM`."""
        number = self._number(b"letters/v1", confirmation)
        return "".join(SAYABLE[number // len(SAYABLE) ** place % len(SAYABLE)] for place in range(8))

    def _number(self, use: bytes, confirmation: UUID) -> int:
        return int.from_bytes(hmac.digest(self._key, use + confirmation.bytes, sha256))


def _text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()
