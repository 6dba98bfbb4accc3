"""One owner of a directory at a time."""

import fcntl
import os
from pathlib import Path

from service.errors import KeptError


class InUse(KeptError):
    """Another process is using this directory."""

    code = "in-use"


class DirectoryLock:
    """Held from `take` until `drop`, or until this process ends, however it ends.

    The file keeps the holder's process id so that whoever is refused can be told; the lock itself is
    the kernel's, so a file left behind by a crash locks nobody out.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._fd: int | None = None

    def take(self) -> None:
        """Raises `InUse`, naming the process that holds it."""
        fd = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(fd, 20, 0).decode().strip() or "unknown"
            os.close(fd)
            raise InUse(f"{self._path.parent} is in use by process {holder}") from None
        os.ftruncate(fd, 0)
        os.pwrite(fd, f"{os.getpid()}\n".encode(), 0)
        self._fd = fd

    def drop(self) -> None:
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None
