"""What staff, or Notify, put where a person's details do not belong (check 9)."""

import pytest

from service.registrations.words import Language
from service.updates import drafting
from service.updates.body import EmailWords
from service.updates.checks import Blocked
from tests.harness.people import BODY, COMMS, Service, now
from tests.harness.servers import Database
from tests.security.places import dumped
from tests.security.scanning import Scanner
from tests.security.sentinel import DETAILS, EMAIL, WHOLE


async def test_a_draft_that_names_a_person_and_was_blocked_leaves_nothing_of_them(
    service: Service, database: Database
) -> None:
    words = {language: EmailWords(subject="News", body=f"Write to {EMAIL}.") for language in Language}
    update = await service.draft({**BODY, "email": {name: each.model_dump() for name, each in words.items()}})
    with pytest.raises(Blocked):
        await submitted(service, update)

    assert Scanner(DETAILS, whole=WHOLE).scan_all(dumped(database.url("postgres"))) == []


async def submitted(service: Service, update: object) -> None:
    async with service.staff.begin() as tx:
        await drafting.submit(tx, COMMS, update, now=now())  # type: ignore[arg-type]


def test_a_receipt_with_a_person_in_its_reference_leaves_nothing_of_them(database: Database) -> None:
    """An upload by hand in Notify can have any reference, and its receipts come to us, too."""
    with database.connect("kept_callbacks") as connection:
        connection.execute(
            "SELECT record_receipt(gen_random_uuid(), %s, gen_random_uuid(), 'delivered')", [EMAIL]
        )

    assert Scanner(DETAILS, whole=WHOLE).scan_all(dumped(database.url("postgres"))) == []
