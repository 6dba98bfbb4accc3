"""Each `states.py` says the moves that PostgreSQL lets happen: every pair is tried."""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from itertools import product
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from service.deliveries.states import MOVES as DELIVERY_MOVES
from service.deliveries.states import DeliveryState
from service.exports.states import MOVES as EXPORT_MOVES
from service.exports.states import ExportState
from service.registrations.states import CONFIRMATION_MOVES, REGISTRATION_MOVES
from service.telling.states import NOTICE_MOVES
from service.updates.states import MOVES as UPDATE_MOVES
from service.updates.states import UpdateState
from tests.harness.servers import Database

Connection = psycopg.Connection[tuple[Any, ...]]
HASH = "a" * 64


@pytest.mark.parametrize(
    "moves",
    [UPDATE_MOVES, DELIVERY_MOVES, REGISTRATION_MOVES, CONFIRMATION_MOVES, NOTICE_MOVES, EXPORT_MOVES],
)
def test_every_state_has_its_moves_and_none_to_itself(
    moves: Mapping[StrEnum, frozenset[StrEnum]],
) -> None:
    kind = type(next(iter(moves)))

    assert set(moves) == set(kind)
    assert not [state for state, to in moves.items() if state in to]


@pytest.fixture
def planted(database: Database) -> Iterator[tuple[Connection, UUID, UUID]]:
    """An update with one frozen person, and its delivery. Its state can be set, past the guards."""
    update, scheme, delivery = uuid4(), uuid4(), uuid4()
    with psycopg.connect(database.url("postgres"), autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute(
            "INSERT INTO updates "
            "(id, scheme_id, state, version, created_by, created_at, submitted_at, audience_sha256, planned) "
            "VALUES (%s, %s, 'draft', 1, 'a', now(), now(), %s, 1)",
            [update, scheme, HASH],
        )
        connection.execute(
            "INSERT INTO audience_members (update_id, registration_id, contact_id, channel, language) "
            "VALUES (%s, %s, %s, 'email', 'en')",
            [update, uuid4(), uuid4()],
        )
        connection.execute(
            "INSERT INTO deliveries (id, update_id, contact_id, channel, state, attempts, changed_at) "
            "VALUES (%s, %s, %s, 'email', 'planned', 0, now())",
            [delivery, update, uuid4()],
        )
        yield connection, update, delivery


def past_the_guards(connection: Connection, statement: str, values: list[object]) -> None:
    connection.execute("SET session_replication_role = replica")
    connection.execute(statement.encode(), values)
    connection.execute("SET session_replication_role = origin")


def allowed(connection: Connection, statement: str, values: list[object]) -> bool:
    try:
        connection.execute(statement.encode(), values)
    except psycopg.errors.CheckViolation:
        return False
    return True


def test_an_update_moves_in_postgresql_as_in_its_states(planted: tuple[Connection, UUID, UUID]) -> None:
    connection, update, _ = planted
    set_state = "UPDATE updates SET state = %s, halted_why = %s WHERE id = %s"
    moved = set()
    for old, new in product(UpdateState, repeat=2):
        past_the_guards(connection, set_state, [old, "why" if old == "halted" else None, update])
        if allowed(connection, set_state, [new, "why" if new == "halted" else None, update]) and old != new:
            moved.add((old, new))

    assert moved == {(old, new) for old, to in UPDATE_MOVES.items() for new in to}


def test_a_delivery_moves_in_postgresql_as_in_its_states(planted: tuple[Connection, UUID, UUID]) -> None:
    connection, update, delivery = planted
    past_the_guards(connection, "UPDATE updates SET state = 'sending' WHERE id = %s", [update])
    past_the_guards(
        connection,
        "INSERT INTO attempts (id, delivery_id, number, reference, started_at, outcome, misses) "
        "VALUES (gen_random_uuid(), %s, 0, 'd-0', now(), 'accepted', 0)",
        [delivery],
    )
    set_state = (
        "UPDATE deliveries SET state = %s, "
        "lease_until = CASE WHEN %s = 'claimed' THEN now() END WHERE id = %s"
    )
    moved = set()
    for old, new in product(DeliveryState, repeat=2):
        past_the_guards(connection, set_state, [old, old, delivery])
        if allowed(connection, set_state, [new, new, delivery]) and old != new:
            moved.add((old, new))

    assert moved == {(old, new) for old, to in DELIVERY_MOVES.items() for new in to}


def test_a_list_moves_in_postgresql_as_in_its_states(planted: tuple[Connection, UUID, UUID]) -> None:
    connection, _, _ = planted
    key, export = uuid4(), uuid4()
    past_the_guards(
        connection,
        "INSERT INTO recipient_keys (id, subject, recipient, fingerprint, enrolled_at, confirmed_by, "
        "confirmed_at) VALUES (%s, 'a', 'age1' || repeat('q', 58), 'f', now(), 'b', now())",
        [key],
    )
    connection.execute(
        "INSERT INTO staff_members (id, subject, roles, seen_at) "
        "VALUES (gen_random_uuid(), 'b', '{senior}', now())"
    )
    past_the_guards(
        connection,
        "INSERT INTO exports (id, scheme_id, purpose, reference, columns, filter, row_cap, people, key_id, "
        "fingerprint, requested_by, requested_at, request_sha256, state, decided_by, decided_at, rows, "
        "sha256, built_at, expires_at, manifest, signature, downloaded_at, released_at) "
        "VALUES (%s, gen_random_uuid(), 'legal', 'r', '{number}', '{}', 1, 1, %s, 'f', 'a', now(), %s, "
        "'requested', 'b', now(), 1, 'x', now(), now(), '{}', 'x', now(), now())",
        [export, key, HASH],
    )
    set_state = (
        "UPDATE exports SET state = s, refused_why = CASE WHEN s = 'refused' THEN 'declined' END, "
        "build = CASE WHEN s = 'building' THEN id END, "
        "lease_until = CASE WHEN s = 'building' THEN now() END "
        "FROM (SELECT %s::text AS s) AS to_be WHERE id = %s"
    )
    moved = set()
    for old, new in product(ExportState, repeat=2):
        past_the_guards(connection, set_state, [old, export])
        if allowed(connection, set_state, [new, export]) and old != new:
            moved.add((old, new))

    assert moved == {(old, new) for old, to in EXPORT_MOVES.items() for new in to}


def test_a_planned_delivery_is_not_accepted_without_the_attempt_that_was_found(
    planted: tuple[Connection, UUID, UUID],
) -> None:
    connection, update, delivery = planted
    past_the_guards(connection, "UPDATE updates SET state = 'sending' WHERE id = %s", [update])

    assert not allowed(connection, "UPDATE deliveries SET state = 'accepted' WHERE id = %s", [delivery])


@pytest.mark.parametrize("state", [state for state in UpdateState if state is not UpdateState.SENDING])
def test_nothing_is_claimed_of_an_update_that_is_not_being_sent(
    planted: tuple[Connection, UUID, UUID], state: UpdateState
) -> None:
    connection, update, delivery = planted
    past_the_guards(
        connection,
        "UPDATE updates SET state = %s, halted_why = CASE WHEN %s = 'halted' THEN 'why' END WHERE id = %s",
        [state, state, update],
    )

    assert not allowed(
        connection, "UPDATE deliveries SET state = 'claimed', lease_until = now() WHERE id = %s", [delivery]
    )


def test_an_update_begins_as_a_draft_and_in_no_other_state(planted: tuple[Connection, UUID, UUID]) -> None:
    connection, update, _ = planted
    connection.execute("SET session_replication_role = origin")
    for state in UpdateState:
        begun = (
            "INSERT INTO updates SELECT (u).* FROM (SELECT jsonb_populate_record(x, jsonb_build_object("
            "'id', gen_random_uuid(), 'state', %s::text, 'halted_why', "
            "CASE WHEN %s = 'halted' THEN 'why' END)) AS u FROM updates x WHERE id = %s) AS y"
        )
        try:
            with connection.transaction(force_rollback=True):
                connection.execute("SET CONSTRAINTS ALL DEFERRED")
                begins = allowed(connection, begun, [state, state, update])
        except psycopg.errors.ForeignKeyViolation:
            begins = True
        assert begins == (state is UpdateState.DRAFT), state
