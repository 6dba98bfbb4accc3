"""What is sealed: its layout, its padding, and that it opens at its place and nowhere else (check 10)."""

from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.crypto.envelope import KeyId, Place, Sealed, pad, unpad
from service.crypto.keystore import INSTALLATION_KEYS, KeyStore, Purpose
from service.crypto.private_keys import sealing_public_half
from service.crypto.sealing import SealingKey, seal
from workers.unsealing import CannotOpen, Keyring

ROW = UUID("01890000-0000-7000-8000-000000000001")
HERE = Place("contacts", "sealed", ROW)
SECRET = "mabel.ünusual+tag@example.com".encode()


def new_key(keys: KeyStore) -> SealingKey:
    name = keys.make(Purpose.SEALING)
    return SealingKey(name.key_id, sealing_public_half(keys.get(name)))


@pytest.fixture
def keyring(keys: KeyStore) -> Keyring:
    for purpose in INSTALLATION_KEYS:
        keys.make(purpose)
    return Keyring(keys)


@pytest.fixture
def key(keys: KeyStore) -> SealingKey:
    return new_key(keys)


def test_an_envelope_is_version_suite_key_id_then_hpke(key: SealingKey) -> None:
    sealed = seal(SECRET, key=SealingKey(KeyId(0x01020304), key.public_key), place=HERE)

    assert sealed[:6].hex() == "010101020304"
    assert sealed.key_id == 0x01020304
    # enc is an X25519 point of 32 bytes; then one bucket, and AES-GCM's tag of 16.
    assert len(sealed) == 6 + 32 + 64 + 16


@pytest.mark.parametrize(
    ("size", "bucket"), [(0, 64), (1, 64), (60, 64), (61, 128), (124, 128), (125, 256), (4096, 8192)]
)
def test_a_length_says_only_its_bucket(key: SealingKey, size: int, bucket: int) -> None:
    assert len(seal(b"x" * size, key=key, place=HERE)) == 6 + 32 + bucket + 16


def test_every_address_up_to_sixty_bytes_is_as_long_as_every_other(key: SealingKey) -> None:
    assert len({len(seal(b"a" * size, key=key, place=HERE)) for size in range(61)}) == 1


@given(st.binary(max_size=2000))
def test_padding_is_undone(plain: bytes) -> None:
    assert unpad(pad(plain)) == plain


@pytest.mark.parametrize("frame", [b"", b"\0" * 63, b"\0\0\0\x3d" + b"\0" * 60, b"\xff" * 64])
def test_a_wrong_frame_is_refused(frame: bytes) -> None:
    with pytest.raises(ValueError, match="not a padded value"):
        unpad(frame)


def test_two_sealings_of_one_value_have_nothing_in_common(key: SealingKey) -> None:
    first, second = (seal(SECRET, key=key, place=HERE) for _ in range(2))

    assert first[6:38] != second[6:38]
    assert first[38:] != second[38:]


def test_it_opens_at_its_place(keyring: Keyring, key: SealingKey) -> None:
    assert keyring.open(seal(SECRET, key=key, place=HERE), HERE) == SECRET


@pytest.mark.parametrize(
    "elsewhere",
    [
        Place("contacts", "sealed", UUID("01890000-0000-7000-8000-000000000002")),
        Place("contacts", "sealed_profile", ROW),
        Place("intake", "sealed", ROW),
        # The same letters, cut elsewhere: without their lengths these two would read alike.
        Place("contact", "ssealed", ROW),
        Place("contactss", "ealed", ROW),
    ],
    ids=["row", "column", "table", "cut before", "cut after"],
)
def test_10_it_opens_nowhere_else(keyring: Keyring, key: SealingKey, elsewhere: Place) -> None:
    sealed = seal(SECRET, key=key, place=HERE)

    with pytest.raises(CannotOpen):
        keyring.open(sealed, elsewhere)


def test_it_opens_under_no_other_key(keyring: Keyring, keys: KeyStore, key: SealingKey) -> None:
    other = new_key(keys)
    sealed = seal(SECRET, key=key, place=HERE)
    swapped = sealed[:2] + other.key_id.to_bytes(4, "big") + sealed[6:]

    with pytest.raises(CannotOpen):
        keyring.open(swapped, HERE)


def test_a_key_id_is_part_of_what_is_bound(keyring: Keyring, keys: KeyStore, key: SealingKey) -> None:
    """Also where the very same private key is kept under a second id."""
    from service.crypto.keystore import KeyName

    keys.put(KeyName(Purpose.SEALING, KeyId(77)), keys.get(KeyName(Purpose.SEALING, key.key_id)))
    sealed = seal(SECRET, key=key, place=HERE)

    with pytest.raises(CannotOpen):
        keyring.open(sealed[:2] + (77).to_bytes(4, "big") + sealed[6:], HERE)


def test_one_bit_changed_anywhere_and_it_does_not_open(keyring: Keyring, key: SealingKey) -> None:
    sealed = seal(SECRET, key=key, place=HERE)

    for position in range(len(sealed)):
        altered = bytearray(sealed)
        # The lowest bit but one: X25519 (RFC 7748) ignores the highest of an encoded point.
        altered[position] ^= 2
        with pytest.raises(CannotOpen):
            keyring.open(bytes(altered), HERE)


@pytest.mark.parametrize("length", [0, 1, 5, 6, 7, 37, 38, 54, 117])
def test_a_part_of_an_envelope_does_not_open(keyring: Keyring, key: SealingKey, length: int) -> None:
    with pytest.raises(CannotOpen):
        keyring.open(seal(SECRET, key=key, place=HERE)[:length], HERE)


def test_an_envelope_of_a_key_that_is_gone_does_not_open(keyring: Keyring, key: SealingKey) -> None:
    sealed = seal(SECRET, key=SealingKey(KeyId(9999), key.public_key), place=HERE)

    with pytest.raises(CannotOpen):
        keyring.open(sealed, HERE)


def test_what_does_not_open_says_nothing_of_why_or_what(keyring: Keyring, key: SealingKey) -> None:
    sealed = seal(SECRET, key=key, place=HERE)

    with pytest.raises(CannotOpen) as refused:
        keyring.open(sealed, Place("contacts", "sealed", uuid4()))

    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__
    assert "example" not in str(refused.value)


def test_holding_an_envelope_gives_no_way_to_read_it(key: SealingKey) -> None:
    import service.crypto.sealing

    names = {name.lower() for name in (*dir(Sealed), *vars(service.crypto.sealing))} - set(dir(bytes))

    assert not [name for name in names if "open" in name or "decrypt" in name]
