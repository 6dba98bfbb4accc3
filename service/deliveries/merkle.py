"""The Merkle tree of a certificate (RFC 6962, 2.1): leaves in order of delivery id, flat memory.

A leaf is SHA-256(0x00 ‖ canonical JSON of [delivery id, state]); a node SHA-256(0x01 ‖ left ‖ right).
"""

from functools import reduce
from hashlib import sha256
from uuid import UUID

from service.crypto.canonical import canonical_json

EMPTY_ROOT = sha256(b"").digest()


def leaf(delivery: UUID, state: str) -> bytes:
    """The hash of one delivery's outcome."""
    return sha256(b"\0" + canonical_json([str(delivery), state])).digest()


def node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\1" + left + right).digest()


class Tree:
    """Takes leaves one by one and gives the root; it holds one node for each height, and no leaf."""

    def __init__(self) -> None:
        self._full: list[tuple[int, bytes]] = []

    def add(self, value: bytes) -> None:
        """Take the next leaf's hash."""
        height = 0
        while self._full and self._full[-1][0] == height:
            value = node(self._full.pop()[1], value)
            height += 1
        self._full.append((height, value))

    def root(self) -> bytes:
        """The root over the leaves so far."""
        if not self._full:
            return EMPTY_ROOT
        values = [value for _, value in reversed(self._full)]
        return reduce(lambda right, left: node(left, right), values)
