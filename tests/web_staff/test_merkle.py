"""The root of a certificate, against the definition of RFC 6962, 2.1."""

import json
from hashlib import sha256
from uuid import UUID

import pytest

from service.deliveries import merkle


def _root(leaves: list[bytes]) -> bytes:
    """As the RFC defines it: by the largest power of two that is smaller than the count."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return sha256(b"\x01" + _root(leaves[:split]) + _root(leaves[split:])).digest()


def _leaf(number: int, state: str) -> bytes:
    text = json.dumps([str(UUID(int=number)), state], separators=(",", ":"))
    return sha256(b"\x00" + text.encode()).digest()


@pytest.mark.parametrize("count", range(71))
def test_the_root_is_that_of_the_rfc(count: int) -> None:
    tree = merkle.Tree()
    for number in range(count):
        tree.add(merkle.leaf(UUID(int=number), "delivered"))

    assert tree.root() == _root([_leaf(number, "delivered") for number in range(count)])


def test_another_outcome_or_another_order_is_another_root() -> None:
    def root(*leaves: tuple[int, str]) -> bytes:
        tree = merkle.Tree()
        for number, state in leaves:
            tree.add(merkle.leaf(UUID(int=number), state))
        return tree.root()

    roots = {
        root((1, "delivered"), (2, "bounced")),
        root((1, "delivered"), (2, "delivered")),
        root((2, "bounced"), (1, "delivered")),
        root((1, "delivered"), (2, "bounced"), (2, "bounced")),
        root((1, "delivered")),
    }
    assert len(roots) == 5
