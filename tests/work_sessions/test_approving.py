"""Who may approve whose work, over which hash; and that PostgreSQL refuses the rest by itself."""

from itertools import product
from typing import Any

import psycopg

from service.casework.work.words import ITEM_MOVES, SESSION_MOVES, ItemState, SessionState
from tests.staff.forging import Forger
from tests.work_sessions.working import Desk

REFUSALS = (
    psycopg.errors.IntegrityError,
    psycopg.errors.InsufficientPrivilege,
    psycopg.errors.RaiseException,
)
Connection = psycopg.Connection[tuple[Any, ...]]


async def test_another_person_approves_exactly_what_was_asked_for_once(desk: Desk) -> None:
    await desk.to_ring(2)
    update = await desk.sent()
    asked = (await desk.asks(update)).json()
    assert (asked["state"], asked["people"]) == ("requested", 2)
    assert (await desk.opens(asked["id"])).status_code == 409

    own = await desk.decides(asked, by="caseworker")
    assert (own.status_code, own.json()["type"]) == (403, "urn:kept:problem:own-request")
    other = await desk.decides(asked, request_sha256="0" * 64)
    assert (other.status_code, other.json()["type"]) == (409, "urn:kept:problem:other-request")
    assert (await desk.decides(asked, by="dpo")).json() == {"state": "approved"}
    again = await desk.decides(asked, decision="refuse")
    assert (again.status_code, again.json()["type"]) == (409, "urn:kept:problem:decided-already")

    nobody = await desk.asks(update)
    assert nobody.json()["type"] == "urn:kept:problem:nobody-to-work-through"


async def test_what_was_refused_or_taken_back_is_never_opened_and_its_people_are_free(desk: Desk) -> None:
    await desk.to_ring(1)
    update = await desk.sent()
    for by in ("caseworker", "caseworker2"):
        asked = (await desk.asks(update)).json()
        assert (await desk.decides(asked, by=by, decision="refuse")).json() == {"state": "refused"}
        assert (await desk.opens(asked["id"])).status_code == 409
    acts = [each["act"] for each in await desk.acts()]
    assert acts.count("work-refused") == acts.count("work-requested") == 2
    mistakes: tuple[dict[str, Any], ...] = (
        {"reference": "Ring q@example.com"},
        {"reference": "Ring 07700 900123"},
        {"reference": "-"},
        {"at_most": 301},
        {"kind": "no-way-left"},
        {"update": None},
        {"purpose": "messaging"},
    )
    for wrong in mistakes:
        answer = await desk.asks(update, **wrong)
        assert answer.status_code == 422, wrong
        assert "900123" not in answer.text
        assert "q@" not in answer.text


async def test_asking_and_approving_take_a_fresh_sign_in_and_opening_does_not(
    desk: Desk, forger: Forger
) -> None:
    await desk.to_ring(1)
    update = await desk.sent()
    session = (await desk.asks(update, by="caseworker2")).json()

    def stale(role: str) -> dict[str, Any]:
        token = forger.token({"sub": f"demo-{role}", "roles": [role], "auth_time": 1})
        return {"Authorization": f"Bearer {token}"}

    path = f"/v1/work-sessions/{session['id']}"
    body = {"decision": "approve", "request_sha256": session["request_sha256"]}
    answer = await desk.host.call(None, "POST", f"{path}/approval", json=body, headers=stale("senior"))
    assert (answer.status_code, answer.json()["type"]) == (401, "urn:kept:problem:sign-in-again")
    ask = {"kind": "calls", "update": update, "purpose": "call-back", "reference": "CASE 1"}
    asking = "/v1/schemes/windrush/work-sessions"
    answer = await desk.host.call(None, "POST", asking, json=ask, headers=stale("caseworker"))
    assert (answer.status_code, answer.json()["type"]) == (401, "urn:kept:problem:sign-in-again")

    assert (await desk.decides(session)).status_code == 200
    answer = await desk.host.call(None, "POST", f"{path}/next", headers=stale("caseworker"))
    assert answer.json()["person"]["name"] == "Person 0 Quillfeather"


async def test_the_staff_process_itself_cannot_change_what_is_approved_nor_open_before(desk: Desk) -> None:
    """By SQL, as its own database role."""
    await desk.to_ring(2)
    session = (await desk.asks(await desk.sent(), at_most=1)).json()["id"]
    approve = (
        "UPDATE work_sessions SET state = 'approved', decided_by = '{by}', decided_at = now(), "
        "approved_sha256 = {over}, ends_at = now() + interval '{ends}'"
    )
    item = (
        "INSERT INTO work_items (id, session_id, registration_id, state) "
        "VALUES (gen_random_uuid(), '{}', gen_random_uuid(), 'waiting')"
    )
    open_ = (
        "UPDATE work_items SET state = 'open', opened_by = '{}', opened_at = now(), "
        "lease_until = now() + interval '1 hour'"
    )
    right = {"by": "demo-senior", "over": "request_sha256", "ends": "7 days"}
    with psycopg.connect(desk.database.url("kept_staff"), autocommit=True) as connection:
        connection.execute(
            "INSERT INTO staff_members (subject, roles, seen_at) VALUES ('demo-senior', '{senior}', now()), "
            "('demo-comms', '{comms}', now()) ON CONFLICT DO NOTHING"
        )
        for statement in (
            "UPDATE work_sessions SET people = 2",
            "UPDATE work_sessions SET purpose = 'safeguarding'",
            "UPDATE work_items SET registration_id = gen_random_uuid()",
            "DELETE FROM work_items",
            "UPDATE work_sessions SET state = 'working'",
            item.format(session),
            open_.format("demo-caseworker"),
            approve.format(**{**right, "by": "demo-caseworker"}),
            approve.format(**{**right, "by": "demo-comms"}),
            approve.format(**{**right, "over": f"'{'0' * 64}'"}),
            approve.format(**{**right, "over": "NULL"}),
            approve.format(**{**right, "ends": "8 days"}),
        ):
            assert refused(connection, statement), statement
        connection.execute(approve.format(**right).encode())
        for statement in (
            item.format(session),
            "UPDATE work_sessions SET ends_at = ends_at + interval '1 day'",
            "UPDATE work_sessions SET decided_by = 'demo-dpo'",
            open_.format("demo-comms"),
        ):
            assert refused(connection, statement), statement
        connection.execute(open_.format("demo-caseworker").encode())
        told = (
            "UPDATE work_items SET state = 'done', lease_until = NULL, outcome = 'told', "
            "settled_at = now(), settled_by = '{}'"
        )
        assert refused(connection, told.format("demo-caseworker2"))
        connection.execute(told.format("demo-caseworker").encode())
        assert refused(connection, "DELETE FROM work_openings")


def refused(connection: Connection, statement: str) -> bool:
    """Whether PostgreSQL refuses it: by a right, a constraint or a trigger."""
    try:
        connection.execute(statement.encode())
    except REFUSALS:
        return True
    return False


async def test_states_move_in_postgresql_as_they_do_here(desk: Desk) -> None:
    await desk.to_ring(1)
    await desk.approved(await desk.sent())
    sessions_as = (
        "UPDATE work_sessions SET state = '{0}', ends_at = requested_at, "
        "decided_by = CASE WHEN '{0}' <> 'requested' THEN 'x' END, "
        "decided_at = CASE WHEN '{0}' <> 'requested' THEN requested_at END, "
        "approved_sha256 = CASE WHEN '{0}' NOT IN ('requested', 'refused') THEN request_sha256 END"
    )
    item_as = (
        "UPDATE work_items SET state = '{0}', "
        "opened_by = CASE WHEN '{0}' <> 'waiting' THEN 'demo-caseworker' END, "
        "opened_at = CASE WHEN '{0}' <> 'waiting' THEN now() END, "
        "lease_until = CASE WHEN '{0}' = 'open' THEN now() END, "
        "outcome = CASE WHEN '{0}' NOT IN ('waiting', 'open') THEN 'reached' END, "
        "settled_by = CASE WHEN '{0}' NOT IN ('waiting', 'open') THEN 'demo-caseworker' END, "
        "settled_at = CASE WHEN '{0}' NOT IN ('waiting', 'open') THEN now() END, "
        "call_back_at = CASE WHEN '{0}' = 'called_again' THEN now() END"
    )
    with psycopg.connect(desk.database.url("postgres"), autocommit=True) as connection:
        connection.execute(
            "INSERT INTO staff_members (subject, roles, seen_at) "
            "VALUES ('x', '{senior}', now()), ('demo-caseworker', '{caseworker}', now()) "
            "ON CONFLICT (subject) DO NOTHING"
        )

        def moves(statement: str, old: str, new: str) -> bool:
            connection.execute("SET session_replication_role = replica")
            connection.execute(statement.format(old).encode())
            connection.execute("SET session_replication_role = origin")
            return old != new and not refused(connection, statement.format(new))

        items = {each for each in product(ItemState, repeat=2) if moves(item_as, *each)}
        moved = {each for each in product(SessionState, repeat=2) if moves(sessions_as, *each)}

    assert items == {(old, new) for old, to in ITEM_MOVES.items() for new in to}
    assert moved == {(old, new) for old, to in SESSION_MOVES.items() for new in to}
