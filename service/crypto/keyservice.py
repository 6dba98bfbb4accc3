"""The key service wraps keys; the key store keeps the wrapped ones, apart from the database.

`file:PATH` is the key service of one machine: 32 bytes in a file that only its owner can read.
A key wrapped for one context (service, purpose, key id) does not unwrap for another.
"""

import os
import secrets
import stat
from base64 import b64decode, b64encode
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from service.crypto.canonical import canonical_json
from service.errors import Misconfigured

NONCE: Final = 12


class KeyService(Protocol):
    """Wraps and unwraps keys under a root key that it never gives away."""

    def wrap(self, key: bytes, context: Mapping[str, str]) -> bytes: ...

    def unwrap(self, wrapped: bytes, context: Mapping[str, str]) -> bytes:
        """Raises ValueError where `wrapped` was altered or made for another context."""
        ...


class FileKeyService:
    """A key service whose root key is a 0600 file."""

    def __init__(self, path: Path) -> None:
        if not path.is_file():
            raise Misconfigured(f"KEPT_KEY_SERVICE: there is no key file {path}")
        if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise Misconfigured(f"KEPT_KEY_SERVICE: others can read {path}; make it 0600")
        try:
            root = b64decode(path.read_bytes().strip(), validate=True)
        except ValueError:
            root = b""
        if len(root) != 32:
            raise Misconfigured(f"KEPT_KEY_SERVICE: {path} does not hold a key of 32 bytes")
        self._root = AESGCM(root)

    def wrap(self, key: bytes, context: Mapping[str, str]) -> bytes:
        nonce = secrets.token_bytes(NONCE)
        return nonce + self._root.encrypt(nonce, key, canonical_json(context))

    def unwrap(self, wrapped: bytes, context: Mapping[str, str]) -> bytes:
        try:
            return self._root.decrypt(wrapped[:NONCE], wrapped[NONCE:], canonical_json(context))
        except InvalidTag:
            raise ValueError("this wrapped key was altered, or belongs to another key service") from None


def create_key_file(path: Path) -> None:
    """Make a new root key at `path`, 0600, unless there is one."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    with os.fdopen(handle, "wb") as file:
        file.write(b64encode(secrets.token_bytes(32)))
        file.flush()
        os.fsync(file.fileno())


def key_service(setting: str | None) -> KeyService:
    """The key service that `KEPT_KEY_SERVICE` names. Raises `Misconfigured`."""
    if setting is None:
        raise Misconfigured("KEPT_KEY_SERVICE: it is not set; for one machine use file:PATH")
    if setting.startswith("file:"):
        return FileKeyService(Path(setting.removeprefix("file:")))
    raise Misconfigured("KEPT_KEY_SERVICE: this version knows file:PATH")
