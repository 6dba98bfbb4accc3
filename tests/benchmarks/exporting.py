"""A list of a hundred thousand, beside a plain COPY of as many plain rows through one layer of age.

Ours opens an address for each of its rows, which the other does not have to; both are of the same columns.
"""

import asyncio
import time
from typing import Final

import psycopg
import pyrage

from service.doorbell import Job, Lane
from service.exports.states import ExportState
from tests.benchmarks.bench import Bench, Servers
from tests.benchmarks.figures import Figures
from tests.benchmarks.processes import NotMeasured, peak_memory_mib
from tests.exports.ceremony import Ceremony

TOPIC: Final = "eligibility"
PLAIN: Final = """
    CREATE TABLE plain AS
    SELECT number, 'person.' || row_number() OVER () || '@example.com' AS email FROM registrations
"""
LONGEST: Final = 600.0


def measure(servers: Servers, figures: Figures, *, people: int, rounds: int) -> None:
    """The same list, built again and again by one worker process, and the plain rows in turn with it."""
    with servers.bench({TOPIC: people}) as bench, bench.workers(Lane.CARE, 1) as [pid]:
        with psycopg.connect(bench.database.url()) as connection:
            connection.execute(PLAIN)
        ours, plain = [], []
        for _ in range(rounds):
            plain.append(_plain_copy(bench))
            ours.append(asyncio.run(_list(bench, people)))
            print(f"export: {people} rows in {ours[-1]:.1f} s, plain {plain[-1]:.2f} s", flush=True)
        peak = peak_memory_mib(pid)
    figures.add("export_100k", "s", ours)
    figures.add("plain_copy_100k", "s", plain)
    figures.add("export_worker_memory", "MiB", [peak])
    figures.ratio("export_100k_to_plain_copy", ours, plain)


class _Copy:
    """What COPY gives, for a library that reads files."""

    def __init__(self, copy: psycopg.Copy) -> None:
        self._copy = copy
        self._left = b""

    def read(self, size: int) -> bytes:
        while not self._left:
            piece = bytes(self._copy.read())
            if not piece:
                return b""
            self._left = piece
        taken, self._left = self._left[:size], self._left[size:]
        return taken


class _Nowhere:
    def write(self, data: bytes) -> int:
        return len(data)

    def flush(self) -> None:
        """Nothing is held back."""


def _plain_copy(bench: Bench) -> float:
    recipient = pyrage.x25519.Identity.generate().to_public()
    with psycopg.connect(bench.database.url()) as connection, connection.cursor() as cursor:
        began = time.monotonic()
        with cursor.copy("COPY plain TO STDOUT (FORMAT csv, FORCE_QUOTE *)") as copy:
            pyrage.encrypt_io(_Copy(copy), _Nowhere(), [recipient])
        return time.monotonic() - began


async def _list(bench: Bench, people: int) -> float:
    """From the approval until it can be downloaded."""
    async with bench.service() as service:
        ceremony = Ceremony(service, bench.database)
        await ceremony.key_in_use()
        export = await ceremony.requested(columns=["number", "email"], row_cap=people)
        began = time.monotonic()
        await ceremony.decided(export)
        await service.worker.doorbell.ring(Job.EXPORTS)
        while time.monotonic() - began < LONGEST:
            await asyncio.sleep(0.05)
            shown = await ceremony.shown(export)
            if shown.state is ExportState.READY:
                return time.monotonic() - began
            if shown.state is ExportState.REFUSED:
                break
    raise NotMeasured(f"the list is {shown.state}: {shown.refused_why}")
