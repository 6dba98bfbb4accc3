"""Members of staff who have signed in, and what arrived in their inboxes."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from service.clock import SystemClock
from service.crypto.sealing import seal
from service.schemes.reading import find_scheme
from service.staff.members import email_place
from tests.deliveries.looking import run_sql
from tests.harness.people import Service, now, somebody
from tests.harness.servers import Database
from workers import telling


@dataclass
class Later:
    """The machine's clock, so much further on."""

    ahead: timedelta = timedelta(0)

    def now(self) -> datetime:
        return SystemClock().now() + self.ahead


@dataclass
class Office:
    """The department's staff, each with an address of their own."""

    service: Service
    database: Database
    addresses: dict[str, str] = field(default_factory=dict)
    clock: Later = field(default_factory=Later)

    def __post_init__(self) -> None:
        self.service.worker.clock = self.clock

    async def arrives(self, subject: str, *roles: str, seen_days_ago: float = 0, sealed: bool = True) -> str:
        """Somebody signs in; their subject."""
        address, member = somebody(subject), uuid4()
        async with self.service.staff.begin() as tx:
            key = (await find_scheme(tx, self.service.scheme.slug)).sealing_key
        assert key is not None
        run_sql(
            self.database,
            "INSERT INTO staff_members (subject, roles, seen_at, id, sealed_email)"
            " VALUES (%s, %s, %s, %s, %s)"
            " ON CONFLICT (subject) DO UPDATE"
            " SET roles = excluded.roles, id = excluded.id, sealed_email = excluded.sealed_email",
            subject,
            list(roles),
            now() - timedelta(days=seen_days_ago),
            member,
            bytes(seal(address.encode(), key=key, place=email_place(member))) if sealed else None,
        )
        self.addresses[subject] = address
        return subject

    def away(self, subject: str, deputy: str, *, first: int = 0, last: int = 0) -> None:
        today = now()
        run_sql(
            self.database,
            "INSERT INTO staff_deputies VALUES (%s, %s, %s, %s)",
            subject,
            deputy,
            (today + timedelta(days=first)).date(),
            (today + timedelta(days=last)).date(),
        )

    async def told(self) -> dict[str, int]:
        """Two runs of the job; how many messages everybody has had by now, without those who had none."""
        for _ in range(2):
            await self.tell()
        return {subject: count for subject in self.addresses if (count := len(self.inbox(subject)))}

    async def tell(self) -> None:
        """One run of the job, and more where the stop flag was too old on a busy machine."""
        await telling.tell_staff(self.service.worker)
        run_sql(self.database, "UPDATE notices SET try_at = now() - interval '1 hour' WHERE state = 'due'")
        await telling.tell_staff(self.service.worker)

    def inbox(self, subject: str) -> list[dict[str, Any]]:
        return self.service.notify.inbox(self.addresses[subject])

    def subjects(self, subject: str) -> list[str]:
        return [message["subject"] for message in self.inbox(subject)]

    def opens(self, kind: str, count: int = 1) -> list[UUID]:
        """So many incidents, now by the clock that is set."""
        made = [uuid4() for _ in range(count)]
        for each in made:
            run_sql(
                self.database,
                "INSERT INTO incidents VALUES (gen_random_uuid(), %s, %s, %s)",
                kind,
                each,
                self.clock.now(),
            )
        return made
