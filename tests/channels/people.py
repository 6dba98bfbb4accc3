"""People who are told by email, text, letter or call, and what each of them got."""

import asyncio
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from tests.deliveries.looking import one_value, run_sql
from tests.harness.people import BODY, Service, mobile, somebody
from tests.harness.servers import Database
from workers import intake, reconcile

TEXTS = {"en": "The scheme is open. Read www.gov.uk/windrush", "cy": "Mae'r cynllun ar agor."}
LETTERS = {
    "en": {"heading": "The scheme is open", "body": "Ring 0800 678 1925."},
    "cy": {"heading": "Mae’r cynllun ar agor", "body": "Ffoniwch 0800 678 1925."},
}
EVERY_WAY: dict[str, Any] = {**BODY, "sms": TEXTS, "letter": LETTERS}


@dataclass
class Somebody:
    """One person: their registration, and where each channel finds them."""

    registration: UUID
    email: str = field(default_factory=somebody)
    mobile: str = field(default_factory=mobile)
    home: str = ""

    @property
    def postal_inbox(self) -> str:
        return self.home.replace("\n", ", ").lower()


@dataclass
class Office:
    """The service on one test's database, with people who have confirmed each of their contacts."""

    service: Service
    database: Database

    async def person(self, *contact_by: str, **form: Any) -> Somebody:
        """Somebody who registered, and whose contacts' holders have all said yes."""
        one = Somebody(UUID(int=0), home=f"Flat {uuid4().int % 10**9}\nExample Street\nSW1A 1AA")
        given = {"mobile": one.mobile, "postal_address": one.home, **form}
        one.email = given.pop("email", one.email)
        one.mobile = given["mobile"]
        needed = {"sms": "mobile", "phone": "mobile", "letter": "postal_address"}
        wanted = {needed[way] for way in contact_by if way in needed}
        given = {key: value for key, value in given.items() if key not in needed.values() or key in wanted}
        await self.service.drop(
            one.email if "email" in contact_by else None, contact_by=list(contact_by), **given
        )
        await intake.take_in(self.service.worker)
        one.registration = UUID(
            str(one_value(self.database, "SELECT id FROM registrations ORDER BY id DESC LIMIT 1"))
        )
        run_sql(
            self.database,
            "UPDATE registrations SET state = 'confirmed', confirmed_at = now() WHERE id = %s",
            one.registration,
        )
        run_sql(
            self.database,
            "UPDATE registration_contacts SET confirmed_at = now() WHERE registration_id = %s",
            one.registration,
        )
        run_sql(self.database, "DELETE FROM confirmations")
        return one

    def share(self, one: Somebody, other: Somebody, channel: str) -> None:
        """`other` is told by `channel` where `one` is."""
        run_sql(
            self.database,
            "UPDATE registration_contacts SET contact_id = (SELECT contact_id FROM registration_contacts "
            "WHERE registration_id = %s AND channel = %s) WHERE registration_id = %s AND channel = %s",
            one.registration,
            channel,
            other.registration,
            channel,
        )

    async def send(self) -> None:
        """Send what is being sent. On a busy machine the stop flag is too old at times, and some are left."""
        left = (
            "SELECT count(*) FROM deliveries d JOIN updates u ON u.id = d.update_id "
            "WHERE d.state = 'planned' AND u.state IN ('approved', 'sending')"
        )
        for _ in range(20):
            await self.service.send()
            if one_value(self.database, left) == 0:
                return
            await asyncio.sleep(0.2)

    def got(self, inbox: str) -> list[dict[str, Any]]:
        return self.service.notify.inbox(inbox)

    def texts(self, mobile: str) -> list[dict[str, Any]]:
        """Texts of this test's own: the drama range is small, and others write to it."""
        sent = {
            str(row)
            for row in one_value(
                self.database,
                "SELECT coalesce(array_agg(reference), '{}') FROM attempts",
            )
        }
        return [each for each in self.got(mobile.replace(" ", "")) if each["reference"] in sent]

    async def hear(self, channel: str, contact_of: UUID, status: str) -> None:
        """A receipt for somebody's message by one channel comes, and is applied."""
        run_sql(
            self.database,
            "INSERT INTO receipts (id, reference, notify_id, status, received_at) "
            "SELECT gen_random_uuid(), a.reference, a.notify_id, %s, now() "
            "FROM attempts a JOIN deliveries d ON d.id = a.delivery_id AND d.attempts = a.number "
            "JOIN registration_contacts rc ON rc.contact_id = d.contact_id "
            "WHERE d.channel = %s AND rc.registration_id = %s AND a.notify_id IS NOT NULL",
            status,
            channel,
            contact_of,
        )
        await reconcile.apply_receipts(self.service.worker)
