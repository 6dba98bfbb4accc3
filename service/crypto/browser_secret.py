"""What a browser keeps for us: a random secret in its cookie, and everything that follows from it.

A row that belongs to one browser is named by a hash of the secret and encrypted under a key derived from
it. Whoever takes the table has neither.
"""

import hmac
import re
import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from service.crypto.envelope import pad, unpad

NONCE: Final = 12
SHAPE: Final = re.compile(r"[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True)
class BrowserSecret:
    """32 random bytes, base64url without padding. Its `repr` does not show them."""

    value: str = field(repr=False)

    @classmethod
    def new(cls) -> Self:
        return cls(_text(secrets.token_bytes(32)))

    @classmethod
    def of(cls, cookie: str | None) -> Self | None:
        """What a cookie holds; None where it is none of ours."""
        return cls(cookie) if cookie is not None and SHAPE.fullmatch(cookie) else None

    def row(self, purpose: str) -> bytes:
        """The name of what is kept for `purpose`: 32 bytes that tell nothing of the secret."""
        return self._derived(f"row/{purpose}")

    def token(self, purpose: str) -> str:
        """What only the holder of the secret can say, as base64url: a CSRF token, a nonce, a verifier."""
        return _text(self._derived(f"token/{purpose}"))

    def encrypt(self, purpose: str, plaintext: bytes) -> bytes:
        """`plaintext`, padded, for the holder of the secret alone and for `purpose` alone."""
        nonce = secrets.token_bytes(NONCE)
        return nonce + self._cipher(purpose).encrypt(nonce, pad(plaintext), self.row(purpose))

    def decrypt(self, purpose: str, encrypted: bytes) -> bytes | None:
        """What was encrypted; None where it was for another secret or purpose, or was altered."""
        try:
            padded = self._cipher(purpose).decrypt(encrypted[:NONCE], encrypted[NONCE:], self.row(purpose))
        except InvalidTag:
            return None
        return unpad(padded)

    def _cipher(self, purpose: str) -> AESGCM:
        return AESGCM(self._derived(f"key/{purpose}"))

    def _derived(self, purpose: str) -> bytes:
        return hmac.digest(self.value.encode(), b"kept/browser/v1/" + purpose.encode(), sha256)


def _text(value: bytes) -> str:
    return urlsafe_b64encode(value).rstrip(b"=").decode()
