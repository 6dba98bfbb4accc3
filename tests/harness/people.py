"""Sample people at reserved addresses, and the main job's steps as a test takes them."""

import asyncio
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID, uuid4

from service.crypto.keystore import KeyStore
from service.database import Transactions
from service.deliveries.outcomes import outcomes
from service.registrations import claiming, links
from service.registrations.form import RegistrationForm
from service.registrations.letterbox import drop
from service.registrations.words import Choice
from service.schemes.reading import SchemeView, find_scheme
from service.staff.principal import Staff, Subject
from service.staff.roles import Role
from service.updates import approval, drafting
from service.updates.approval import Decision
from service.updates.body import UpdateBody
from service.updates.reading import get_update
from service.updates.tables import Update
from tests.harness.servers import StandIn
from workers import confirm, intake, plan, reconcile, send
from workers.context import WorkerContext

BODY: dict[str, Any] = {
    "title": "A test",
    "email": {
        "en": {"subject": "The news", "body": "Read the guidance.\n\nCall 0800 678 1925."},
        "cy": {"subject": "Y newyddion", "body": "Darllenwch y canllawiau.\n\nFfoniwch 0800 678 1925."},
    },
    "audience": {"topics": ["eligibility"]},
}


def now() -> datetime:
    return datetime.now(UTC)


def somebody(name: str = "p") -> str:
    """An address that no other test has."""
    return f"{name}.{uuid4().hex[:12]}@example.com"


_MOBILES = count()


def mobile() -> str:
    """A number of the drama range past those that Notify's simulators have; six hundred in a row differ."""
    return f"07700 900{300 + next(_MOBILES) % 600}"


_SIGNED_IN: list[tuple[Staff, timedelta]] = []


def staff(name: str, *roles: Role, signed_in: timedelta = timedelta(0)) -> Staff:
    """A member of staff who signed in `signed_in` before the test began."""
    made = Staff(subject=Subject(name), roles=frozenset(roles), auth_time=now() - signed_in)
    _SIGNED_IN.append((made, signed_in))
    return made


def sign_everybody_in() -> None:
    """Staff that a module made when it was imported would else have signed in long before its tests."""
    for each, ago in _SIGNED_IN:
        object.__setattr__(each, "auth_time", now() - ago)


COMMS = staff("comms", Role.COMMS)
SENIOR = staff("senior", Role.SENIOR)


@dataclass
class Service:
    """The service on one test's database: each process's part, as its own database role."""

    public: Transactions
    staff: Transactions
    worker: WorkerContext
    keys: KeyStore
    notify: StandIn
    scheme: SchemeView

    def form(self, email: str | None, **changes: Any) -> RegistrationForm:
        return RegistrationForm.model_validate(
            {
                "kind": "individual",
                "email": email,
                "language": "en",
                "topics": ["eligibility"],
                "contact_by": ["email"],
                "consent": True,
                **changes,
            }
        )

    async def register(self, email: str | None, **changes: Any) -> None:
        """Drop a form into the letterbox, have it opened and its confirmation sent."""
        await self.drop(email, **changes)
        await intake.take_in(self.worker)
        await self.send_confirmations()

    async def send_confirmations(self) -> None:
        """As the sweep does: on a busy machine the stop flag is too old at times, and some are left."""
        for _ in range(15):
            await confirm.send_confirmations(self.worker)
            async with self.worker.transactions.begin() as tx:
                if (
                    await claiming.due(tx, confirm.channels_of(self.worker), now=now() + timedelta(minutes=5))
                    == 0
                ):
                    return
            await asyncio.sleep(0.2)

    async def drop(self, email: str | None, **changes: Any) -> None:
        async with self.public.begin() as tx:
            scheme = await find_scheme(tx, self.scheme.slug)
            await drop(tx, scheme, self.form(email, **changes), now=now())

    def link(self, email: str) -> str:
        """The token of the newest confirmation link that `email` got."""
        for message in reversed(self.notify.inbox(email)):
            if found := re.search(r"/confirm/([\w-]+)", message["body"]):
                return found.group(1)
        raise AssertionError("no confirmation link came")

    async def confirm(self, email: str, choice: Choice = Choice.MINE) -> None:
        async with self.public.begin() as tx:
            await links.use(tx, self.link(email), choice)
        await intake.apply_changes(self.worker)

    async def person(self, email: str | None = None, **changes: Any) -> str:
        """A confirmed person; their address."""
        address = email or somebody()
        await self.register(address, **changes)
        await self.confirm(address)
        return address

    async def people(self, count: int, **changes: Any) -> list[str]:
        """Confirmed people, in one go."""
        addresses = [somebody() for _ in range(count)]
        for address in addresses:
            await self.drop(address, **changes)
        await intake.take_in(self.worker)
        await self.send_confirmations()
        for address in addresses:
            async with self.public.begin() as tx:
                await links.use(tx, self.link(address))
        return addresses

    async def draft(self, body: dict[str, Any] | None = None, *, by: Staff = COMMS) -> UUID:
        await plan.see_templates(self.worker)
        async with self.staff.begin() as tx:
            update = await drafting.draft(
                tx, by, self.scheme, UpdateBody.model_validate(body or BODY), now=now()
            )
        return update.id

    async def submit(self, update: UUID, *, by: Staff = COMMS) -> Update:
        """Submit it, and have its people frozen."""
        async with self.staff.begin() as tx:
            await drafting.submit(tx, by, update, now=now())
        await plan.plan_updates(self.worker)
        return await self.update(update)

    async def approve(self, update: UUID, *, by: Staff = SENIOR) -> Update:
        async with self.staff.begin() as tx:
            found = await get_update(tx, update)
            version = await drafting.current_version(tx, found)
            await approval.decide(
                tx,
                by,
                update,
                Decision.APPROVE,
                content_sha256=version.content_sha256,
                audience_sha256=found.audience_sha256 or "",
                comment=None,
                hold_window=timedelta(0),
                now=now(),
            )
        return await self.update(update)

    async def approved(self, body: dict[str, Any] | None = None) -> UUID:
        """An update that was written, submitted and approved."""
        update = await self.draft(body)
        await self.submit(update)
        await self.approve(update)
        return update

    async def send(self) -> None:
        """One run of the bulk worker's job."""
        await send.send_updates(self.worker)

    async def finish(self) -> None:
        """One run of the jobs that say what is done."""
        await reconcile.apply_receipts(self.worker)

    async def update(self, update: UUID) -> Update:
        async with self.staff.begin() as tx:
            return await get_update(tx, update)

    async def outcomes(self, update: UUID) -> dict[str, int]:
        """How many deliveries are in each state, without those that have none."""
        async with self.staff.begin() as tx:
            counted = await outcomes(tx, await get_update(tx, update))
        return {state: count for state, count in counted.items() if count}

    def updates_to(self, email: str, subject: str = "The news") -> list[dict[str, Any]]:
        """The update messages that an address got."""
        return [message for message in self.notify.inbox(email) if message["subject"] == subject]
