"""Sealing: anyone with a scheme's public key can close an envelope; only workers can open one.

There is no function here that opens. It is in `workers.unsealing`, which no web process may import.
"""

from dataclasses import dataclass
from functools import cached_property

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from service.crypto.envelope import KeyId, Place, Sealed, header, pad

SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


@dataclass(frozen=True)
class SealingKey:
    """The public half of a scheme's key, and its id."""

    key_id: KeyId
    public_key: bytes
    """32 bytes, X25519."""

    @cached_property
    def loaded(self) -> X25519PublicKey:
        return X25519PublicKey.from_public_bytes(self.public_key)


def seal(plaintext: bytes, *, key: SealingKey, place: Place) -> Sealed:
    """Close `plaintext` so that it opens only with `key`'s other half, and only at `place`."""
    ciphertext = SUITE.encrypt(pad(plaintext), key.loaded, place.info(key.key_id))
    return Sealed(header(key.key_id) + ciphertext)
