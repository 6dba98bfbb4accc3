"""Recipients of age files: what a list is encrypted to. Nothing here opens one: see `workers.releasing`."""

import re
from hashlib import sha256
from typing import Final

import pyrage
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from pyrage.x25519 import Recipient

BECH32: Final = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
SHAPE: Final = re.compile(r"age1[02-9ac-hj-np-z]{58}")
"""The public half of an X25519 key, in Bech32 (https://age-encryption.org/v1)."""
SECRET: Final = "AGE-SECRET-KEY-"  # noqa: S105
EXPECTED: Final = (
    "It has to be the public half of an age key: one line of 62 characters that begins with age1, "
    "as age-keygen prints it after “Public key”"
)
NOT_THIS_HALF: Final = (
    "This is the secret half of a key. It is not for anybody else: make a new key, and send the line that "
    "begins with age1"
)


class NotARecipient(ValueError):
    """Not the public half of an age key. Its text is the rule, never what was sent."""


def read_recipient(text: str) -> str:
    """`text` as a recipient. Raises `NotARecipient`."""
    typed = text.strip()
    if typed.upper().startswith(SECRET):
        raise NotARecipient(NOT_THIS_HALF)
    if SHAPE.fullmatch(typed) is None:
        raise NotARecipient(EXPECTED)
    try:
        Recipient.from_str(typed)
        # A point of low order has the shape of a key and is none: age would stop short of sealing to it.
        X25519PrivateKey.generate().exchange(X25519PublicKey.from_public_bytes(_point(typed)))
    except (pyrage.RecipientError, ValueError):
        raise NotARecipient(EXPECTED) from None
    return typed


def _point(recipient: str) -> bytes:
    """The 32 bytes of a recipient whose checksum was found right."""
    bits = 0
    for character in recipient[4:-6]:
        bits = bits << 5 | BECH32.index(character)
    return (bits >> 4).to_bytes(32, "big")


def fingerprint(recipient: str) -> str:
    """What two people compare, over the telephone too: 32 digits of hex in eight groups.

    The first half of the SHA-256 of the recipient's text.
    """
    digits = sha256(recipient.encode()).hexdigest()[:32]
    return "-".join(digits[start : start + 4] for start in range(0, 32, 4))


def seal_to(recipient: str, plaintext: bytes) -> str:
    """`plaintext` as an armoured age file that only `recipient` opens."""
    armoured: bytes = pyrage.encrypt(plaintext, [Recipient.from_str(recipient)], armored=True)
    return armoured.decode()
