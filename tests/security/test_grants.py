"""Who may do what, tried on a real PostgreSQL as each role (check 8).

The tables below are written out by hand, and compared whole: a new table, a new column that the public
process would see, or a new grant fails these tests until somebody has decided about it here.
"""

from collections.abc import Mapping
from typing import Any, Final

import psycopg
import pytest
from psycopg import sql

from tests.harness.servers import Database

OWNER: Final = "kept_owner"
ROLES: Final = ("kept_public", "kept_staff", "kept_callbacks", "kept_worker")
PRIVILEGES: Final = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE")
BY_COLUMN: Final = ("SELECT", "INSERT", "UPDATE")

ALL: Final = "every column"
READ: Final = {"SELECT": ALL}
ADD: Final = {"SELECT": ALL, "INSERT": ALL}

Allowed = Mapping[str, Mapping[str, str]]

TABLES: Final = frozenset(
    [
        "alembic_version",
        "approvals",
        "attempts",
        "audience_members",
        "audit_events",
        "canaries",
        "certificates",
        "comparisons",
        "confirmations",
        "contacts",
        "deliveries",
        "duplicates",
        "ended_confirmations",
        "errands",
        "export_chunks",
        "exports",
        "fulfilments",
        "heartbeats",
        "held_forms",
        "holds",
        "import_addresses",
        "import_chunks",
        "import_rows",
        "imports",
        "incidents",
        "intake",
        "journey_answers",
        "matters",
        "notices",
        "notify_templates",
        "passed_on",
        "public_list_changes",
        "receipts",
        "received_texts",
        "recipient_keys",
        "registration_contacts",
        "registration_topics",
        "registrations",
        "reveals",
        "scheme_public_details",
        "scheme_topics",
        "schemes",
        "sealing_keys",
        "staff_deputies",
        "staff_members",
        "staff_sessions",
        "submissions",
        "update_versions",
        "updates",
        "used_sign_ins",
        "work_items",
        "work_openings",
        "work_sessions",
    ]
)
VIEWS: Final = frozenset(["published_updates"])
"""Read with their owner's rights. Nobody can write to one, so that only reading is tried."""

MAY: Final[Mapping[str, Allowed]] = {
    # What faces the public: what is public anyway, and a letterbox. Column by column, so that a column
    # that somebody adds to a public table is not published in silence.
    "kept_public": {
        "schemes": {
            "SELECT": "id slug name_en name_cy open closed_on privacy_notice privacy_notice_version "
            "lawful_basis reply_to_id about created_at"
        },
        "scheme_topics": {"SELECT": "scheme_id code en cy position"},
        "sealing_keys": {"SELECT": "key_id scheme_id public_key made_at retired_at"},
        # The archive: the words of an update and when it went out. No count, no people, no staff.
        "published_updates": {"SELECT": "id scheme_id published_at words"},
        "intake": {"INSERT": "id scheme_id sealed received_at"},
    },
    "kept_staff": {
        "schemes": READ
        | {
            "UPDATE": "name_en name_cy open closed_on privacy_notice privacy_notice_version lawful_basis "
            "reply_to_id about"
        },
        "scheme_topics": ADD | {"UPDATE": "en cy position"},
        "public_list_changes": ADD,
        "scheme_public_details": READ,
        "sealing_keys": READ,
        "updates": ADD
        | {
            "UPDATE": "state version submitted_by submitted_at audience_sha256 planned approved_at "
            "not_before sending_since resumed_at word_by word_at halted_why sent_back_why"
        },
        "update_versions": ADD,
        "submissions": ADD,
        "approvals": ADD,
        "notify_templates": READ,
        "audience_members": READ,
        "deliveries": READ,
        # When what was handed over: neither its reference, nor Notify's id.
        "attempts": {"SELECT": "delivery_id started_at outcome"},
        "duplicates": READ,
        "passed_on": READ,
        "fulfilments": READ | {"UPDATE": "done_at done_by"},
        "certificates": ADD | {"UPDATE": "asked_at"},
        "holds": ADD | {"UPDATE": "lifted_by lifted_at"},
        "incidents": {"SELECT": "kind opened_at"},
        "staff_members": ADD | {"UPDATE": ALL},
        "staff_sessions": ADD | {"UPDATE": "seen_at", "DELETE": ALL},
        "used_sign_ins": ADD | {"DELETE": ALL},
        "held_forms": ADD | {"DELETE": ALL},
        "errands": {
            "INSERT": "id kind scheme_id sealed asked_by asked_at expires_at",
            "SELECT": "id kind asked_by asked_at answered_at answer sealed_answer",
        },
        "staff_deputies": ADD | {"UPDATE": ALL, "DELETE": ALL},
        "reveals": ADD,
        "work_sessions": ADD | {"UPDATE": "state decided_by decided_at approved_sha256 ends_at"},
        "work_items": ADD
        | {
            "UPDATE": "state opened_by opened_at lease_until outcome settled_by settled_at call_back_at "
            "no_message"
        },
        "work_openings": ADD,
        "recipient_keys": {
            "SELECT": ALL,
            "INSERT": "id subject recipient fingerprint enrolled_at",
            "UPDATE": "confirmed_by confirmed_at revoked_by revoked_at",
        },
        "exports": {
            "SELECT": ALL,
            "INSERT": "id scheme_id purpose reference columns filter row_cap people key_id fingerprint "
            "requested_by requested_at request_sha256 state",
            "UPDATE": "state decided_by decided_at refused_why build lease_until downloaded_at released_at",
        },
        "export_chunks": READ | {"DELETE": ALL},
        "audit_events": READ,
        # They hand a sealed file in, and see what became of each row: never what stood in it.
        "imports": ADD
        | {"UPDATE": "state bytes matching matched_by counts done_line committed_by committed_at ended_at"},
        "import_chunks": {"INSERT": ALL},
        "import_rows": {"SELECT": "import_id line verdict duplicate_of field rule"},
    },
    "kept_callbacks": {
        "sealing_keys": READ,
        "received_texts": {"INSERT": "id sealed received_at"},
    },
    "kept_worker": {
        "schemes": READ,
        "scheme_topics": READ,
        "scheme_public_details": READ,
        "sealing_keys": READ,
        "intake": READ | {"DELETE": ALL, "UPDATE": "set_aside_at"},
        "registrations": ADD | {"UPDATE": ALL, "DELETE": ALL},
        "registration_topics": ADD | {"UPDATE": ALL, "DELETE": ALL},
        "contacts": ADD | {"UPDATE": ALL, "DELETE": ALL},
        "registration_contacts": ADD | {"UPDATE": ALL, "DELETE": ALL},
        "confirmations": ADD | {"UPDATE": ALL, "DELETE": ALL},
        "journey_answers": READ | {"DELETE": ALL},
        "updates": READ
        | {
            "UPDATE": "state audience_sha256 planned approved_at not_before sending_since sent_at halted_why "
            "sent_back_why ramp_percent ramp_since"
        },
        "update_versions": READ,
        "approvals": READ,
        "audience_members": ADD | {"DELETE": ALL},
        "deliveries": ADD | {"DELETE": ALL, "UPDATE": "state attempts lease_until changed_at"},
        "passed_on": ADD,
        "fulfilments": ADD | {"DELETE": ALL},
        "received_texts": READ | {"DELETE": ALL, "UPDATE": "read_at scheme_id"},
        "attempts": ADD | {"UPDATE": "outcome notify_id ask_at misses notify_erred seen_at"},
        "receipts": ADD | {"UPDATE": "applied_at"},
        "duplicates": ADD,
        "certificates": ADD | {"UPDATE": ALL},
        "holds": ADD | {"UPDATE": "compared_at"},
        "incidents": ADD,
        "errands": READ | {"DELETE": ALL, "UPDATE": "sealed taken_at answered_at answer sealed_answer"},
        "reveals": READ,
        "staff_members": READ,
        "staff_deputies": READ,
        "work_sessions": READ | {"UPDATE": "state"},
        "work_items": READ,
        "matters": ADD | {"DELETE": ALL, "UPDATE": "over_at"},
        "notices": ADD | {"DELETE": ALL, "UPDATE": "state attempt reference notify_id misses try_at sent_at"},
        "audit_events": {"SELECT": "seq hash"},
        "imports": READ | {"UPDATE": "state seen why counts done_line lease_until ended_at"},
        "import_chunks": READ | {"DELETE": ALL},
        "import_rows": ADD | {"UPDATE": "verdict field rule sealed", "DELETE": ALL},
        "import_addresses": ADD | {"DELETE": ALL},
        "comparisons": ADD,
        "ended_confirmations": ADD | {"DELETE": ALL},
        "heartbeats": ADD | {"UPDATE": ALL, "DELETE": ALL},
        "notify_templates": ADD | {"UPDATE": ALL, "DELETE": ALL},
        "recipient_keys": READ,
        "exports": READ
        | {
            "UPDATE": "state refused_why build lease_until rows sha256 built_at expires_at manifest signature"
        },
        # They write the encrypted file, and have no need to read it.
        "export_chunks": {"SELECT": "export_id n", "INSERT": ALL, "DELETE": ALL},
        "canaries": ADD | {"DELETE": ALL},
    },
}

_LINKS: Final = {
    "look_at_link(bytea)",
    "use_link(bytea,text)",
    "use_code(bytea,bytea)",
    "language_of_registration(bytea)",
    "leave(bytea)",
    "look_at_preferences(bytea)",
    "change_preferences(bytea,text,text[],text[],text[],timestamp with time zone)",
    "leave_managed(bytea)",
    "return_managed(bytea)",
    "ask_for_copy(bytea)",
    "erase_registration(bytea)",
    "look_at_choices(bytea)",
    "change_choices(bytea,text,text[])",
    "undo_leaving(bytea)",
    "journey_put(bytea,bytea)",
    "journey_get(bytea)",
    "journey_end(bytea)",
}
MAY_CALL: Final[Mapping[str, set[str]]] = {
    "kept_public": _LINKS,
    "kept_staff": {
        "audit_append(text)",
        "decide_public_list_change(uuid,text,text,timestamp with time zone)",
        "awaiting_notice(uuid)",
        "count_reachable(uuid,text[],text[],text[],uuid[],uuid,uuid,text[],timestamp with time zone)",
        "count_frozen(uuid,timestamp with time zone)",
        "registrations_numbered(uuid,text[])",
        "records_of(uuid[])",
        "report_reveals(text,uuid,timestamp with time zone)",
        "close_registration(text,uuid,boolean)",
        "correct_registration(text,uuid,text,text[],text[],text[],timestamp with time zone,boolean)",
        "erase_for_somebody(text,uuid)",
        "calls_to_make()",
        "settle_call(text,uuid,text)",
        "people_for_work(uuid,uuid[])",
        "people_without_a_way(uuid)",
        "count_meant(uuid,text[],text[],text[],uuid[])",
    },
    "kept_callbacks": {"record_receipt(uuid,text,uuid,text)"},
    "kept_worker": {"audit_append(text)", "people_reached(uuid)", "release_is_recorded(uuid)"},
}
TRIGGERS: Final = {
    "refuse_change()",
    "guard_update()",
    "guard_approval()",
    "frozen_people_come_and_go_while_preparing()",
    "deliveries_move_as_they_may()",
    "remember_ended_confirmations()",
    "keep_submitters()",
    "guard_against_submitters()",
    "guard_submission()",
    "deliveries_come_while_preparing_or_instead()",
    "people_are_passed_on_as_they_may()",
    "guard_window()",
    "guard_work_session()",
    "people_join_work_at_once()",
    "guard_work_item()",
    "guard_recipient_key()",
    "guard_export()",
    "imports_move_as_they_may()",
}
OF_OTHERS: Final = {
    "confirm_contact(confirmations)",
    "managed_by(bytea)",
    "told_with(bytea)",
    "preferences_of(uuid)",
    "choose(uuid,text,text[])",
    "change_preferences_of(uuid,text,text[],text[],text[],timestamp with time zone)",
    "erase_registration_of(uuid)",
    "be_caseworker(text)",
}
"""Parts of the functions above, which nobody calls alone."""
FUNCTIONS: Final = set().union(*MAY_CALL.values(), TRIGGERS, OF_OTHERS)
DEFINERS: Final = FUNCTIONS - TRIGGERS - OF_OTHERS
"""Those that run with the owner's rights."""


def columns(database: Database) -> dict[str, list[str]]:
    """Every table of ours with its columns, as they are."""
    found: dict[str, list[str]] = {}
    with database.connect() as connection:
        for table, column in connection.execute(
            "SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid "
            "WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'f') "
            "AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum"
        ):
            found.setdefault(str(table), []).append(str(column))
    return found


def tries(connection: psycopg.Connection[Any], statement: sql.Composable) -> bool:
    """Whether the statement is permitted. It leaves nothing behind."""
    try:
        with connection.transaction(force_rollback=True):
            connection.execute(statement.as_bytes(connection))
    except psycopg.errors.InsufficientPrivilege:
        return False
    except psycopg.Error:
        return True  # Permitted, and wrong in itself.
    return True


def attempt(privilege: str, table: str, column: str) -> sql.Composable:
    """A statement that needs this one right. EXPLAIN asks for it and does nothing."""
    statements = {
        "SELECT": "EXPLAIN SELECT {column} FROM {table}",
        "INSERT": "EXPLAIN INSERT INTO {table} ({column}) VALUES (NULL)",
        "UPDATE": "EXPLAIN UPDATE {table} SET {column} = NULL",
        "DELETE": "EXPLAIN DELETE FROM {table}",
        "TRUNCATE": "TRUNCATE {table}",
    }
    return sql.SQL(statements[privilege]).format(table=sql.Identifier(table), column=sql.Identifier(column))


def found_by_trying(database: Database, role: str) -> dict[str, dict[str, set[str]]]:
    """Table → privilege → columns, of everything that this role could do."""
    found: dict[str, dict[str, set[str]]] = {}
    with database.connect(role) as connection:
        for table, names in columns(database).items():
            for privilege in ("SELECT",) if table in VIEWS else PRIVILEGES:
                asked = names if privilege in BY_COLUMN else names[:1]
                could = {name for name in asked if tries(connection, attempt(privilege, table, name))}
                if could:
                    found.setdefault(table, {})[privilege] = could if privilege in BY_COLUMN else set(names)
    return found


def expected(database: Database, role: str) -> dict[str, dict[str, set[str]]]:
    every = columns(database)
    return {
        table: {
            privilege: set(every[table]) if which == ALL else set(which.split())
            for privilege, which in privileges.items()
        }
        for table, privileges in MAY[role].items()
    }


def test_every_table_has_been_decided_about(migrated: Database) -> None:
    assert set(columns(migrated)) == TABLES | VIEWS


@pytest.mark.parametrize("role", ROLES)
def test_08_a_role_can_do_what_is_written_here_and_nothing_else(migrated: Database, role: str) -> None:
    assert found_by_trying(migrated, role) == expected(migrated, role)


def test_the_owner_can_do_everything_which_shows_that_the_attempts_are_right(migrated: Database) -> None:
    found = found_by_trying(migrated, OWNER)
    refused = {
        f"{privilege} {table}"
        for table in TABLES
        for privilege in PRIVILEGES
        if privilege not in found[table]
    }

    # EXPLAIN fires no trigger; TRUNCATE does, and these say no to their owner, too. (So does that of
    # update_versions, where PostgreSQL would not itself refuse: others refer to it.)
    assert refused == {
        "TRUNCATE audit_events",
        "TRUNCATE approvals",
        "TRUNCATE submissions",
        "TRUNCATE audience_members",
        "TRUNCATE passed_on",
        "TRUNCATE reveals",
        "TRUNCATE work_openings",
    }


def every_function(database: Database) -> dict[str, dict[str, Any]]:
    with database.connect() as connection:
        return {
            str(name): {"definer": definer, "config": config, "arguments": arguments}
            for name, definer, config, arguments in connection.execute(
                "SELECT replace(p.oid::regprocedure::text, 'public.', ''), prosecdef, proconfig, "
                "ARRAY(SELECT format_type(t, NULL) FROM unnest(proargtypes) AS t) "
                "FROM pg_proc p WHERE pronamespace = 'public'::regnamespace"
            )
        }


def test_every_function_has_been_decided_about(migrated: Database) -> None:
    assert set(every_function(migrated)) == FUNCTIONS


@pytest.mark.parametrize("role", ROLES)
def test_a_role_can_call_what_is_written_here_and_nothing_else(migrated: Database, role: str) -> None:
    could = set()
    with migrated.connect(role) as connection:
        for name, facts in every_function(migrated).items():
            arguments = ", ".join(f"NULL::{kind}" for kind in facts["arguments"])
            if tries(connection, sql.SQL(f"SELECT {name.partition('(')[0]}({arguments})")):
                could.add(name)

    assert could == MAY_CALL[role]


def test_what_runs_with_the_owners_rights_looks_nothing_up_where_others_may_write(migrated: Database) -> None:
    """pg_temp last: else a caller's temporary table would be found before the owner's."""
    definers = {name: facts["config"] for name, facts in every_function(migrated).items() if facts["definer"]}

    assert set(definers) == DEFINERS
    assert all(config == ["search_path=pg_catalog, public, pg_temp"] for config in definers.values())


def test_every_trigger_function_has_a_fixed_search_path_or_looks_nothing_up(migrated: Database) -> None:
    loose = {name for name, facts in every_function(migrated).items() if not facts["config"]}

    assert loose == {"refuse_change()"}


def test_there_are_no_sequences_or_large_objects_to_decide_about_and_no_view_can_be_written_to(
    migrated: Database,
) -> None:
    with migrated.connect() as connection:
        writable = connection.execute(
            "SELECT relname, pg_relation_is_updatable(oid, true) FROM pg_class "
            "WHERE relnamespace = 'public'::regnamespace AND relkind = 'v'"
        ).fetchall()
        others = connection.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace "
            "AND relkind NOT IN ('r', 'i', 'v')"
        ).fetchall()
        schemas = connection.execute(
            "SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'"
        ).fetchall()

    assert writable == [(view, 0) for view in VIEWS]
    assert others == []
    assert schemas == [("public",)]
