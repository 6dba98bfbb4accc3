"""Plain SQL as one role: what it may do, and how it is refused."""

from typing import Any, LiteralString

import psycopg
import pytest

NOT_GRANTED = "42501"
FORBIDDEN = "23514"
"""A guard or a CHECK said no."""


def refusal(
    connection: psycopg.Connection[tuple[Any, ...]], statement: LiteralString, *values: Any
) -> tuple[str | None, str]:
    """How PostgreSQL refuses this: its SQLSTATE, and the message. It fails where it does not."""
    with pytest.raises(psycopg.Error) as refused:
        connection.execute(statement, values)
    return refused.value.sqlstate, str(refused.value.diag.message_primary)


def one(connection: psycopg.Connection[tuple[Any, ...]], statement: LiteralString, *values: Any) -> Any:
    """The only value of the only row."""
    row = connection.execute(statement, values).fetchone()
    assert row is not None
    return row[0]
