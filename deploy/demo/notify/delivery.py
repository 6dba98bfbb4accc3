"""The life of a message after its 201: created, sending, and a final state that never changes.

Source: notify.md "Delivery". What is `sending` for three days becomes a temporary failure.
`technical-failure` has no callback. Letters have none at all, are printed at 17:30, and are then on their
way.
"""

import json
import sqlite3
from typing import Any, Final
from uuid import UUID

from deploy.demo.notify.clock import MICROSECONDS, written
from deploy.demo.notify.recipients import TEST_KEY_OUTCOMES
from deploy.demo.notify.standin import StandIn
from deploy.demo.notify.store import Store

GIVE_UP_AFTER_US: Final = 3 * 86_400 * MICROSECONDS
BATCH: Final = 200
FINAL: Final = ("delivered", "permanent-failure", "temporary-failure", "technical-failure")
# What a test may say becomes of mail to an address: a final state, or that it stays where it is.
OUTCOMES: Final = (*FINAL, "created", "sending")


def move(standin: StandIn) -> int:
    """Move what is due, one step each, in one transaction; how many moved."""
    now_us = standin.clock.now_us()
    due = standin.store.rows(
        "SELECT m.*, o.status AS outcome FROM messages m LEFT JOIN outcomes o USING (inbox) "
        "WHERE next_move_at <= ? ORDER BY next_move_at LIMIT ?",
        now_us,
        BATCH,
    )
    if due:
        with standin.store.transaction() as tx:
            for row in due:
                _move_one(standin, tx, row, now_us)
    return len(due)


def _move_one(standin: StandIn, tx: sqlite3.Connection, row: sqlite3.Row, now_us: int) -> None:
    step = standin.delivery_us - standin.delivery_us // 2
    outcome = row["outcome"] or _usual(row)
    match row["status"]:
        case "created" if not row["queued"]:
            _set(tx, row, "created", next_move_at=now_us + step)
        case "created" if outcome == "created":
            _set(tx, row, "created", next_move_at=None)
        case "created" if outcome == "sending":
            _set(tx, row, "sending", next_move_at=now_us + GIVE_UP_AFTER_US, sent_at=now_us)
        case "created":
            _set(tx, row, "sending", next_move_at=now_us + step, sent_at=now_us)
        case "sending":
            final = "temporary-failure" if outcome in ("sending", "created") else outcome
            _set(tx, row, final, next_move_at=None, completed_at=now_us)
            if final != "technical-failure" and not _lost(standin.lost_callbacks, row):
                call_about(standin, tx, row["id"], now_us)


def _lost(lost: list[dict[str, Any]], row: sqlite3.Row) -> bool:
    """Whether a test wants that nobody is ever called about this message."""
    return any(
        row["inbox"] == each.get("to")
        or ("reference" in each and (row["reference"] or "").startswith(each["reference"]))
        # Ids are random, so a share of them is a share of the messages.
        or UUID(row["id"]).int / 2**128 < each.get("share", 0)
        for each in lost
    )


def _usual(row: sqlite3.Row) -> str:
    if row["key_type"] == "test":
        return TEST_KEY_OUTCOMES.get(row["inbox"], "delivered")
    return "delivered"


def _set(
    tx: sqlite3.Connection,
    row: sqlite3.Row,
    status: str,
    *,
    next_move_at: int | None,
    sent_at: int | None = None,
    completed_at: int | None = None,
) -> None:
    tx.execute(
        "UPDATE messages SET status = ?, queued = 1, next_move_at = ?, sent_at = coalesce(?, sent_at), "
        "completed_at = coalesce(?, completed_at) WHERE number = ?",
        (status, next_move_at, sent_at, completed_at, row["number"]),
    )


def call_about(standin: StandIn, tx: sqlite3.Connection, message_id: str, now_us: int) -> bool:
    """Write down that the service is to be called about a message; False where no callback is due for it."""
    row = tx.execute("SELECT * FROM messages WHERE id = ?", (message_id,)).fetchone()
    if standin.config.callback is None or row is None or row["type"] == "letter":
        return False
    tx.execute(
        "INSERT INTO callbacks (kind, payload, due_at) VALUES ('receipt', ?, ?)",
        (json.dumps(receipt(row)), now_us),
    )
    return True


def receipt(row: sqlite3.Row) -> dict[str, Any]:
    """The body of a delivery callback."""
    return {
        "id": row["id"],
        "reference": row["reference"],
        "to": row["recipient"],
        "status": row["status"],
        "created_at": written(row["created_at"]),
        "completed_at": written(row["completed_at"]),
        "sent_at": written(row["sent_at"]),
        "notification_type": row["type"],
        "template_id": row["template_id"],
        "template_version": row["template_version"],
    }


def wake(store: Store, inbox: str, now_us: int) -> None:
    """Look again at what waits at an address whose outcome has changed."""
    with store.transaction() as tx:
        tx.execute(
            "UPDATE messages SET next_move_at = ? "
            "WHERE inbox = ? AND queued = 1 AND status IN ('created', 'sending')",
            (now_us, inbox),
        )
