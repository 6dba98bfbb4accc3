"""The rows of messages: keeping them, finding them, and how the API shows them."""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from deploy.demo.notify.clock import MICROSECONDS, written
from deploy.demo.notify.kinds import KeyType, MessageType
from deploy.demo.notify.store import Store

PAGE_SIZE: Final = 250
DAY_US: Final = 86_400 * MICROSECONDS
PENCE_OF_A_TEXT: Final = 2.33
PENCE_OF_A_LETTER: Final = 77  # one sheet, second class
FAILED: Final = ("technical-failure", "temporary-failure", "permanent-failure")
# A letter has words of its own for the same states.
LETTER_STATUS: Final = {
    "created": "accepted",
    "sending": "accepted",
    "delivered": "received",
    "temporary-failure": "technical-failure",
    "permanent-failure": "permanent-failure",
}

STILL_KNOWN: Final = "id NOT IN (SELECT message_id FROM forgotten)"

INSERT: Final = """
INSERT INTO messages (
    id, type, key_type, reference, recipient, inbox, template_id, template_version, subject, body,
    one_click_unsubscribe_url, status, queued, by_hand, details, created_at, next_move_at
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'created', ?, ?, ?, ?, ?)
"""


@dataclass(slots=True)
class Message:
    """One message to one recipient, before it is kept."""

    id: str
    type: MessageType
    key_type: KeyType
    reference: str | None
    recipient: str
    inbox: str
    template_id: str
    template_version: int
    subject: str | None
    body: str
    one_click_unsubscribe_url: str | None = None
    by_hand: str | None = None
    details: dict[str, Any] = field(default_factory=dict)


def insert(
    tx: sqlite3.Connection, message: Message, *, queued: bool, now_us: int, next_move_at: int | None
) -> None:
    tx.execute(
        INSERT,
        (
            message.id,
            message.type,
            message.key_type,
            message.reference,
            message.recipient,
            message.inbox,
            message.template_id,
            message.template_version,
            message.subject,
            message.body,
            message.one_click_unsubscribe_url,
            queued,
            message.by_hand,
            json.dumps(message.details) if message.details else "{}",
            now_us,
            next_move_at,
        ),
    )


def find(store: Store, message_id: str, since_us: int) -> sqlite3.Row | None:
    """A message since the beginning of retention, made with whichever key of the service."""
    return store.row(
        f"SELECT * FROM messages WHERE id = ? AND created_at > ? AND {STILL_KNOWN}",  # noqa: S608
        message_id,
        since_us,
    )


def forget(store: Store, message_id: str | None = None) -> int:
    """Let a row go, or all rows; how many went.

    One that is still `created` reaches nobody, as where Notify could not queue it. What has left for its
    recipient is only forgotten by the API, as after retention: it stays in its inbox.
    """
    chosen, values = ("id = ?", (message_id,)) if message_id else ("1 = 1", ())
    with store.transaction() as tx:
        kept = tx.execute(
            f"INSERT OR IGNORE INTO forgotten SELECT id FROM messages WHERE {chosen} AND status != 'created'",  # noqa: S608
            values,
        )
        gone = tx.execute(f"DELETE FROM messages WHERE {chosen} AND status = 'created'", values)  # noqa: S608
    return kept.rowcount + gone.rowcount


def page(store: Store, key_type: KeyType, asked: dict[str, list[str]], since_us: int) -> list[sqlite3.Row]:
    """One page of what keys of this type made, newest first, since the beginning of retention.

    The cursor is strictly `created_at <`, as Notify's is. What somebody sent by hand comes only with
    `include_jobs`.
    """
    where = ["key_type = ?", "created_at > ?", STILL_KNOWN]
    values: list[str | int] = [key_type, since_us]
    if "reference" in asked:
        where.append("reference = ?")
        values.append(asked["reference"][0])
    if "include_jobs" not in asked:
        where.append("by_hand IS NULL")
    if "older_than" in asked:
        where.append("created_at < (SELECT created_at FROM messages WHERE id = ?)")
        values.append(asked["older_than"][0].lower())
    for column, wanted in (("type", asked.get("template_type")), ("status", _statuses(asked.get("status")))):
        if wanted:
            where.append(f"{column} IN ({', '.join('?' * len(wanted))})")
            values += wanted
    # Only names of columns and question marks are put together here: every value is bound.
    query = "SELECT * FROM messages WHERE " + " AND ".join(where) + " ORDER BY created_at DESC LIMIT ?"  # noqa: S608
    return store.rows(query, *values, PAGE_SIZE)


def _statuses(asked: Sequence[str] | None) -> list[str]:
    """The stored states behind the API's words."""
    found: list[str] = []
    for status in asked or []:
        match status:
            case "failed":
                found += FAILED
            case "accepted":
                found += ["created", "sending"]
            case "received":
                found.append("delivered")
            case _:
                found.append(status)
    return found


def shown(row: sqlite3.Row, root: str) -> dict[str, Any]:
    """A message as `GET /v2/notifications/{id}` shows it."""
    details = json.loads(row["details"])
    lines: list[str] = details.get("lines", [])
    status = row["status"]
    return {
        "id": row["id"],
        "reference": row["reference"],
        "email_address": row["recipient"] if row["type"] == "email" else None,
        "phone_number": row["recipient"] if row["type"] == "sms" else None,
        **{f"line_{n}": lines[n - 1] if n <= len(lines[:-1]) else None for n in range(1, 7)},
        "postcode": lines[-1] if lines else None,
        "type": row["type"],
        "status": LETTER_STATUS.get(status, status) if row["type"] == "letter" else status,
        "template": {
            "id": row["template_id"],
            "version": row["template_version"],
            "uri": f"{root}/v2/template/{row['template_id']}/version/{row['template_version']}",
        },
        "body": row["body"],
        "subject": row["subject"],
        "created_at": written(row["created_at"]),
        "created_by_name": row["by_hand"],
        "sent_at": written(row["sent_at"]),
        "completed_at": written(row["completed_at"]),
        "scheduled_for": None,
        "postage": "second" if row["type"] == "letter" else None,
        "one_click_unsubscribe_url": row["one_click_unsubscribe_url"],
        **_cost(row["type"], details, handed_over=status != "created"),
    }


def _cost(message_type: MessageType, details: dict[str, Any], *, handed_over: bool) -> dict[str, Any]:
    """Simple prices: emails are free, a text is charged by fragment, a letter is one sheet."""
    cost, explained = 0.0, {}
    ready = message_type == "email" or handed_over
    if message_type == "sms" and ready:
        fragments = details["fragments"]
        cost = round(fragments * PENCE_OF_A_TEXT / 100, 4)
        explained = {
            "billable_sms_fragments": fragments,
            "international_rate_multiplier": 1.0,
            "sms_rate": PENCE_OF_A_TEXT / 100,
        }
    if message_type == "letter" and ready:
        cost = PENCE_OF_A_LETTER / 100
        explained = {"billable_sheets_of_paper": 1, "postage": "second"}
    return {
        "cost_in_pounds": cost if ready else None,
        "cost_details": explained,
        "is_cost_data_ready": ready,
    }
