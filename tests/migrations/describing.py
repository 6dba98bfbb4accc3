"""All that a database is, apart from its rows: what two databases have to have alike."""

from typing import Any

from tests.harness.servers import Database

OBJECTS = {
    "columns": """
        SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attnum,
            a.attacl::text, pg_get_expr(d.adbin, d.adrelid)
        FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
        LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attnum > 0
            AND NOT a.attisdropped
    """,
    "tables": "SELECT relname, relkind, relacl::text FROM pg_class "
    "WHERE relnamespace = 'public'::regnamespace",
    "constraints": """
        SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
        WHERE connamespace = 'public'::regnamespace
    """,
    "indexes": "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'",
    "functions": """
        SELECT oid::regprocedure::text, pg_get_functiondef(oid), proacl::text FROM pg_proc
        WHERE pronamespace = 'public'::regnamespace
    """,
    "triggers": "SELECT pg_get_triggerdef(oid), tgenabled FROM pg_trigger WHERE NOT tgisinternal",
    "schema": "SELECT nspname, nspacl::text FROM pg_namespace WHERE nspname = 'public'",
    "database": "SELECT datacl::text FROM pg_database WHERE datname = current_database()",
}


def described(database: Database) -> dict[str, set[Any]]:
    with database.connect() as connection:
        return {name: set(connection.execute(query.encode()).fetchall()) for name, query in OBJECTS.items()}


def rows(database: Database) -> dict[str, list[Any]]:
    """Every row of every table of ours."""
    with database.connect() as connection:
        names = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        return {
            name: sorted(map(repr, connection.execute(f"SELECT * FROM {name}").fetchall()))
            for (name,) in names
        }
