"""Another implementation of RFC 9180 opens what we seal, and we open what it seals (check 11).

The `info` is put together here by hand from security.md, and not by our own code.
"""

from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from pyhpke import AEADId, CipherSuite, KDFId, KEMId, KEMKey
from pyhpke.exceptions import OpenError

from service.crypto.envelope import KeyId, Place
from service.crypto.keystore import INSTALLATION_KEYS, KeyName, KeyStore, Purpose
from service.crypto.sealing import SealingKey, seal
from workers.unsealing import Keyring

ROW = UUID("01890000-0000-7000-8000-0000000000aa")
PLACE = Place("contacts", "sealed", ROW)
INFO = (
    b"\x00\x07kept/v1"
    b"\x00\x08contacts"
    b"\x00\x06sealed"
    b"\x00\x10" + bytes.fromhex("0189000000007000800000000000 00aa") + b"\x00\x04\x00\x00\x00\x2a"
)
SUITE = CipherSuite.new(KEMId.DHKEM_X25519_HKDF_SHA256, KDFId.HKDF_SHA256, AEADId.AES256_GCM)
PLAIN = "Zoë@example.com".encode()


@pytest.fixture
def private() -> X25519PrivateKey:
    return X25519PrivateKey.generate()


def padded(plain: bytes) -> bytes:
    return (len(plain).to_bytes(4, "big") + plain).ljust(64, b"\0")


def test_11_pyhpke_opens_what_we_seal(private: X25519PrivateKey) -> None:
    public = private.public_key().public_bytes_raw()
    sealed = seal(PLAIN, key=SealingKey(KeyId(42), public), place=PLACE)

    recipient = SUITE.create_recipient_context(
        bytes(sealed[6:38]), KEMKey.from_pyca_cryptography_key(private), info=INFO
    )

    assert recipient.open(bytes(sealed[38:])) == padded(PLAIN)


def test_pyhpke_does_not_open_it_for_another_place(private: X25519PrivateKey) -> None:
    public = private.public_key().public_bytes_raw()
    sealed = seal(PLAIN, key=SealingKey(KeyId(42), public), place=PLACE)

    recipient = SUITE.create_recipient_context(
        bytes(sealed[6:38]),
        KEMKey.from_pyca_cryptography_key(private),
        info=INFO.replace(b"contacts", b"intakess"),
    )

    with pytest.raises(OpenError):
        recipient.open(bytes(sealed[38:]))


def test_we_open_what_pyhpke_seals(private: X25519PrivateKey, keys: KeyStore) -> None:
    for purpose in INSTALLATION_KEYS:
        keys.make(purpose)
    keys.put(KeyName(Purpose.SEALING, KeyId(42)), private.private_bytes_raw())
    enc, sender = SUITE.create_sender_context(
        KEMKey.from_pyca_cryptography_key(private.public_key()), info=INFO
    )

    envelope = b"\x01\x01\x00\x00\x00\x2a" + enc + sender.seal(padded(PLAIN))

    assert Keyring(keys).open(envelope, PLACE) == PLAIN
