"""The public halves of private keys. Opening with them is not here: see `workers.unsealing`."""

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey


def sealing_public_half(private_key: bytes) -> bytes:
    """What a scheme publishes for its letterbox: 32 bytes, X25519."""
    return X25519PrivateKey.from_private_bytes(private_key).public_key().public_bytes_raw()


def signing_public_half(private_key: bytes) -> bytes:
    """What certificates are verified with: 32 bytes, Ed25519."""
    return Ed25519PrivateKey.from_private_bytes(private_key).public_key().public_bytes_raw()
