"""The envelope around everything sealed: `version(1) | suite(1) | key id(4) | enc ‖ ciphertext`.

The key id is in front so that rotation, and another key service, can come without touching what is
sealed. What is sealed is bound to where it lies: moving it to another row, column or key must fail.
HPKE (RFC 9180) has no separate associated data, so the place goes into `info`.
"""

from dataclasses import dataclass
from typing import Final, NewType
from uuid import UUID

VERSION: Final = 1
SUITE_X25519_SHA256_AES256GCM: Final = 1
HEADER: Final = 6
LABEL: Final = b"kept/v1"
SMALLEST_BUCKET: Final = 64

KeyId = NewType("KeyId", int)


class Sealed(bytes):
    """An envelope. It can be stored and handed on; holding it gives no way to read it."""

    def __repr__(self) -> str:
        return f"<sealed, {len(self)} bytes>"

    @property
    def key_id(self) -> KeyId:
        """The key that opens it. Raises ValueError where this is no envelope of ours."""
        if len(self) <= HEADER or self[0] != VERSION or self[1] != SUITE_X25519_SHA256_AES256GCM:
            raise ValueError("not an envelope of this version")
        return KeyId(int.from_bytes(self[2:HEADER], "big"))

    @property
    def ciphertext(self) -> bytes:
        return bytes(self[HEADER:])


@dataclass(frozen=True, slots=True)
class Place:
    """Where a sealed value lies: it opens there and nowhere else."""

    table: str
    column: str
    row: UUID

    def info(self, key_id: KeyId) -> bytes:
        """The HPKE `info`: every part with its length before it, so that no two places read alike."""
        parts = (LABEL, self.table.encode(), self.column.encode(), self.row.bytes, key_id.to_bytes(4, "big"))
        return b"".join(len(part).to_bytes(2, "big") + part for part in parts)


def header(key_id: KeyId) -> bytes:
    return bytes((VERSION, SUITE_X25519_SHA256_AES256GCM)) + key_id.to_bytes(4, "big")


def pad(plaintext: bytes) -> bytes:
    """Fill up to the next bucket (64, 128, 256, … bytes), so that lengths say little."""
    framed = len(plaintext).to_bytes(4, "big") + plaintext
    bucket = SMALLEST_BUCKET
    while bucket < len(framed):
        bucket *= 2
    return framed.ljust(bucket, b"\0")


def unpad(padded: bytes) -> bytes:
    """Undo `pad`. Raises ValueError where the frame is wrong."""
    size = int.from_bytes(padded[:4], "big")
    if len(padded) < SMALLEST_BUCKET or size > len(padded) - 4:
        raise ValueError("not a padded value")
    return padded[4 : 4 + size]
