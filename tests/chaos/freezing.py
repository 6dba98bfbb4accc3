"""Stopping a process exactly at a transition, with no hook in the product: the test's database does it.

Triggers on every move take a lock that the test may hold: the worker then stands still inside its own
transaction, or inside its COMMIT, until the test lets go. A point is written `table:was>became@where`,
such as `deliveries:claimed>accepted@commit`; where only the writing counts, `table:insert@where`.

At `@statement` the transaction is lost with a process that is killed there; at `@commit` the server goes
on alone and commits, and nobody hears of it.
"""

import time
from collections.abc import Iterable
from contextlib import suppress
from typing import Any, Final

import psycopg
from psycopg import sql

LOCKS: Final = 7001
"""The first half of the advisory locks' keys; the second is a hash of the point."""

INSTALL: Final = """
CREATE TABLE chaos_delays (at_point text PRIMARY KEY, seconds double precision NOT NULL);

CREATE FUNCTION chaos_point() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    point text := TG_TABLE_NAME || ':' || lower(TG_OP) || '@' || TG_ARGV[0];
    delay double precision;
BEGIN
    IF TG_NARGS > 1 THEN
        IF OLD.state = NEW.state THEN
            RETURN NULL;
        END IF;
        point := TG_TABLE_NAME || ':' || OLD.state || '>' || NEW.state || '@' || TG_ARGV[0];
    END IF;
    PERFORM pg_advisory_xact_lock_shared(7001, hashtext(point));
    SELECT seconds INTO delay FROM chaos_delays WHERE at_point = point;
    -- Once a transaction, however many rows it moves.
    IF FOUND AND current_setting('chaos.slept', true) IS DISTINCT FROM txid_current()::text THEN
        PERFORM set_config('chaos.slept', txid_current()::text, true);
        PERFORM pg_sleep(delay);
    END IF;
    RETURN NULL;
END
$$;
"""

AT_STATEMENT: Final = """
CREATE TRIGGER {name} AFTER {event} ON {table} FOR EACH ROW EXECUTE FUNCTION chaos_point({arguments})
"""
AT_COMMIT: Final = """
CREATE CONSTRAINT TRIGGER {name} AFTER {event} ON {table} DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW EXECUTE FUNCTION chaos_point({arguments})
"""

MOVES: Final = ("updates", "deliveries", "confirmations")
"""Tables whose rows have a state."""
WRITES: Final = (
    ("deliveries", "INSERT"),
    ("attempts", "INSERT"),
    ("receipts", "INSERT"),
    ("registrations", "INSERT"),
    ("certificates", "UPDATE"),
)

FROZEN: Final = """
SELECT p, l.pid FROM unnest(%s::text[]) AS p
JOIN pg_locks l ON l.objid = (hashtext(p)::bigint & 4294967295)::oid
JOIN pg_database d ON d.oid = l.database
WHERE d.datname = current_database() AND l.locktype = 'advisory' AND NOT l.granted AND l.classid = 7001
ORDER BY p LIMIT 1
"""


def install(owner: psycopg.Connection[Any]) -> None:
    """Put the triggers in. They do nothing until a point is armed or delayed."""
    owner.execute(INSTALL)
    wanted = [(table, "UPDATE", "state") for table in MOVES]
    wanted += [(table, event, "") for table, event in WRITES]
    for table, event, kind in wanted:
        for where, statement in (("statement", AT_STATEMENT), ("commit", AT_COMMIT)):
            arguments = [sql.Literal(where), *([sql.Literal(kind)] if kind else [])]
            owner.execute(
                sql.SQL(statement).format(
                    name=sql.Identifier(f"chaos_{event.lower()}_{where}"),
                    event=sql.SQL(event),
                    table=sql.Identifier(table),
                    arguments=sql.SQL(", ").join(arguments),
                )
            )


class Freezer:
    """Holds the locks of the points that are armed, over a connection of its own."""

    def __init__(self, url: str, superuser_url: str) -> None:
        self._url = url
        self._superuser_url = superuser_url
        self._connection: psycopg.Connection[Any] | None = None
        self.armed: set[str] = set()

    def arm(self, points: Iterable[str]) -> None:
        """From now on whoever comes to one of these stands still there."""
        wanted = sorted(points)
        # All or none: whoever passes one of them may be waiting at another that is held here already.
        while not all(self._takes(point) for point in wanted):
            for point in wanted:
                self._open().execute("SELECT pg_advisory_unlock(7001, hashtext(%s))", [point])
            time.sleep(0.05)
        self.armed.update(wanted)

    def frozen(self) -> str | None:
        """A point at which somebody stands still now."""
        if not self.armed:
            return None
        row = self._open().execute(FROZEN, [sorted(self.armed)]).fetchone()
        return row[0] if row else None

    def break_off(self, point: str) -> None:
        """End the transactions that stand there, in whose statement their process has died."""
        while (row := self._open().execute(FROZEN, [[point]]).fetchone()) is not None:
            with psycopg.connect(self._superuser_url, autocommit=True) as superuser:
                superuser.execute("SELECT pg_terminate_backend(%s, 5000)", [row[1]])

    def release(self, point: str) -> None:
        """Let whoever stands there go on, and everybody after."""
        if point in self.armed:
            self._open().execute("SELECT pg_advisory_unlock(7001, hashtext(%s))", [point])
            self.armed.remove(point)

    def delay(self, point: str, seconds: float) -> None:
        """From now on each transaction takes so long there."""
        self._open().execute("INSERT INTO chaos_delays VALUES (%s, %s)", [point, seconds])

    def arm_again(self) -> None:
        """After PostgreSQL came back: its locks are gone."""
        self.close()
        self.arm(sorted(self.armed))

    def no_delays(self) -> None:
        """From now on everything is quick again."""
        self._open().execute("DELETE FROM chaos_delays")

    def clear(self) -> None:
        """Nothing is armed or delayed any more."""
        self.no_delays()
        self._open().execute("SELECT pg_advisory_unlock_all()")
        self.armed.clear()

    def close(self) -> None:
        if self._connection is not None:
            with suppress(psycopg.Error):
                self._connection.close()
            self._connection = None

    def _takes(self, point: str) -> bool:
        row = self._open().execute("SELECT pg_try_advisory_lock(7001, hashtext(%s))", [point]).fetchone()
        return row is not None and bool(row[0])

    def _open(self) -> psycopg.Connection[Any]:
        if self._connection is None:
            self._connection = psycopg.connect(self._url, autocommit=True)
        return self._connection
