"""One answer with a person's details, on its way from a worker to whoever asked for it.

The staff process makes a key for one request, and forgets it with the request. What the worker seals to it
lies in the database for a while, and nobody can open it there: neither the workers nor, afterwards, the
process that asked (security.md, Who can do what).
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from service.crypto.browser_secret import SHAPE
from service.crypto.envelope import KeyId, Place, Sealed, unpad
from service.crypto.sealing import SUITE, SealingKey

NO_KEPT_KEY: Final = KeyId(0)
"""In the envelope of an answer: no key store has the key that opens it."""


class OneAnswer:
    """A key for one answer. It opens that, in this process, and nothing else that was ever sealed."""

    def __init__(self) -> None:
        self._key = X25519PrivateKey.generate()

    def __repr__(self) -> str:
        return "OneAnswer()"

    @property
    def public(self) -> str:
        """What goes with the question: base64url, 43 characters."""
        return urlsafe_b64encode(self._key.public_key().public_bytes_raw()).rstrip(b"=").decode()

    def open(self, sealed: bytes, place: Place) -> bytes:
        """What the worker answered. Raises ValueError where it was for another key or place."""
        envelope = Sealed(sealed)
        try:
            return unpad(SUITE.decrypt(envelope.ciphertext, self._key, place.info(envelope.key_id)))
        except InvalidTag:
            raise ValueError("not an answer to this question") from None


def answer_key(public: str) -> SealingKey:
    """The key to seal an answer to. Raises ValueError where `public` is none."""
    if SHAPE.fullmatch(public) is None:
        raise ValueError("not the public half of a key")
    return SealingKey(NO_KEPT_KEY, urlsafe_b64decode(public + "="))
