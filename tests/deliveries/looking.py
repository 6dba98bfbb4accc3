"""What tests of deliveries do behind the service's back: as the owner, or as the stand-in's administrator."""

import asyncio
from typing import Any
from uuid import UUID

from sqlmodel import col, select

from service.deliveries.tables import Attempt
from service.notify.addresses import EmailAddress
from service.notify.gateway import FINAL
from service.registrations.tables import Contact
from service.staff.roles import Role
from service.updates import halting
from tests.harness.people import Service, now, staff
from tests.harness.servers import Database, StandIn
from workers import reconcile


def fault(notify: StandIn, name: str, **more: Any) -> None:
    """Something that goes wrong for updates only: `position:symptom`."""
    notify.admin("faults", {"plan": [{"fault": name, "match": {"reference": "d-"}, **more}]})


def run_sql(database: Database, statement: str, *values: object) -> None:
    """Run one statement as the owner."""
    with database.connect() as owner:
        owner.execute(statement, values)


def one_row(database: Database, query: str, *values: object) -> tuple[Any, ...]:
    """The one row that a query gives, as the owner."""
    with database.connect() as owner:
        (row,) = owner.execute(query, values).fetchall()
    return row


def one_value(database: Database, query: str, *values: object) -> Any:
    """The one value that a query gives, as the owner."""
    with database.connect() as owner:
        row = owner.execute(query, values).fetchone()
    return row[0] if row else None


async def contact_of(service: Service, address: str) -> UUID:
    """The contact of one address, by its blind index."""
    index = service.worker.keys.index.email(EmailAddress.stored(address).index_form)
    async with service.worker.transactions.begin() as tx:
        return (await tx.exec(select(Contact.id).where(Contact.blind_index == index))).one()


async def ask_until_settled(service: Service, *, times: int = 3) -> None:
    """Ask Notify about what is unclear and send again what it never had, as workers do all the time."""
    for _ in range(times):
        await reconcile.ask_notify(service.worker)
        await service.send()


def times_told(service: Service, people: list[str], subject: str = "The news") -> list[int]:
    """How many messages of the update each of these got."""
    answer = service.notify.http.get("/admin/inboxes", params={"summary": 1, "subject": subject})
    answer.raise_for_status()
    counted: dict[str, int] = answer.json()["inboxes"]
    return [counted.get(person.lower(), 0) for person in people]


async def all_have_left(service: Service) -> None:
    """Wait until Notify knows what became of every message of this service's that it took."""
    async with service.worker.transactions.begin() as tx:
        taken = (await tx.exec(select(Attempt.notify_id).where(col(Attempt.notify_id).is_not(None)))).all()
    for notify_id in taken:
        for _ in range(1000):
            found = service.worker.notify.look(notify_id) if notify_id else []
            # Simulators' messages are taken and never stored.
            if found is not None and all(each.status in FINAL for each in found):
                break
            await asyncio.sleep(0.02)
        else:
            raise AssertionError("Notify does not get done")


def receive(database: Database, status: str, *, limit: int | None = None) -> None:
    """A receipt for every accepted message, or for so many of them."""
    run_sql(
        database,
        """
        SELECT record_receipt(gen_random_uuid(), reference, notify_id, %s) FROM (
            SELECT a.reference, a.notify_id
            FROM attempts a JOIN deliveries d ON d.id = a.delivery_id AND d.attempts = a.number
            WHERE d.state = 'accepted' AND NOT EXISTS (SELECT FROM receipts r WHERE r.reference = a.reference)
            ORDER BY d.id LIMIT %s
        ) accepted
        """,
        status,
        limit,
    )


def begins_with(service: Service, *percentages: int, wait: int = 600) -> None:
    """The ramp of this worker, and the seconds for which it waits for receipts."""
    worker = service.worker
    worker.settings = worker.settings.model_copy(update={"ramp": percentages, "ramp_wait_seconds": wait})


async def resume(service: Service, update: UUID) -> None:
    """A senior lets a halted update go on."""
    async with service.staff.begin() as tx:
        await halting.resume(tx, staff("senior", Role.SENIOR), update, now=now())
