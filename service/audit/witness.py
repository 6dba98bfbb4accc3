"""The witness: signed checkpoints outside the database, which it cannot rewrite and a restore does not undo.

A checkpoint says how far the audit chain was; the newest attempt says what was handed over last. Both
are small signed files in one directory (`KEPT_WITNESS`), each put in place whole or not at all.
"""

import json
import os
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from service.audit.chain import Point
from service.crypto.canonical import canonical_json
from service.errors import KeptError

NEWEST: Final = "newest-attempt.json"
CHECKPOINTS: Final = "checkpoint-*.json"


class UnreadableWitness(KeptError):
    """A file of the witness is damaged, or was not signed with our key."""

    code = "unreadable-witness"


@dataclass(frozen=True)
class Checkpoint:
    """How far the audit chain was, and when."""

    point: Point
    at: datetime


@dataclass(frozen=True)
class NewestAttempt:
    """The reference of the last hand-over, and when it was begun."""

    reference: str
    started_at: datetime


class Witness:
    """A directory of signed files, readable and writable with the signing key alone."""

    def __init__(self, directory: Path, key: Ed25519PrivateKey) -> None:
        self._directory = directory
        self._key = key

    def newest_checkpoint(self) -> Checkpoint | None:
        """The one furthest along the chain. Raises `UnreadableWitness`."""
        files = self._files()
        return self._checkpoint(files[-1]) if files else None

    def checkpoints(self) -> list[Checkpoint]:
        """Every checkpoint, in the order of the chain. Raises `UnreadableWitness`."""
        return [self._checkpoint(each) for each in self._files()]

    def newest_attempt(self) -> NewestAttempt | None:
        """Raises `UnreadableWitness`."""
        file = self._directory / NEWEST
        if not file.exists():
            return None
        says = self._read(file, "newest-attempt")
        return NewestAttempt(says["reference"], datetime.fromisoformat(says["started_at"]))

    def is_empty(self) -> bool:
        """Whether it holds nothing at all."""
        return not self._files() and not (self._directory / NEWEST).exists()

    def add(self, checkpoint: Checkpoint) -> None:
        """Keep a checkpoint. One that is there already stays as it is."""
        file = self._directory / f"checkpoint-{checkpoint.point.seq:016d}.json"
        if not file.exists():
            seq, head = checkpoint.point
            says = {"seq": seq, "hash": head.hex(), "at": checkpoint.at.isoformat()}
            self._write(file, "checkpoint", says)

    def put(self, newest: NewestAttempt) -> None:
        """Keep what was handed over last, in the place of what was before."""
        says = {"reference": newest.reference, "started_at": newest.started_at.isoformat()}
        self._write(self._directory / NEWEST, "newest-attempt", says)

    def start_anew(self, at: datetime) -> None:
        """Put what is there aside, in a folder of its own: an operator accepted another database."""
        aside = self._directory / f"superseded-{at:%Y%m%dT%H%M%S%f}"
        aside.mkdir(mode=0o700, parents=True, exist_ok=True)
        for file in [*self._files(), self._directory / NEWEST]:
            if file.exists():
                file.replace(aside / file.name)

    def digest(self) -> str:
        """What the witness holds now, in hex: its last checkpoint and its newest attempt."""
        held = sha256()
        for file in [*self._files()[-1:], self._directory / NEWEST]:
            held.update(sha256(file.read_bytes() if file.exists() else b"").digest())
        return held.hexdigest()

    def _checkpoint(self, file: Path) -> Checkpoint:
        says = self._read(file, "checkpoint")
        point = Point(says["seq"], bytes.fromhex(says["hash"]))
        return Checkpoint(point, datetime.fromisoformat(says["at"]))

    def _files(self) -> list[Path]:
        return sorted(self._directory.glob(CHECKPOINTS))

    def _write(self, file: Path, kind: str, says: dict[str, Any]) -> None:
        document = {"format": _format(kind), **says}
        signed = {**document, "signature": self._key.sign(canonical_json(document)).hex()}
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=self._directory, prefix=".", delete=False) as temporary:
            temporary.write(canonical_json(signed))
            temporary.flush()
            os.fsync(temporary.fileno())
        Path(temporary.name).replace(file)

    def _read(self, file: Path, kind: str) -> dict[str, Any]:
        try:
            document: dict[str, Any] = json.loads(file.read_bytes())
            signature = bytes.fromhex(document.pop("signature"))
            self._key.public_key().verify(signature, canonical_json(document))
            if document.pop("format") != _format(kind):
                raise UnreadableWitness
            return document
        except (InvalidSignature, OSError, ValueError, KeyError, TypeError, AttributeError):
            raise UnreadableWitness from None


def _format(kind: str) -> str:
    return f"kept-informed/{kind}/v1"
