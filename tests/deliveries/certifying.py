"""A certificate as staff and workers make it, and the commands that read it."""

import json
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from service.crypto.signing import Signed
from service.deliveries import certificate
from tests.deliveries.looking import run_sql
from tests.harness.people import SENIOR, Service, now
from tests.harness.servers import Database
from workers import reconcile

ROOT = Path(__file__).parents[2]


async def certified(service: Service, update: UUID) -> Signed:
    """The certificate of an update as of now."""
    asked = now()
    async with service.staff.begin() as tx:
        await certificate.ask(tx, SENIOR, update, now=asked)
    await reconcile.make_certificates(service.worker)
    async with service.staff.begin() as tx:
        made = await certificate.made_since(tx, update, asked - timedelta(microseconds=1))
    assert made is not None
    return made


def public_key(service: Service) -> bytes:
    return service.worker.keys.signing_key().public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


async def receipt(service: Service, database: Database, person: str, status: str) -> None:
    """Notify says what became of the one update that `person` got."""
    [message] = service.updates_to(person)
    run_sql(
        database,
        "SELECT record_receipt(gen_random_uuid(), %s, %s, %s)",
        message["reference"],
        message["id"],
        status,
    )
    await service.finish()


def kept_certificate(*arguments: object, url: str | None = None) -> subprocess.CompletedProcess[str]:
    """`kept certificate …`, with the owner's database or with none."""
    return subprocess.run(
        [sys.executable, "-m", "service.cli", "certificate", *map(str, arguments)],
        env={"PATH": os.environ["PATH"]} | ({"KEPT_DATABASE_URL": url} if url else {}),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def written(folder: Path, name: str, document: Any) -> Path:
    """`document` in a file."""
    file = folder / name
    file.write_text(document if isinstance(document, str) else json.dumps(document))
    return file
