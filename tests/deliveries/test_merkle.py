"""The root of a certificate and its inclusion proofs, against RFC 6962, 2.1, and its known answers."""

import json
from hashlib import sha256
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.deliveries import merkle
from service.deliveries.merkle import Inclusion, Tree, includes


def _root(leaves: list[bytes]) -> bytes:
    """As the RFC defines it: by the largest power of two that is smaller than the count."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return sha256(b"\x01" + _root(leaves[:split]) + _root(leaves[split:])).digest()


def _path(index: int, leaves: list[bytes]) -> list[bytes]:
    """As the RFC defines it, 2.1.1."""
    if len(leaves) == 1:
        return []
    split = 1 << (len(leaves) - 1).bit_length() - 1
    if index < split:
        return [*_path(index, leaves[:split]), _root(leaves[split:])]
    return [*_path(index - split, leaves[split:]), _root(leaves[:split])]


def _leaf(number: int, state: str) -> bytes:
    text = json.dumps([str(UUID(int=number)), state], separators=(",", ":"))
    return sha256(b"\x00" + text.encode()).digest()


def _leaves(count: int) -> list[bytes]:
    return [_leaf(number, "delivered") for number in range(count)]


def _tree(leaves: list[bytes], follow: int | None = None) -> Tree:
    tree = Tree()
    for number, leaf in enumerate(leaves):
        tree.add(leaf, follow=number == follow)
    return tree


def _proof(leaves: list[bytes], index: int) -> Inclusion:
    proof = _tree(leaves, index).inclusion()
    assert proof is not None
    return proof


@pytest.mark.parametrize("count", range(71))
def test_the_root_is_that_of_the_rfc(count: int) -> None:
    tree = Tree()
    for number in range(count):
        tree.add(merkle.leaf(UUID(int=number), "delivered"))

    assert tree.root() == _root(_leaves(count))


def test_another_outcome_or_another_order_is_another_root() -> None:
    def root(*leaves: tuple[int, str]) -> bytes:
        tree = Tree()
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


KNOWN_DATA = [
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
]
"""The leaves of Certificate Transparency's own test tree, whose roots and paths follow."""

KNOWN_LEAVES = [sha256(b"\0" + bytes.fromhex(data)).digest() for data in KNOWN_DATA]

KNOWN_ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]

KNOWN_PATHS: dict[tuple[int, int], list[str]] = {
    (0, 1): [],
    (0, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (5, 8): [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 3): ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"],
    (1, 5): [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}


@pytest.mark.parametrize("count", range(9))
def test_the_roots_are_the_known_ones(count: int) -> None:
    assert _tree(KNOWN_LEAVES[:count]).root().hex() == KNOWN_ROOTS[count]


@pytest.mark.parametrize(("index", "count"), KNOWN_PATHS)
def test_the_proofs_are_the_known_ones(index: int, count: int) -> None:
    proof = _proof(KNOWN_LEAVES[:count], index)

    assert (proof.index, proof.size) == (index, count)
    assert [beside.hex() for beside in proof.path] == KNOWN_PATHS[index, count]


@pytest.mark.parametrize("count", range(1, 34))
def test_every_leaf_of_a_tree_has_the_path_of_the_rfc_which_holds_for_it_alone(count: int) -> None:
    leaves = _leaves(count)
    root = _root(leaves)
    for index in range(count):
        proof = _proof(leaves, index)
        assert list(proof.path) == _path(index, leaves)
        held = [
            place
            for place in range(-1, count + 2)
            if includes(root, leaves[index], index=place, size=count, path=proof.path)
        ]
        assert held == [index]


def test_a_tree_in_which_no_leaf_was_followed_gives_no_proof() -> None:
    assert _tree(_leaves(5)).inclusion() is None
    assert Tree().inclusion() is None


def test_a_proof_can_be_had_again_and_leaves_the_root_as_it_was() -> None:
    tree = _tree(_leaves(7), follow=2)

    assert tree.inclusion() == tree.inclusion()
    assert tree.root() == _root(_leaves(7))


@st.composite
def places(draw: st.DrawFn) -> tuple[int, int]:
    size = draw(st.integers(1, 1500))
    return draw(st.integers(0, size - 1)), size


@given(places())
def test_a_proof_holds_for_any_leaf_of_any_tree(place: tuple[int, int]) -> None:
    index, size = place
    leaves = _leaves(size)
    tree = _tree(leaves, index)
    proof = tree.inclusion()

    assert proof is not None
    assert list(proof.path) == _path(index, leaves)
    assert includes(tree.root(), leaves[index], index=index, size=size, path=proof.path)


@given(places(), st.data())
def test_an_altered_proof_never_holds(place: tuple[int, int], data: st.DataObject) -> None:
    index, size = place
    leaves = _leaves(size)
    root, path = _tree(leaves).root(), list(_proof(leaves, index).path)
    flipped = data.draw(st.integers(1, 255))

    def other(value: bytes) -> bytes:
        at = data.draw(st.integers(0, 31))
        return value[:at] + bytes([value[at] ^ flipped]) + value[at + 1 :]

    assert not includes(root, other(leaves[index]), index=index, size=size, path=path)
    assert not includes(other(root), leaves[index], index=index, size=size, path=path)
    assert not includes(root, leaves[index], index=index, size=size, path=[*path, other(root)])
    wrong = data.draw(st.integers(-3, size + 3).filter(lambda number: number != index))
    assert not includes(root, leaves[index], index=wrong, size=size, path=path)
    if path:
        at = data.draw(st.integers(0, len(path) - 1))
        altered = [*path[:at], other(path[at]), *path[at + 1 :]]
        assert not includes(root, leaves[index], index=index, size=size, path=altered)
        assert not includes(root, leaves[index], index=index, size=size, path=path[:-1])
        assert not includes(root, leaves[index], index=index, size=size, path=path[1:])
    if len(path) > 1:
        assert not includes(root, leaves[index], index=index, size=size, path=path[::-1])


@given(places(), st.integers(0, 4000))
def test_a_proof_for_a_size_that_needs_another_path_does_not_hold(place: tuple[int, int], wrong: int) -> None:
    # A path says nothing of a size that has the same shape beside it: that is the certificate's to say.
    index, size = place
    leaves = _leaves(size)
    path = _proof(leaves, index).path
    same_shape = index < wrong and len(_path(index, _leaves(wrong))) == len(path)

    if not same_shape:
        assert not includes(_root(leaves), leaves[index], index=index, size=wrong, path=path)


def test_a_path_that_goes_on_above_the_root_of_its_size_does_not_hold() -> None:
    leaves = _leaves(3)
    [beside] = _proof(leaves, 2).path

    assert includes(_root(leaves), leaves[2], index=2, size=3, path=[beside])
    assert not includes(_root(leaves), leaves[2], index=0, size=1, path=[beside])


def test_a_node_cannot_pass_for_a_leaf() -> None:
    leaves = _leaves(4)
    inner = merkle.node(leaves[0], leaves[1])

    assert not includes(_root(leaves), inner, index=0, size=4, path=[merkle.node(leaves[2], leaves[3])])


def test_a_hundred_thousand_leaves_are_a_handful_of_hashes() -> None:
    tree = Tree()
    for number in range(100_000):
        tree.add(sha256(number.to_bytes(4, "big")).digest(), follow=number == 77_777)
        assert len(tree._full) <= 17

    proof = tree.inclusion()
    assert proof is not None
    assert len(proof.path) <= 17
    value = sha256((77_777).to_bytes(4, "big")).digest()
    assert includes(tree.root(), value, index=77_777, size=100_000, path=proof.path)
