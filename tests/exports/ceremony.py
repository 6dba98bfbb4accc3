"""The ceremony of a list as tests go through it, as each of the people and processes that take part."""

import csv
import io
import json
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import pyrage
from pyrage.x25519 import Identity

from service.crypto.one_answer import OneAnswer
from service.errands.asking import sealed_answer_to
from service.errands.tables import answer_place
from service.exports import approving, downloading, keys, reading, releasing, requesting
from service.exports.requesting import ExportRequest
from service.exports.tables import Export, RecipientKey
from service.exports.words import Decision
from service.staff.principal import Staff
from service.staff.roles import Role
from tests.channels.people import Office, Somebody
from tests.harness.people import Service, now, staff
from tests.harness.servers import Database
from workers import exporting
from workers import releasing as handing_over

CASEWORKER: Final = staff("caseworker", Role.CASEWORKER)
CASEWORKER2: Final = staff("caseworker2", Role.CASEWORKER)
SENIOR: Final = staff("senior", Role.SENIOR)
DPO: Final = staff("dpo", Role.DPO)
REVIEWER: Final = staff("reviewer", Role.REVIEWER)

ASKED: Final[dict[str, Any]] = {
    "purpose": "legal",
    "reference": "INQ/2027-14",
    "columns": ["number", "name", "email"],
    "filter": {"kinds": ["individual", "organisation", "representative"]},
    "row_cap": 10,
}


@dataclass
class Later:
    """The clock of a process that is ahead of ours."""

    ahead: timedelta

    def now(self) -> datetime:
        return now() + self.ahead


@dataclass
class Ceremony:
    """Lists on one test's database, with people who have confirmed their contacts."""

    service: Service
    database: Database
    key: Identity = field(default_factory=Identity.generate, repr=False)
    """The caseworker's own."""

    async def person(self, *contact_by: str, **form: Any) -> Somebody:
        """Somebody who registered, and said yes."""
        return await Office(self.service, self.database).person(*(contact_by or ("email",)), **form)

    async def enrolled(self, identity: Identity, *, by: Staff = CASEWORKER) -> RecipientKey:
        async with self.service.staff.begin() as tx:
            return await keys.enrol(tx, by, str(identity.to_public()), now=now())

    async def confirmed(self, key: RecipientKey, *, by: Staff = SENIOR) -> RecipientKey:
        async with self.service.staff.begin() as tx:
            return await keys.confirm(tx, by, key.id, key.fingerprint, now=now())

    async def key_in_use(self) -> RecipientKey:
        """The caseworker's key, enrolled and confirmed."""
        return await self.confirmed(await self.enrolled(self.key))

    async def requested(self, *, by: Staff = CASEWORKER, **changes: Any) -> Export:
        asked = ExportRequest.model_validate(ASKED | changes)
        async with self.service.staff.begin() as tx:
            return await requesting.request(tx, by, self.service.scheme, asked, now=now())

    async def decided(
        self,
        export: Export,
        decision: Decision = Decision.APPROVE,
        *,
        by: Staff = SENIOR,
        read: str | None = None,
    ) -> Export:
        """Decide about what was read: the request itself, or `read` for another hash."""
        async with self.service.staff.begin() as tx:
            digest = read or export.request_sha256
            return await approving.decide(tx, by, export.id, decision, request_sha256=digest, now=now())

    async def approved(self, **changes: Any) -> Export:
        return await self.decided(await self.requested(**changes))

    async def build(self) -> None:
        """One run of the care worker's job."""
        await exporting.build_lists(self.service.worker)

    async def ready(self, **changes: Any) -> Export:
        """A list that was asked for, approved and built."""
        export = await self.approved(**changes)
        await self.build()
        return await self.shown(export)

    async def shown(self, export: Export) -> Export:
        async with self.service.staff.begin() as tx:
            return await reading.get_export(tx, export.id)

    async def downloaded(self, export: Export, *, by: Staff = CASEWORKER) -> bytes:
        async with self.service.staff.begin() as tx:
            await downloading.begin_download(tx, by, export.id, now=now())
        pieces: list[bytes] = []
        async with self.service.staff.begin() as tx:
            while (piece := await downloading.piece(tx, export.id, len(pieces))) is not None:
                pieces.append(piece)
            await downloading.end_download(tx, export.id)
        return b"".join(pieces)

    async def asked_for_key(self, export: Export, key: OneAnswer, *, by: Staff = CASEWORKER) -> UUID:
        """The errand of a release, committed with its record."""
        async with self.service.staff.begin() as tx:
            return await releasing.release(tx, by, export.id, key, now=now())

    async def released(self, export: Export) -> bytes:
        """The release key, as the caseworker reads it out of the age file that was sealed to them."""
        key = OneAnswer()
        errand = await self.asked_for_key(export, key)
        await handing_over.hand_over_keys(self.service.worker)
        answer = await self.answer(errand, key)
        assert answer is not None
        return bytes(pyrage.decrypt(answer.encode(), [self.key]))

    async def answer(self, errand: UUID, key: OneAnswer) -> str | None:
        async with self.service.staff.begin() as tx:
            sealed = await sealed_answer_to(tx, errand)
        return None if sealed is None else str(opened_json(key, sealed, errand)["release_key"])

    def opened(self, file: bytes, release_key: bytes) -> list[dict[str, str]]:
        """The rows of a list, opened in two steps."""
        inner = Identity.from_str(release_key.decode().strip())
        plain = pyrage.decrypt(pyrage.decrypt(file, [self.key]), [inner])
        return list(csv.DictReader(io.StringIO(plain.decode(), newline="")))

    def at(self, ahead: timedelta) -> None:
        """Let the worker live in the future."""
        self.service.worker.clock = Later(ahead)


def opened_json(key: OneAnswer, sealed: bytes, errand: UUID) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(key.open(sealed, answer_place(errand)))
    return found


def long_ago(who: Staff) -> Staff:
    """The same person, who signed in an hour ago."""
    return replace(who, auth_time=now() - timedelta(hours=1))
