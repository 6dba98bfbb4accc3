"""Opening what was sealed. Only the workers that open import this (an import contract holds it)."""

from collections.abc import Collection
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from pyrage.x25519 import Identity

from service.crypto.blind_index import IndexKey
from service.crypto.envelope import KeyId, Place, Sealed, unpad
from service.crypto.keyservice import key_service
from service.crypto.keystore import KeyName, KeyStore, Purpose
from service.crypto.sealing import SUITE
from service.crypto.tokens import TokenKey
from service.errors import KeptError
from service.settings import WorkerSettings


class CannotOpen(KeptError):
    """A sealed value does not open here: its key is gone, or it was moved or altered."""

    code = "cannot-open"


class Keyring:
    """The keys of the workers, unwrapped as they are needed. No `repr` shows one."""

    def __init__(self, store: KeyStore) -> None:
        self._store = store
        self._sealing: dict[KeyId, X25519PrivateKey] = {}
        self.index = IndexKey(store.one(Purpose.INDEX))
        self.tokens = TokenKey(store.one(Purpose.TOKEN))

    @classmethod
    def of(cls, settings: WorkerSettings) -> "Keyring":
        """The keyring that the settings name. Raises `Misconfigured`."""
        return cls(KeyStore(settings.key_store, key_service(settings.key_service)))

    def signing_key(self) -> Ed25519PrivateKey:
        """The key that signs certificates."""
        return Ed25519PrivateKey.from_private_bytes(self._store.one(Purpose.SIGNING))

    def make_release_key(self, export: UUID) -> str:
        """A new key for the inner layer of a list; its recipient. One that an earlier build made is gone."""
        identity = Identity.generate()
        name = KeyName.of_list(export)
        self._store.destroy(name)
        self._store.put(name, f"{identity}\n".encode())
        return str(identity.to_public())

    def release_key(self, export: UUID) -> bytes:
        """The line that age reads it from. Raises KeyError where it is destroyed."""
        return self._store.get(KeyName.of_list(export))

    def release_keys(self) -> set[UUID]:
        """The lists whose release keys are kept."""
        return {UUID(int=name.key_id) for name in self._store.names() if name.purpose is Purpose.RELEASE}

    def destroy_release_keys(self, exports: Collection[UUID]) -> None:
        """Destroy the keys of these lists; nothing where one is not kept."""
        for export in exports:
            self._store.destroy(KeyName.of_list(export))

    def open(self, sealed: bytes, place: Place) -> bytes:
        """What was sealed for `place`. Raises `CannotOpen`, which holds nothing of it."""
        try:
            envelope = Sealed(sealed)
            key = self._key(envelope.key_id)
            return unpad(SUITE.decrypt(envelope.ciphertext, key, place.info(envelope.key_id)))
        except (InvalidTag, KeyError, ValueError):
            raise CannotOpen from None

    def _key(self, key_id: KeyId) -> X25519PrivateKey:
        if key_id not in self._sealing:
            private = self._store.get(KeyName(Purpose.SEALING, key_id))
            self._sealing[key_id] = X25519PrivateKey.from_private_bytes(private)
        return self._sealing[key_id]
