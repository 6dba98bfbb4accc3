"""Updates on their way, and approvals, in plain SQL."""

from typing import Any
from uuid import UUID, uuid4

import psycopg

INSERT_APPROVAL = """
    INSERT INTO approvals (id, update_id, version, content_sha256, audience_sha256, decision, decided_by,
        decided_as, decided_at)
    SELECT %(id)s, u.id, u.version, coalesce(%(content)s, v.content_sha256),
        coalesce(%(audience)s, u.audience_sha256, repeat('0', 64)), %(decision)s, %(by)s, %(as)s, now()
    FROM updates u JOIN update_versions v ON v.update_id = u.id AND v.version = u.version
    WHERE u.id = %(update)s
"""


def approve_by_sql(
    connection: psycopg.Connection[tuple[Any, ...]],
    update: UUID,
    *,
    by: str = "senior",
    decided_as: str = "senior",
    decision: str = "approve",
    content: str | None = None,
    audience: str | None = None,
) -> None:
    """An approval row as plain SQL makes it."""
    connection.execute(
        INSERT_APPROVAL,
        {
            "id": uuid4(),
            "update": update,
            "by": by,
            "as": decided_as,
            "decision": decision,
            "content": content,
            "audience": audience,
        },
    )


def describe(connection: psycopg.Connection[tuple[Any, ...]], subject: str, *roles: str) -> None:
    """What the database knows of a member of staff."""
    connection.execute(
        """INSERT INTO staff_members (subject, roles, seen_at) VALUES (%s, %s, now())
        ON CONFLICT (subject) DO UPDATE SET roles = excluded.roles""",
        (subject, list(roles)),
    )
