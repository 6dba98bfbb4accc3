"""The keys of an installation, wrapped, in a folder apart from the database and its backups."""

import os
import re
import secrets
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final
from uuid import UUID

from service.crypto.envelope import KeyId
from service.crypto.keyservice import KeyService
from service.errors import Misconfigured


class Purpose(StrEnum):
    """What a key is for. It is part of what a wrapped key is bound to."""

    SEALING = "sealing"
    INDEX = "index"
    TOKEN = "token"  # noqa: S105
    SIGNING = "signing"
    RELEASE = "release"
    """Opens the inner layer of one list. It lives as long as that list can be opened."""


INSTALLATION_KEYS: Final = (Purpose.INDEX, Purpose.TOKEN, Purpose.SIGNING)
"""The keys of which an installation has one each. Sealing keys belong to a scheme and an epoch."""

FILE_NAME = re.compile(r"(?P<purpose>[a-z]+)-(?P<key_id>[0-9a-f]{8}|[0-9a-f]{32})\.wrapped")


@dataclass(frozen=True, order=True)
class KeyName:
    """Which key: its purpose and its id, of four bytes; a release key's is the id of its list, of sixteen."""

    purpose: Purpose
    key_id: KeyId

    @classmethod
    def of_list(cls, export: UUID) -> "KeyName":
        """The release key of a list."""
        return cls(Purpose.RELEASE, KeyId(export.int))

    @property
    def number(self) -> str:
        """The id in hex, as long as the ids of its purpose are."""
        return f"{self.key_id:0{32 if self.purpose is Purpose.RELEASE else 8}x}"

    @property
    def file_name(self) -> str:
        return f"{self.purpose.value}-{self.number}.wrapped"

    @property
    def context(self) -> dict[str, str]:
        """The encryption context that the key service binds the wrapped key to."""
        return {"service": "kept-informed", "purpose": self.purpose.value, "key": self.number}


class KeyStore:
    """Keeps keys, wrapped by `service`, one file each in `folder`."""

    def __init__(self, folder: Path | None, service: KeyService) -> None:
        if folder is None:
            raise Misconfigured("KEPT_KEY_STORE: it is not set; name the folder that keeps wrapped keys")
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._folder = folder
        self._service = service

    def names(self) -> Iterator[KeyName]:
        """Every key that is kept, in order of purpose and id."""
        for path in sorted(self._folder.iterdir()):
            if found := FILE_NAME.fullmatch(path.name):
                yield KeyName(Purpose(found["purpose"]), KeyId(int(found["key_id"], 16)))

    def put(self, name: KeyName, key: bytes) -> None:
        """Keep a new key. It is on the disk when this returns; an existing one is never overwritten."""
        wrapped = self._service.wrap(key, name.context)
        # Written under another name first: half a key, left by a crash, would pass for a whole one.
        handle, draft = tempfile.mkstemp(dir=self._folder)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(wrapped)
                file.flush()
                os.fsync(file.fileno())
            # Fails where there is one of this name, as a rename would not.
            os.link(draft, self._folder / name.file_name)
        finally:
            os.unlink(draft)
        self._sync()

    def destroy(self, name: KeyName) -> None:
        """Destroy a key; nothing where it is not kept. It is off the disk when this returns.

        Its bytes are overwritten before the file goes, as far as the file system lets that reach the disk. A
        copy of the folder made before still holds it, wrapped: its backups have to forget as fast.
        """
        path = self._folder / name.file_name
        try:
            with path.open("r+b") as file:
                file.write(secrets.token_bytes(path.stat().st_size))
                file.flush()
                os.fsync(file.fileno())
            path.unlink()
        except FileNotFoundError:
            return
        self._sync()

    def _sync(self) -> None:
        """What the folder lists is on the disk, too."""
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def get(self, name: KeyName) -> bytes:
        """The key itself. Raises KeyError where it is not kept (destroyed, or another store's)."""
        try:
            wrapped = (self._folder / name.file_name).read_bytes()
        except FileNotFoundError:
            raise KeyError(name.file_name) from None
        return self._service.unwrap(wrapped, name.context)

    def one(self, purpose: Purpose) -> bytes:
        """The installation's newest key for `purpose`. Raises `Misconfigured` where there is none."""
        names = [name for name in self.names() if name.purpose is purpose]
        if not names:
            raise Misconfigured(
                f"KEPT_KEY_STORE: it holds no {purpose.value} key; `kept scheme apply` makes it"
            )
        return self.get(names[-1])

    def make(self, purpose: Purpose) -> KeyName:
        """Make, wrap and keep a new random key of 32 bytes; its id is above every other of its purpose."""
        taken = [name.key_id for name in self.names() if name.purpose is purpose]
        name = KeyName(purpose, KeyId(max(taken, default=0) + 1))
        self.put(name, secrets.token_bytes(32))
        return name
