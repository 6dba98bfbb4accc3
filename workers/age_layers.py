"""Two layers of age about a list, as a stream: whoever opens it needs both keys (security.md, Export).

Two recipients in one age file would mean that either opens it. So one file is inside the other: the inner
one is for the list's own release key, the outer one for the caseworker's.
"""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from typing import Final

import pyrage

PIECE: Final = 64 * 1024
"""age encrypts in pieces of this many bytes."""


class _Pieces:
    """What an iterator gives, for a library that reads files. It remembers how the iterator failed."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._left = memoryview(b"")
        self.failed: BaseException | None = None

    def read(self, size: int = PIECE) -> bytes:
        try:
            while not self._left:
                piece = next(self._pieces, None)
                if piece is None:
                    return b""
                self._left = memoryview(piece)
        except BaseException as failed:
            self.failed = failed
            raise
        taken, self._left = self._left[:size], self._left[size:]
        return bytes(taken)


class _Put:
    """What takes the file, for a library that writes files: counts and hashes it on the way."""

    def __init__(self, put: Callable[[bytes], object]) -> None:
        self._put = put
        self.hash = sha256()
        self.bytes = 0
        self.failed: BaseException | None = None

    def write(self, data: bytes) -> int:
        try:
            self._put(data)
        except BaseException as failed:
            self.failed = failed
            raise
        self.hash.update(data)
        self.bytes += len(data)
        return len(data)

    def flush(self) -> None:
        """Nothing is held back."""


def write_nested(
    pieces: Iterator[bytes], *, inner: str, outer: str, put: Callable[[bytes], object]
) -> tuple[str, int]:
    """Encrypt `pieces` to the recipient `inner`, and that to `outer`: `put` gets the file, in pieces.

    The file's SHA-256 in hex, and its length in bytes. `pieces` is read in a thread of its own, `put` is
    called in this one; they are never more than some hundred kilobytes apart, and nothing touches a disk.
    Raises what `pieces` or `put` raised: what was put until then is no file. Raises `pyrage.RecipientError`
    before anything is read where a recipient is none.
    """
    for_inside, for_outside = recipient(inner), recipient(outer)
    source, file = _Pieces(pieces), _Put(put)
    # A pipe holds what it holds in memory, and here that is the inner layer's ciphertext.
    reading, writing = os.pipe()
    with (
        ThreadPoolExecutor(max_workers=1, thread_name_prefix="inner-layer") as thread,
        open(reading, "rb", buffering=0) as from_inside,
    ):
        inside = thread.submit(_encrypt_into, writing, source, for_inside)
        try:
            pyrage.encrypt_io(from_inside, file, [for_outside])
            # An inner layer that failed has closed its end: to the outer one that was the end of the file.
            inside.result()
        except pyrage.EncryptError:
            # The library's error repeats the text of the one that caused it, and hides its type.
            raise file.failed or source.failed or OSError("a layer of age failed") from None
    return file.hash.hexdigest(), file.bytes


def recipient(text: str) -> pyrage.x25519.Recipient:
    """The X25519 recipient `age1…`. Raises `pyrage.RecipientError` where it is none."""
    return pyrage.x25519.Recipient.from_str(text)


def _encrypt_into(writing: int, source: _Pieces, to: pyrage.x25519.Recipient) -> None:
    with open(writing, "wb", buffering=0) as out:
        pyrage.encrypt_io(source, out, [to])
