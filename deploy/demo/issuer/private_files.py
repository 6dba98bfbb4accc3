"""Files that only their owner may read."""

import os
import secrets
import stat
from pathlib import Path


class NotPrivate(Exception):
    """The file can be read by others on this machine."""


def read_private(path: Path) -> bytes:
    """What the file holds. NotPrivate unless it is the owner's alone; OSError as usual."""
    with path.open("rb") as file:
        # Of the open file, so that nobody can exchange it between the look and the reading.
        if stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o077:
            raise NotPrivate(f"{path} can be read by others: chmod 600 {path}")
        return file.read()


def write_private(path: Path, content: bytes) -> None:
    """Write it whole or not at all, with mode 0600 from its first byte on."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)
