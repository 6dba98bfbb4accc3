"""What tests of deliveries do behind the service's back: as the owner, or as the stand-in's administrator."""

from typing import Any
from uuid import UUID

from sqlmodel import select

from service.notify.addresses import EmailAddress
from service.registrations.tables import Contact
from tests.harness.people import Service
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
    return [len(service.updates_to(person, subject)) for person in people]
