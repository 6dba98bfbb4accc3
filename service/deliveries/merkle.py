"""The Merkle tree of a certificate (RFC 6962, 2.1): leaves in order of delivery id, flat memory.

A leaf is SHA-256(0x00 ‖ canonical JSON of [delivery id, state]); a node SHA-256(0x01 ‖ left ‖ right).
An inclusion proof (RFC 6962, 2.1.1) is the hashes beside the way from one leaf up to the root.
docs/certificate.md gives both in bytes, for whoever checks them without this code.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import NamedTuple
from uuid import UUID

from service.crypto.canonical import canonical_json

EMPTY_ROOT = sha256(b"").digest()


def leaf(delivery: UUID, state: str) -> bytes:
    """The hash of one delivery's outcome."""
    return sha256(b"\0" + canonical_json([str(delivery), state])).digest()


def node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\1" + left + right).digest()


@dataclass(frozen=True)
class Inclusion:
    """Where one leaf is among `size`, and the hashes beside its way to the root, lowest first."""

    index: int
    size: int
    path: tuple[bytes, ...]


class _Node(NamedTuple):
    hash: bytes
    followed: bool
    """Whether the leaf that is followed is below it."""


class Tree:
    """Takes leaves one by one and gives the root; it holds one node for each height, and no leaf.

    One leaf may be followed: the tree then gives its inclusion proof, too, from the same reading.
    """

    def __init__(self) -> None:
        self._full: list[tuple[int, _Node]] = []
        self._size = 0
        self._followed: int | None = None
        self._path: list[bytes] = []

    def add(self, value: bytes, *, follow: bool = False) -> None:
        """Take the next leaf's hash."""
        if follow:
            self._followed = self._size
        above, height = _Node(value, follow), 0
        while self._full and self._full[-1][0] == height:
            above = _join(self._full.pop()[1], above, self._path)
            height += 1
        self._full.append((height, above))
        self._size += 1

    def root(self) -> bytes:
        """The root over the leaves so far."""
        return self._root([])

    def inclusion(self) -> Inclusion | None:
        """That the leaf that was followed is under `root()`; None where none was."""
        if self._followed is None:
            return None
        path = list(self._path)
        self._root(path)
        return Inclusion(self._followed, self._size, tuple(path))

    def _root(self, path: list[bytes]) -> bytes:
        if not self._full:
            return EMPTY_ROOT
        nodes = [node for _, node in reversed(self._full)]
        above = nodes[0]
        for left in nodes[1:]:
            above = _join(left, above, path)
        return above.hash


def includes(root: bytes, value: bytes, *, index: int, size: int, path: Sequence[bytes]) -> bool:
    """Whether `value` is leaf number `index` of the `size` under `root` (RFC 9162, 2.1.3.2).

    `size` is not proved by the path, and has to come from what was signed: the certificate's `planned`.
    """
    if not 0 <= index < size:
        return False
    # The leaf's place, and that of the last one, at the height that the way up has reached.
    place, last = index, size - 1
    for beside in path:
        if last == 0:
            return False
        if place % 2 == 1 or place == last:
            value = node(beside, value)
            # The last of its height may have no neighbour: it is then taken up as it is.
            while place % 2 == 0 and place != 0:
                place, last = place // 2, last // 2
        else:
            value = node(value, beside)
        place, last = place // 2, last // 2
    return last == 0 and value == root


def _join(left: _Node, right: _Node, path: list[bytes]) -> _Node:
    """The node over both. Where one is on the way of the leaf that is followed, the other is beside it."""
    if left.followed:
        path.append(right.hash)
    elif right.followed:
        path.append(left.hash)
    return _Node(node(left.hash, right.hash), left.followed or right.followed)
