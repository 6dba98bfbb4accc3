"""Registrations by their numbers: that there is one, and its id; nothing else of anybody."""

from collections.abc import Iterator
from uuid import UUID, uuid4

import psycopg
import pytest

from service.errors import Invalid
from service.registrations.numbers import Listed, find_numbers
from service.registrations.rows import new_number
from service.staff.principal import NotYourRole, Staff
from service.staff.roles import Role
from tests.harness.people import COMMS, Service, staff
from tests.harness.servers import Database
from tests.updates.directory import Directory


@pytest.fixture
def directory(service: Service, database: Database) -> Iterator[Directory]:
    with database.connect() as connection:
        yield Directory(connection, service.scheme.id)


def _numbered(directory: Directory) -> tuple[UUID, str]:
    person, number = directory.person(), new_number()
    directory.connection.execute("UPDATE registrations SET number = %s WHERE id = %s", (number, person))
    return person, number


async def _find(service: Service, typed: str, *, by: Staff = COMMS) -> Listed:
    async with service.staff.begin() as tx:
        return await find_numbers(tx, by, service.scheme.id, typed)


async def test_numbers_are_found_however_they_were_typed_and_the_others_named_by_line(
    service: Service, directory: Directory
) -> None:
    first, one = _numbered(directory)
    second, two = _numbered(directory)
    third, three = _numbered(directory)
    lines = [one, "", f"  {two.lower()} ", "KI-2222-2222", "rubbish", three[3:].replace("-", " "), one]

    found = await _find(service, "\r\n".join(lines))

    assert found == Listed(registrations=(first, second, third), unknown=(4, 5))
    assert await _find(service, " \n") == Listed((), ())


async def test_a_number_of_another_scheme_is_unknown(service: Service, directory: Directory) -> None:
    _, number = _numbered(directory)
    async with service.staff.begin() as tx:
        assert await find_numbers(tx, COMMS, uuid4(), number) == Listed((), (1,))


async def test_only_those_who_write_may_ask_and_for_five_hundred_at_most(
    service: Service, database: Database
) -> None:
    for role in set(Role) - {Role.COMMS, Role.SENIOR}:
        with pytest.raises(NotYourRole):
            await _find(service, "KI-2222-2222", by=staff("somebody", role))
    many = [new_number() for _ in range(501)]
    assert len((await _find(service, "\n".join(many[:500]))).unknown) == 500
    with pytest.raises(Invalid, match="answers") as refused:
        await _find(service, "\n".join(many))
    assert refused.value.fields == {"registrations": "It has more than 500 numbers"}
    with database.connect("kept_staff") as connection, pytest.raises(psycopg.errors.CheckViolation):
        connection.execute("SELECT registrations_numbered(%s, %s)", (service.scheme.id, many))
