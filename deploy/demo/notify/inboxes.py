"""What everybody has received: one line of SQL away, so that a test can count one message a person."""

import sqlite3
from typing import Any

from deploy.demo.notify import clock
from deploy.demo.notify.recipients import inbox_of
from deploy.demo.notify.store import Store


def summary(store: Store, subject: str | None = None) -> dict[str, Any]:
    """How many messages, or those with this subject, lie in each inbox: all that were queued, whatever
    became of them.
    """
    counts = {
        row["inbox"]: row["messages"]
        for row in store.rows(
            "SELECT inbox, count(*) AS messages FROM messages WHERE queued = 1 "
            "AND (?1 IS NULL OR subject = ?1) GROUP BY inbox ORDER BY inbox",
            subject,
        )
    }
    return {"people": len(counts), "messages": sum(counts.values()), "inboxes": counts}


def all_of_them(store: Store, subject: str | None, after: str | None) -> dict[str, list[dict[str, Any]]]:
    """Every inbox with its messages, oldest first. Raises `ValueError` where `after` is no ISO 8601 time."""
    found: dict[str, list[dict[str, Any]]] = {}
    rows = store.rows(
        "SELECT * FROM messages WHERE queued = 1 AND (?1 IS NULL OR subject = ?1) AND created_at > ?2 "
        "ORDER BY number",
        subject,
        clock.read(after) if after else 0,
    )
    for row in rows:
        found.setdefault(row["inbox"], []).append(shown(row))
    return found


def one(store: Store, name: str) -> list[dict[str, Any]]:
    """One person's messages, oldest first."""
    return [
        shown(row)
        for row in store.rows(
            "SELECT * FROM messages WHERE queued = 1 AND inbox = ? ORDER BY number", named(name)
        )
    ]


def rows(store: Store, subject: str | None, reference: str | None) -> list[dict[str, Any]]:
    """Every row as Notify's own table has it, oldest first, without its words: also what is committed and
    not queued yet, and what the API has forgotten. `reference` is a prefix.
    """
    found = store.rows(
        "SELECT id, reference, inbox, status, queued, by_hand, template_version, created_at, "
        "id IN (SELECT message_id FROM forgotten) AS forgotten FROM messages "
        "WHERE (?1 IS NULL OR subject = ?1) AND (?2 IS NULL OR substr(reference, 1, length(?2)) = ?2) "
        "ORDER BY number",
        subject,
        reference,
    )
    return [
        {
            **dict(row),
            "queued": bool(row["queued"]),
            "forgotten": bool(row["forgotten"]),
            "created_at": clock.written(row["created_at"]),
        }
        for row in found
    ]


def search(store: Store, words: str, limit: int) -> list[sqlite3.Row]:
    """Inboxes whose name holds these words, with the number of messages and the time of the newest."""
    return store.rows(
        "SELECT inbox, count(*) AS messages, max(created_at) AS newest FROM messages "
        "WHERE queued = 1 AND instr(inbox, ?) > 0 GROUP BY inbox ORDER BY newest DESC, inbox LIMIT ?",
        words.strip().lower(),
        limit,
    )


def named(name: str) -> str:
    """The name under which an address or a number, however written, is kept."""
    digits = name.replace(" ", "").lstrip("+")
    if digits.isdecimal():
        return inbox_of("sms", digits)
    return inbox_of("email", name)


def shown(row: sqlite3.Row) -> dict[str, Any]:
    return {
        "id": row["id"],
        "type": row["type"],
        "reference": row["reference"],
        "subject": row["subject"],
        "body": row["body"],
        "template_id": row["template_id"],
        "template_version": row["template_version"],
        "at": clock.written(row["created_at"]),
        "status": row["status"],
        "one_click_unsubscribe_url": row["one_click_unsubscribe_url"],
    }
